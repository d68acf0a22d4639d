"""What is known of the people who get messages."""
