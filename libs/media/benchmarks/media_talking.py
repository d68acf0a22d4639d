"""B15: the talking photo beside a plain x264 encode of the very same frames.

    python libs/media/benchmarks/media_talking.py [--quick] [--rounds 7] [--seconds 4] [--motion 1.0] [--threads 1]

Renders ``samples/portrait.jpg`` at 1080 x 1920, keeps the frames of a first run in memory, then renders and merely
encodes, four short turns of each in a round (``_beside`` says how rounds are counted). Both sides have the same encoder
settings; the encode has no sound. ``ratio`` is ours over the encode in frames per second, which leaves out what
preparing the photo costs once; ``cpu_ratio`` leaves it out as well. Drawing goes on beside the encoder in a second
thread: on a machine whose cores are all taken, the inverse of ``cpu_ratio`` is what to expect. The gate holds for every
round; a run in which x264 had less than 85 % of a core is void.

A second line is a 10 s film of 720 x 1280 from a 12-megapixel photo on one core, decoding and face search included,
beside its own length.
"""

from __future__ import annotations

import argparse
import os
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
from _beside import Bounds, Spent, in_turns, report, say
from numpy.typing import NDArray

from media.animation import talking
from media.animation.framing import frame_photo
from media.animation.planes import Canvas
from media.faces.preflight import find_faces
from media.images.photos import decode, resize, write_jpeg
from media.speech.synthesis import synthesise
from media.types import Face, Speech
from media.video.encode import VideoSettings, VideoWriter
from media.writing import encoding

SAMPLE = Path(__file__).parents[3] / "samples" / "portrait.jpg"
TURNS = 4
B15 = Bounds(gate=0.6, goal=0.9, more=True, every=True, peer_core=0.85)
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


def main() -> int:
    """Run both; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three rounds of two seconds of film")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--motion", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    rounds = arguments.rounds or (3 if arguments.quick else 7)
    seconds = arguments.seconds or (2.0 if arguments.quick else 4.0)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="media-bench-") as folder:
        work = Path(folder)
        speech = synthesise(SCRIPT, work / "speech.wav", voice="female")
        short = replace(speech, duration=min(seconds, speech.duration))
        fast_enough = beside_encoder(work, short, rounds, arguments.motion, arguments.threads)
        long = replace(speech, duration=min(10.0, speech.duration))
        in_time = beside_clock(work, long, arguments.motion, 1 if arguments.quick else 3)
    return 0 if fast_enough and in_time else 1


def beside_encoder(work: Path, speech: Speech, rounds: int, motion: float, threads: int) -> bool:
    """Frames per second of rendering over those of encoding the same frames. Returns whether the gate holds."""
    name = "B15 talking photo 1080x1920"
    out = work / "talking.mp4"
    face = find_faces(decode(SAMPLE))[0]
    size: dict[str, Any] = {"width": 1080, "height": 1920, "motion": motion, "threads": threads, "face": face}
    frames: list[NDArray[np.uint8]] = []
    with (
        mock.patch.object(_KeepingWriter, "kept", frames, create=True),
        mock.patch.object(talking, "VideoWriter", _KeepingWriter),
    ):
        talking.render(SAMPLE, speech, out, **size)

    def ours() -> Spent:
        once = preparing(face)
        begun = time.process_time()
        fps = float(talking.render(SAMPLE, speech, out, **size).details["render_fps"])
        return Spent(len(frames) / fps, time.process_time() - begun - once)

    def encode_only() -> None:
        encode(work / "plain.mp4", frames, threads)

    found, holds = in_turns(name, {"ours": ours, "x264": encode_only}, rounds, {"x264": B15}, turns=TURNS)
    about = {"frames": len(frames), "threads": threads, "motion": motion}
    report(name, about | found)
    return holds


def preparing(face: Face) -> float:
    """Processor seconds before the first frame: decoding, cutting, fitting lips and eyes."""
    before = time.process_time()
    image = decode(SAMPLE)
    framing = frame_photo(image, face, 1080, 1920)
    talking.set_stage(image, face, framing, Canvas.blank(framing.width, framing.height), motion=True)
    return time.process_time() - before


def encode(out: Path, frames: list[NDArray[np.uint8]], threads: int) -> None:
    """Encode ``frames`` with the renderer's settings and no sound."""
    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    settings = VideoSettings(width, height, Fraction(30), crf=talking.CRF, threads=threads)
    picture = talking.blank_frame(width, height)
    with encoding(out) as part, VideoWriter(part, settings) as writer:
        for frame in frames:
            talking.fill_frame(picture, frame)
            writer.write(picture)


def beside_clock(work: Path, speech: Speech, motion: float, rounds: int) -> bool:
    """Seconds for a film of ``speech`` from a 12-megapixel photo on one core, everything included, over its own length.

    Returns whether every round took less.
    """
    name = "talking photo 720x1280 from 12 megapixels, one core, beside its own length"
    sample = decode(SAMPLE)
    photo = write_jpeg(resize(sample[:, 64:448], 3000, 4000), work / "large.jpg").path
    ratios = []
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        for number in range(rounds):
            begun = time.perf_counter()
            made = talking.render(photo, speech, work / "large.mp4", width=720, height=1280, motion=motion)
            ratios.append((time.perf_counter() - begun) / made.duration)
            say(f"{name}, round {number + 1} of {rounds}: {ratios[-1]:.3f}")
    finally:
        os.sched_setaffinity(0, cores)
    holds = max(ratios) < 1
    found = {
        "ratio": round(statistics.median(ratios), 3),
        "verdict": "gate" if holds else "below gate",
        "gate": 1.0,
        "ratios": [round(ratio, 3) for ratio in ratios],
        "film_seconds": round(made.duration, 2),
        "render_fps": round(float(made.details["render_fps"]), 1),
    }
    report(name, found)
    return holds


if __name__ == "__main__":
    raise SystemExit(main())
