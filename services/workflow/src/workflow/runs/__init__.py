"""Runs: the API around the engine, and the consumer and the timer that drive it."""
