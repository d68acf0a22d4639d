"""A copy of how long a video each platform takes, fed by export's events."""
