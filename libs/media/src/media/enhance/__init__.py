"""Making a photo better: light, noise, sharpness, size."""
