"""B14 and B16: renditions beside three ``ffmpeg`` runs, probe and poster beside ``ffprobe`` and ``ffmpeg`` processes.

    python libs/media/benchmarks/media_renditions.py [--pairs 5] [--seconds 6] [--source FILE]

Ours and the peer take turns, so that what else the machine does falls on both. One JSON line per benchmark: ``ratio``
is the median of ours over the peer, pair by pair (below 1 is faster), ``iqr`` its quartiles, ``cpu_ratio`` the same of
processor time. The peer gets the same filters, encoder settings and loudness target; it does one ``loudnorm`` pass,
ours is measured after encoding and corrected. B14 takes a high-bitrate source, B16 what a telephone records.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np

from media.probe import probe
from media.renditions import render_renditions
from media.thumbnails import poster
from media.types import RenditionSpec

SPECS = (
    RenditionSpec("tall", 1080, 1920, 30.0),
    RenditionSpec("square", 1080, 1080, 30.0),
    RenditionSpec("wide", 1280, 720, 30.0, loudness_lufs=-16.0),
)


def main() -> None:
    """Run both and print a JSON line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--source", type=Path)
    arguments = parser.parse_args()
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        raise SystemExit("the peers ffmpeg and ffprobe are not installed")
    with tempfile.TemporaryDirectory(prefix="media-bench-") as folder:
        work = Path(folder)
        source = arguments.source or make_source(work / "source.mp4", arguments.seconds)
        print(json.dumps(renditions(source, work, arguments.pairs)))
        ordinary = arguments.source or make_source(work / "ordinary.mp4", arguments.seconds, grain=3, crf=23)
        print(json.dumps(probe_and_poster(ordinary, work, 3 * arguments.pairs)))


def renditions(source: Path, work: Path, pairs: int) -> dict[str, object]:
    """B14: three renditions from one source."""
    threads = os.cpu_count() or 1

    def ours() -> None:
        render_renditions(source, SPECS, work / "ours", threads=threads)

    def theirs() -> None:
        for spec in SPECS:
            fill = f"scale={spec.width}:{spec.height}:force_original_aspect_ratio=increase:flags=bicubic"
            run(
                *("ffmpeg", "-y", "-v", "error", "-i", str(source)),
                *("-vf", f"{fill},crop={spec.width}:{spec.height},fps={spec.frame_rate},format=yuv420p"),
                *("-af", f"loudnorm=I={spec.loudness_lufs}:TP=-1", "-ar", str(spec.sample_rate)),
                *("-c:v", "libx264", "-preset", "veryfast", "-crf", str(spec.crf), "-g", "60"),
                *("-c:a", "aac", "-b:a", str(spec.audio_bit_rate), "-movflags", "+faststart"),
                str(work / f"theirs-{spec.name}.mp4"),
            )

    result = alternate(ours, theirs, pairs)
    first = [digest(work / "ours" / f"{spec.name}.mp4") for spec in SPECS]
    ours()
    again = [digest(work / "ours" / f"{spec.name}.mp4") for spec in SPECS]
    errors = [
        abs((probe(work / "ours" / f"{spec.name}.mp4", loudness=True).loudness_lufs or 0.0) - spec.loudness_lufs)
        for spec in SPECS
    ]
    # A benchmark whose output is wrong has no result.
    valid = first == again and max(errors) <= 0.5
    return {"benchmark": "B14 export renditions", "gate": 0.95, "goal": 0.70, "byte_identical": first == again} | (
        result | {"loudness_error_lu": round(max(errors), 2)} if valid else {"ratio": 0}
    )


def probe_and_poster(source: Path, work: Path, pairs: int) -> dict[str, object]:
    """B16: what is this file, and one picture of it."""

    def ours() -> None:
        probe(source)
        poster(source, work / "ours.jpg", at=1.0)

    def theirs() -> None:
        run("ffprobe", "-v", "error", "-print_format", "json", "-show_format", "-show_streams", str(source))
        run("ffmpeg", "-y", "-v", "error", "-ss", "1", "-i", str(source), "-frames:v", "1", str(work / "theirs.jpg"))

    return {"benchmark": "B16 probe and thumbnail", "gate": 0.8, "goal": 0.35} | alternate(ours, theirs, pairs)


def alternate(ours: Callable[[], None], theirs: Callable[[], None], pairs: int) -> dict[str, object]:
    """Time both in turns, after one run of each that does not count."""
    ours()
    theirs()
    mine, other = [], []
    for turn in range(pairs):
        for work, times in ((ours, mine), (theirs, other))[:: 1 if turn % 2 else -1]:
            times.append(clock(work))
    ratios = [a.wall / b.wall for a, b in zip(mine, other, strict=True)]
    quartiles = statistics.quantiles(ratios, n=4) if pairs > 1 else [ratios[0]] * 3
    return {
        "ratio": round(statistics.median(ratios), 3),
        "iqr": [round(quartiles[0], 3), round(quartiles[2], 3)],
        "cpu_ratio": round(statistics.median(a.cpu / b.cpu for a, b in zip(mine, other, strict=True)), 3),
        "ours_s": round(statistics.median(a.wall for a in mine), 3),
        "peer_s": round(statistics.median(b.wall for b in other), 3),
        "pairs": pairs,
    }


class Spent(NamedTuple):
    """Seconds by the clock, and of processor time in this process and those it waited for."""

    wall: float
    cpu: float


def clock(work: Callable[[], None]) -> Spent:
    """What ``work`` takes."""
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return Spent(time.perf_counter() - wall, cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Processor time so far."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def run(*command: str) -> None:
    """Run a peer to its end; its failure ends the benchmark."""
    subprocess.run(command, check=True, capture_output=True)


def digest(path: Path) -> str:
    """A fingerprint of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def make_source(path: Path, seconds: float, *, grain: int = 14, crf: int = 14) -> Path:
    """A 1080 x 1920 recording: a detailed picture that drifts, with grain in it, and noise in syllables as sound."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 255, (240, 135, 3), dtype=np.uint8)
    canvas = cv2.resize(coarse, (1350, 2400), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    grains = rng.integers(-grain, grain, (4, 1920, 1080, 3), dtype=np.int16)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": str(crf), "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = 1080, 1920, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for index in range(round(seconds * 30)):
            x, y = 135 + round(100 * np.sin(index / 25)), 240 + round(150 * np.cos(index / 40))
            picture = np.clip(canvas[y : y + 1920, x : x + 1080] + grains[index % 4], 0, 255).astype(np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(video.encode(None))
        times = np.arange(round(seconds * 48_000)) / 48_000
        sound = (0.2 * np.clip(np.sin(2 * np.pi * 3 * times), 0, 1) * rng.standard_normal(len(times))).astype(
            np.float32
        )
        for start in range(0, len(sound) - 1023, 1024):
            block = av.AudioFrame.from_ndarray(sound[None, start : start + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = 48_000, start
            container.mux(audio.encode(block))
        container.mux(audio.encode(None))
    return path


if __name__ == "__main__":
    main()
