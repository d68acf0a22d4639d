"""Files, runs and the orchestrator: what is being made, how far is it, what came out."""
