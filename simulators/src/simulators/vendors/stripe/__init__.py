"""Stripe: account, billing, books and webhooks behind one server."""
