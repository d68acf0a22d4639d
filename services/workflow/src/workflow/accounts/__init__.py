"""Copies of what other services know about users, fed by their events."""
