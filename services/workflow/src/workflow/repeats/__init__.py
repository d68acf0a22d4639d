"""Requests that may come again: an idempotency key has one answer (PLT-21)."""
