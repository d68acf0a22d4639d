"""users: who is this, may they, what do we hold about them."""
