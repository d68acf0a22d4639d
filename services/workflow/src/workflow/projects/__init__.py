"""Projects: what belongs together, with versions to go back to, shared with whom their owner likes."""
