"""What is spent with each API key in a day."""
