"""Renditions, captions and kits: the thing in the shape each platform wants."""
