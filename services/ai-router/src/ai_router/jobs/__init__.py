"""Jobs: accepted durably, carried out under a lease, ended once."""
