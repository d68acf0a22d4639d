"""Saying in a file itself how it came to be."""
