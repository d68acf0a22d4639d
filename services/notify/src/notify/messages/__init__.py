"""In-app messages."""
