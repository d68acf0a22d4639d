"""How the business does: read models built from events alone (ANL)."""
