"""How good a result is, 0 to 10, from measures only."""
