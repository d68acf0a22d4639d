"""Types and calls of the API, made by ``make client``."""
