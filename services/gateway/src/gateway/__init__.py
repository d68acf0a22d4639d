"""gateway: the one public entry."""
