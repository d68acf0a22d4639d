"""Feature flags: rows that say for whom something new is on, read at run time (PLT-26)."""
