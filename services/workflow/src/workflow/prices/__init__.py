"""A copy of what each capability costs at least, fed by ai-router's events."""
