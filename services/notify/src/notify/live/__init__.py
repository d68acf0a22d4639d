"""Live updates: the client event log and the streams that follow it."""
