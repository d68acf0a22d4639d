"""Writing sound as WAV."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from media.writing import encoding


def write_wav(out: Path, samples: NDArray[np.floating], rate: int) -> None:
    """16-bit PCM from floats ``(n, channels)``, with the dither that keeps quiet endings smooth; always the same bytes.

    Raises ``EngineFailed`` where the file cannot be written.
    """
    rng = np.random.default_rng(0)
    dither = rng.uniform(-0.5, 0.5, samples.shape) + rng.uniform(-0.5, 0.5, samples.shape)
    whole = np.clip(np.round(samples * 32767 + dither), -32768, 32767).astype("<i2")
    with encoding(out) as part, wave.open(str(part), "wb") as file:
        file.setparams((samples.shape[1], 2, rate, 0, "NONE", "not compressed"))
        file.writeframes(whole.tobytes())
