"""Events on their way to programs."""
