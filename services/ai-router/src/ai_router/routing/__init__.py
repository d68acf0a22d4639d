"""Who does this step best for this money. Pure: everything it depends on is an argument."""
