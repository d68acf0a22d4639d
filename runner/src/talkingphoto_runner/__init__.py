"""Runs whole platforms on one machine, and looks after them: every service, its servers, its dead letters."""
