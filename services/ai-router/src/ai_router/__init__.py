"""ai-router: who does this step best for this money, and what happened."""
