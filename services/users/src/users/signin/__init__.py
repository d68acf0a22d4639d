"""Sign-in with an account that somebody has elsewhere (USR-10)."""
