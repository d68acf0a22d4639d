"""What a user has asked export for."""
