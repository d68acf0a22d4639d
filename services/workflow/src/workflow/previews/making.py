"""What is made for a look and a listen, in a confined process. Results are plain values."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np

from media.images import photos as images

LONGEST_SIDE = 480
"""A face can be judged by it, and nobody posts it."""
QUALITY = 70
RATE = 8000
"""Of a telephone line: words, pace and voice are all there (ITU-T G.711)."""


def picture(source: Path, out: Path) -> None:
    """Write ``source`` as a small JPEG. Raises ``media.errors``."""
    small = images.fit_within(images.decode(source), LONGEST_SIDE, LONGEST_SIDE)
    images.write_jpeg(small, out, quality=QUALITY)


def speech(source: Path, out: Path) -> None:
    """Write the sound of ``source`` as a WAV of telephone quality."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with av.open(str(source)) as recording, wave.open(str(out), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        for frame in [*recording.decode(audio=0), None]:
            for part in resampler.resample(frame):
                written.writeframes(np.ascontiguousarray(part.to_ndarray()).tobytes())
