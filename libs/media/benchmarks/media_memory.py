"""Peak memory of long films: speech and a talking photo of 720 x 1280, each in a process of its own.

    python libs/media/benchmarks/media_memory.py [--minutes 10] [--quick]

Two minutes with ``--quick``. One JSON line each: the most memory the process ever held (``VmHWM`` of the kernel), for
the film after each of its minutes. Ends with 1 above 600 MB, or where the second minute of film adds more than 16 MB:
with so much a minute, ten minutes would still stay below.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from media.animation.talking import render
from media.speech.synthesis import synthesise
from media.types import Speech

T = TypeVar("T")

SAMPLE = Path(__file__).parents[3] / "samples" / "portrait.jpg"
PARAGRAPH = (
    "Good morning, and welcome to our little shop by the sea. We open at seven, and the bread is still warm. "
    "Bring your friends, bring your family, and stay for a cup of coffee. When the rain comes, we light the fire, "
    "and somebody always has a story to tell about the old harbour and the boats that never came back.\n\n"
)
_CHARACTERS_A_MINUTE = 1000
_MOST_MB = 600.0
_MOST_A_MINUTE_MB = 16.0


def main() -> int:
    """Measure both; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    minutes = 2 if arguments.quick else arguments.minutes
    with tempfile.TemporaryDirectory(prefix="media-bench-") as folder:
        speech, spoken = alone(measure_speech, Path(folder) / "speech.wav", minutes)
        low = report("speech", spoken)
        _, filmed = alone(measure_film, Path(folder) / "film.mp4", replace(speech, duration=60.0 * minutes))
        low &= report("film", filmed)
    return 0 if low else 1


def alone(measure: Callable[..., tuple[T, dict[str, object]]], *arguments: object) -> tuple[T, dict[str, object]]:
    """Call ``measure`` in a new process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, *arguments).result()


def measure_speech(out: Path, minutes: int) -> tuple[Speech, dict[str, object]]:
    """Synthesise at least ``minutes`` of speech."""
    script = PARAGRAPH * -(-minutes * _CHARACTERS_A_MINUTE // len(PARAGRAPH))
    begun = time.perf_counter()
    speech = synthesise(script, out, voice="female")
    seconds = round(time.perf_counter() - begun, 1)
    return speech, {"minutes": round(speech.duration / 60, 2), "seconds": seconds, "peak_mb": peak_mb()}


def measure_film(out: Path, speech: Speech) -> tuple[Path, dict[str, object]]:
    """Render ``speech``, and note the peak after each minute of film."""
    after: list[float] = []

    def note(share: float) -> None:
        # Preparing is the first twentieth of the progress, finishing the last hundredth.
        while (share - 0.05) / 0.94 * speech.duration / 60 >= len(after) + 1:
            after.append(peak_mb())

    begun = time.perf_counter()
    made = render(SAMPLE, speech, out, width=720, height=1280, progress=note)
    seconds = time.perf_counter() - begun
    return made.path, {
        "minutes": round(made.duration / 60, 2),
        "seconds": round(seconds, 1),
        "render_fps": round(float(made.details["render_fps"]), 1),
        "peak_mb": peak_mb(),
        "peak_mb_after_each_minute": after,
        "second_minute_mb": round(after[1] - after[0], 1),
    }


def report(what: str, found: dict[str, object]) -> bool:
    """Print the line; returns whether it is low enough."""
    peak, grown = found["peak_mb"], found.get("second_minute_mb", 0.0)
    low = isinstance(peak, float) and peak <= _MOST_MB and isinstance(grown, float) and grown <= _MOST_A_MINUTE_MB
    verdict = {"benchmark": f"memory of a long {what}", "verdict": "gate" if low else "below gate"}
    print(json.dumps(verdict | found | {"load": round(os.getloadavg()[0], 2)}), flush=True)
    return low


def peak_mb() -> float:
    """The most memory this process ever held, in megabytes (2^20 bytes)."""
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024, 1)


if __name__ == "__main__":
    raise SystemExit(main())
