"""The eyes: found in the photo, blinked, and the skin of their lids."""
