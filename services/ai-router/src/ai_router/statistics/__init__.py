"""Figures over all jobs."""
