"""From a script to speech with the time of every sound and word."""
