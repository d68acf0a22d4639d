"""A script becomes a film of whole minutes: its plan, shots, sound, subtitles, and how they are joined."""
