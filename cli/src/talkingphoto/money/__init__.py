"""What is there to be spent, and where it went."""
