"""Faces nobody has tuned for, made from a seed: what the animation is looked at with (``make faces``)."""
