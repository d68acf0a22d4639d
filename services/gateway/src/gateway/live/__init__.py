"""Live streams for who cannot send a token."""
