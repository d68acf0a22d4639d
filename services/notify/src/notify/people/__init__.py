"""What notify does when a person wants to be forgotten (USR-40)."""
