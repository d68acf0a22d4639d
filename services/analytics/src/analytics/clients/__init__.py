"""What pages and clients tell of how they are used, of those who agreed to it."""
