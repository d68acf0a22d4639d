"""Everything needed to publish, in one archive."""
