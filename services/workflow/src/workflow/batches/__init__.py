"""Many orders at once: a manifest with one on each line, taken once however often it comes."""
