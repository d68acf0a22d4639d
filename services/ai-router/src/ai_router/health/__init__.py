"""Whether outside providers can take work (AIR-15, AIR-57)."""
