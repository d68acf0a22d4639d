"""The orchestrator: definitions as data and one pure function that says what follows from what happened."""
