"""billing: may this be spent, and what was spent."""
