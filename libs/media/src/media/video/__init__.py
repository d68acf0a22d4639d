"""Video files: what they are, decoding, encoding, cutting, joining, shapes for platforms."""
