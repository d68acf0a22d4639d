"""The client that is awaited; ``sync`` is made of it."""
