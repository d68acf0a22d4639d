"""API keys: made, shown once, replaced, ended, and exchanged by the gateway for a short-lived token."""
