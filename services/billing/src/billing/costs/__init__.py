"""What provider calls cost us."""
