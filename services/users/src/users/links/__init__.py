"""One-time links: letters that prove an address, or open the way to a new password."""
