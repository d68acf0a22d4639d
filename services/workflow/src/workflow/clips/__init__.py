"""Ordering what is made of a long video: parts of it, its best moments, clips of those."""
