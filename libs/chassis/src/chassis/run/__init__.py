"""Putting a service together and running it: its processes, and private servers for one machine."""
