"""B15: the talking photo beside a plain x264 encode of the very same frames.

    python libs/media/benchmarks/media_talking.py [--pairs 5] [--seconds 4] [--motion 1.0] [--threads 1]

Renders ``samples/portrait.jpg`` at 1080 x 1920, keeps the frames of a first run in memory, then renders and merely
encodes in turns, so that what else the machine does falls on both. One JSON line: ``ratio`` is the median of ours over
the encode in frames per second, pair by pair, ``iqr`` its quartiles, ``cpu_ratio`` the same of processor time (less
what preparing the photo costs once, which ``ratio`` leaves out too), ``real_time`` how many seconds of film a second
makes. A second line is a 10 s film of 720 x 1280 from a 12-megapixel photo, decoding and face search included, beside
its own length.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np
from numpy.typing import NDArray

from media import talking
from media.animation.framing import frame_photo
from media.animation.planes import Canvas
from media.encode import VideoSettings, VideoWriter, encoding
from media.faces import find_faces
from media.images import decode, resize, write_jpeg
from media.speech import synthesise
from media.types import Face, Speech

SAMPLE = Path(__file__).parents[3] / "samples" / "portrait.jpg"
SCRIPT = (
    "Good morning, and welcome to our little shop by the sea. We open at seven, and the bread is still warm. "
    "Bring your friends, bring your family, and stay for a cup of coffee."
)


class _KeepingWriter(VideoWriter):
    """Keeps a copy of every frame it is given."""

    kept: list[Any]

    def write(self, frame: Any) -> None:
        """Keep and encode."""
        self.kept.append(frame.to_ndarray())
        super().write(frame)


def main() -> None:
    """Run both and print a JSON line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--motion", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        speech = synthesise(SCRIPT, work / "speech.wav", voice="female")
        short = replace(speech, duration=min(arguments.seconds, speech.duration))
        print(json.dumps(beside_encoder(work, short, arguments.pairs, arguments.motion, arguments.threads)))
        print(json.dumps(beside_clock(work, replace(speech, duration=min(10.0, speech.duration)), arguments.motion)))


def beside_encoder(work: Path, speech: Speech, pairs: int, motion: float, threads: int) -> dict[str, object]:
    """Frames per second of rendering over those of encoding the same frames."""
    out = work / "talking.mp4"
    size: dict[str, Any] = {"width": 1080, "height": 1920, "motion": motion, "threads": threads}
    frames: list[NDArray[np.uint8]] = []
    with (
        mock.patch.object(_KeepingWriter, "kept", frames, create=True),
        mock.patch.object(talking, "VideoWriter", _KeepingWriter),
    ):
        talking.render(SAMPLE, speech, out, **size)
    face = find_faces(decode(SAMPLE))[0]
    once = min(preparing(face) for _ in range(3))
    ours, peer, cpu = [], [], []
    for _ in range(pairs):
        before = time.process_time()
        ours.append(float(talking.render(SAMPLE, speech, out, face=face, **size).details["render_fps"]))
        between = time.process_time()
        peer.append(len(frames) / encode_only(work / "plain.mp4", frames, threads))
        cpu.append((time.process_time() - between) / (between - before - once))
    ratios = [a / b for a, b in zip(ours, peer, strict=True)]
    return {
        "benchmark": "B15 talking photo 1080x1920 beside x264 alone",
        "ratio": round(statistics.median(ratios), 3),
        "iqr": [round(value, 3) for value in statistics.quantiles(ratios, n=4)[::2]],
        "cpu_ratio": round(statistics.median(cpu), 3),
        "fps": round(statistics.median(ours), 1),
        "peer_fps": round(statistics.median(peer), 1),
        "real_time": round(statistics.median(ours) / 30, 2),
        "frames": len(frames),
        "threads": threads,
        "motion": motion,
    }


def preparing(face: Face) -> float:
    """Processor seconds before the first frame: decoding, cutting, fitting lips and eyes."""
    before = time.process_time()
    image = decode(SAMPLE)
    framing = frame_photo(image, face, 1080, 1920)
    talking.set_stage(image, face, framing, Canvas.blank(framing.width, framing.height), motion=True)
    return time.process_time() - before


def encode_only(out: Path, frames: list[NDArray[np.uint8]], threads: int) -> float:
    """Seconds to encode ``frames`` with the renderer's settings and no sound."""
    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    settings = VideoSettings(width, height, Fraction(30), crf=talking.CRF, threads=threads)
    started = time.perf_counter()
    picture = talking.blank_frame(width, height)
    with encoding(out) as part, VideoWriter(part, settings) as writer:
        for frame in frames:
            talking.fill_frame(picture, frame)
            writer.write(picture)
    return time.perf_counter() - started


def beside_clock(work: Path, speech: Speech, motion: float) -> dict[str, object]:
    """Seconds for a film of ``speech`` from a 12-megapixel photo, everything included, over its own length."""
    sample = decode(SAMPLE)
    large = resize(sample[:, 64:448], 3000, 4000)
    photo = write_jpeg(large, work / "large.jpg").path
    started = time.perf_counter()
    made = talking.render(photo, speech, work / "large.mp4", width=720, height=1280, motion=motion)
    seconds = time.perf_counter() - started
    return {
        "benchmark": "talking photo 720x1280 from 12 megapixels beside its own length",
        "ratio": round(seconds / made.duration, 3),
        "seconds": round(seconds, 2),
        "film_seconds": round(made.duration, 2),
        "render_fps": round(float(made.details["render_fps"]), 1),
    }


if __name__ == "__main__":
    main()
