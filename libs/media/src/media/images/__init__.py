"""Photos: the container, the pixels, and numbers about them."""
