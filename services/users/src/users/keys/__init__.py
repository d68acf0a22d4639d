"""The signing key that only this service holds, and its public half."""
