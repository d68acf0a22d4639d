"""Listening: what is said in a recording and when, where anybody speaks, and whether it is what should be said."""
