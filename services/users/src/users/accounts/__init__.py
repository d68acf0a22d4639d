"""Accounts: registration, profile."""
