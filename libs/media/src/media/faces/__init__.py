"""Where faces are, what they look like, and whether a photo will make a good talking one."""
