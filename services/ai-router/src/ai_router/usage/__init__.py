"""What a user's AI jobs have taken (AIR-14)."""
