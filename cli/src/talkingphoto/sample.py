"""What comes with the command to try it with."""

from __future__ import annotations

from pathlib import Path


def sample_portrait() -> Path:
    """The portrait that comes with the project. Raises ``FileNotFoundError`` where it was left out."""
    here = Path(__file__).resolve()
    for candidate in (here.parent / "samples" / "portrait.jpg", here.parents[3] / "samples" / "portrait.jpg"):
        if candidate.exists():
            return candidate
    raise FileNotFoundError("The sample portrait is not installed; name a photo with --photo.")
