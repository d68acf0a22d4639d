"""What billing says that users may do."""
