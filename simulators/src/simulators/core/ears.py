"""What is said in a recording, as far as the smallest Whisper understands English."""

from __future__ import annotations

from pathlib import Path


def heard(recording: Path) -> str:
    """The words; nothing where none are understood."""
    # Slow to load, and of use to a few vendors only.
    from media.ears.listening import listen

    return listen(recording, language="en", carefully=False).text
