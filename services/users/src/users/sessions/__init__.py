"""Sessions: login, refresh tokens that rotate, logout."""
