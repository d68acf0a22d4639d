"""A film of an hour: memory and time of finding its moments and of trimming half a minute out of it.

    python libs/media/benchmarks/media_long_film.py [--minutes 60] [--quick]

Three minutes with ``--quick``. One JSON line each, of a process of its own. Ends with 1 above 600 MB, above 0.35 of the
film's length for its moments, or above three seconds for the trim. What takes as long as the film itself is ended.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import av
import numpy as np

from media.hooks.film import find_moments
from media.speech.synthesis import synthesise
from media.trim.trim import trim
from media.video.clip import Shape, write
from media.video.source import read_audio

_TEXT = (
    "Nobody tells you why a small boat sinks. My first one went down in nine minutes! I had checked the engine, the "
    "fuel and the lights. But I had never looked under the floor. There was a crack as thin as a hair. So I lost "
    "everything that I owned in one night. What would you have done? The harbour was quiet that morning, and the bread "
    "was still warm. Somebody always has a story to tell about the boats that never came back. It turns out that the "
    "old men knew the reason, and none of them had ever been asked. "
)
_MOST_MB, _MOST_SHARE, _MOST_TRIM_S = 600.0, 0.35, 3.0
_RATE = 48_000


def main() -> int:
    """Measure both; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    minutes = 3 if arguments.quick else arguments.minutes
    with tempfile.TemporaryDirectory(prefix="media-bench-") as folder:
        film = Path(folder) / "film.mp4"
        seconds = 60 * minutes
        alone(seconds, make, film, minutes)
        cut = alone(seconds, measure_trim, film, float(seconds))
        good = report("trim of 30 s", cut, float(cut["seconds"]) <= _MOST_TRIM_S)
        found = alone(seconds, measure_moments, film)
        good &= report("moments", found, float(found["share"]) <= _MOST_SHARE)
    return 0 if good else 1


def alone(within_s: int, measure: Callable[..., Any], *arguments: object) -> Any:
    """Call ``measure`` in a new process. Raises ``BrokenProcessPool`` where that takes longer than ``within_s``."""
    # The alarm ends the process, whatever it is at.
    with ProcessPoolExecutor(1, get_context("spawn"), signal.alarm, (within_s,)) as process:
        return process.submit(measure, *arguments).result()


def make(film: Path, minutes: int) -> None:
    """Write a film in which somebody tells the same story again and again, 640 x 360 at 25 pictures a second."""
    speech = synthesise(_TEXT, film.with_suffix(".wav"), voice="male")
    found = read_audio(speech.path, rate=_RATE, mono=True)
    if found is None:
        raise ValueError("the voice is silent")
    told = np.concatenate([found[0].reshape(-1), np.zeros(_RATE, np.float32)])
    samples = np.resize(told, 60 * minutes * _RATE)
    dice = np.random.default_rng(1)
    grounds = [dice.integers(40, 210, (9, 16, 3), np.uint8).repeat(40, 0).repeat(40, 1) for _ in range(30)]

    def pictures() -> Iterator[Any]:
        for number in range(60 * minutes * 25):
            picture = np.roll(grounds[number // 250 % 30], number % 640, axis=1)
            yield av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(
                format="yuv420p", dst_colorspace="ITU709"
            )

    write(film, Shape(640, 360, Fraction(25)), pictures(), np.stack([samples, samples], axis=1), threads=2)


def measure_trim(film: Path, seconds: float) -> dict[str, Any]:
    """Take half a minute out of its end."""
    begun = time.perf_counter()
    made = trim(film, film.with_name("part.mp4"), seconds - 61.3, seconds - 31.3, threads=2)
    took = time.perf_counter() - begun
    return {"seconds": round(took, 2), "method": made.method, "encoded_s": made.encoded_s, "peak_mb": peak_mb()}


def measure_moments(film: Path) -> dict[str, Any]:
    """Find its moments."""
    begun, worked = time.perf_counter(), time.process_time()
    found = find_moments(film)
    took = time.perf_counter() - begun
    return {
        "seconds": round(took, 1),
        "cpu_seconds": round(time.process_time() - worked, 1),
        "share": round(took / found.duration, 3),
        "moments": len(found.moments),
        "words": len(found.words),
        "peak_mb": peak_mb(),
    }


def report(what: str, found: dict[str, Any], good: bool) -> bool:
    """Print the line; returns whether it is good enough."""
    good = good and float(found["peak_mb"]) <= _MOST_MB
    verdict = {"benchmark": f"{what}, long film", "verdict": "gate" if good else "below gate"}
    print(json.dumps(verdict | found | {"load": round(os.getloadavg()[0], 2)}), flush=True)
    return good


def peak_mb() -> float:
    """The most memory this process ever held, in megabytes (2^20 bytes)."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024, 1)


if __name__ == "__main__":
    raise SystemExit(main())
