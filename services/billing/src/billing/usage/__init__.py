"""What was used, this month and before."""
