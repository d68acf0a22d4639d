"""What an account has agreed to, and what it has taken back."""
