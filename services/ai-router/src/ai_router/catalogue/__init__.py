"""Who can do what, at which price and quality, and the rules for choosing between them: data, not code."""
