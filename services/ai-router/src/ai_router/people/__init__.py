"""What ai-router does when a person wants to be forgotten (USR-40)."""
