"""What administrators give and give back."""
