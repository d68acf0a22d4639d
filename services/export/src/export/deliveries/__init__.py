"""Which runs are paid for: nothing of a run is handed out before."""
