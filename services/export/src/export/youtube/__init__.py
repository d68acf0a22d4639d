"""A finished video on the user's own YouTube channel."""
