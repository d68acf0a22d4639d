"""How services are, looked at from here: whether they answer, how quickly, and what they use."""
