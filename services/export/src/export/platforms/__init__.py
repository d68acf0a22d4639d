"""What each platform wants, as data."""
