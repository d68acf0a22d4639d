"""Platforms on this machine: run, examined, kept; their administrators and dead letters."""
