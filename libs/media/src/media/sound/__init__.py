"""Sampled sound: files, loudness, music, effects, music under speech."""
