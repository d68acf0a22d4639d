"""The providers that work on this machine, and what runs in their worker processes."""
