"""Where the time of a run went: every second has a cause."""
