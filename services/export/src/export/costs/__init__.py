"""What a way of working costs: AI work, tools and time."""
