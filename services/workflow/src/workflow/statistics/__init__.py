"""Figures over many workflows and files."""
