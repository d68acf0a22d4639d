"""What is sold, and what the money received changes."""
