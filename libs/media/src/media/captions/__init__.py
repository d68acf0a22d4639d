"""Captions: cues and their lines, fonts, files, and captions drawn into pictures."""
