"""Clips out of a long video, and parts of one: Reely's side of the command."""
