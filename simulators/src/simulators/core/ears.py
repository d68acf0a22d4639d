"""What is said in a recording, as far as the smallest Whisper understands English."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.ears.listening import Transcript


def heard(recording: Path) -> str:
    """The words; nothing where none are understood."""
    return listened(recording).text


def listened(recording: Path) -> Transcript:
    """The words with their times."""
    # Slow to load, and of use to a few vendors only.
    from media.ears.listening import listen

    return listen(recording, language="en", carefully=False)
