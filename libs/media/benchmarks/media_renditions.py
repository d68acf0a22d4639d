"""B14 and B16: renditions beside three ``ffmpeg`` runs, probe and poster beside ``ffprobe`` and ``ffmpeg`` processes.

    python libs/media/benchmarks/media_renditions.py [--quick] [--rounds 7] [--seconds 2] [--source FILE]

Ours and the peers take turns; how rounds are counted is in ``_beside``. Ratios are of times: below 1 is faster.

B14: a high-bitrate source in three shapes. The three ``ffmpeg`` runs get the same filters, encoder settings and
loudness target; they do one ``loudnorm`` pass, ours is measured after encoding and corrected. ``encoding alone`` is
three ``ffmpeg`` runs over the finished pictures as raw video, without sound.

B16: what a telephone records, and both of ours in processes of their own, confined and forked from a warm one
(:mod:`media.sandbox.parent`). The peers are not confined.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import av
import cv2
import numpy as np
from _beside import Bounds, in_turns, report

from media.sandbox import parent as sandbox
from media.types import RenditionSpec
from media.video.probe import probe
from media.video.renditions import render_renditions

SPECS = (
    RenditionSpec("tall", 1080, 1920, 30.0),
    RenditionSpec("square", 1080, 1080, 30.0),
    RenditionSpec("wide", 1280, 720, 30.0, loudness_lufs=-16.0),
)
B14 = {"three runs": Bounds(gate=0.95, goal=0.70), "encoding alone": Bounds(gate=None, goal=1.10)}
B16 = {"ffprobe and ffmpeg": Bounds(gate=0.8, goal=0.35)}


def main() -> int:
    """Run both; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three rounds of one second of video")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--source", type=Path)
    arguments = parser.parse_args()
    if shutil.which("ffmpeg") is None or shutil.which("ffprobe") is None:
        raise SystemExit("the peers ffmpeg and ffprobe are not installed")
    rounds = arguments.rounds or (3 if arguments.quick else 7)
    seconds = arguments.seconds or (1.0 if arguments.quick else 2.0)
    with tempfile.TemporaryDirectory(prefix="media-bench-") as folder:
        work = Path(folder).resolve()
        ordinary = work / "ordinary.mp4"
        if arguments.source:
            shutil.copyfile(arguments.source, ordinary)
        else:
            make_source(ordinary, max(2.0, seconds), grain=3, crf=23)
        quick_enough = probe_and_poster(ordinary, work, rounds)
        source = arguments.source or make_source(work / "source.mp4", seconds)
        fast_enough = renditions(source, work, rounds)
    return 0 if quick_enough and fast_enough else 1


def renditions(source: Path, work: Path, rounds: int) -> bool:
    """B14: three renditions from one source. Returns whether it holds its gate and is right."""
    name = "B14 export renditions"
    threads = os.cpu_count() or 1

    def ours() -> None:
        render_renditions(source, SPECS, work / "ours", threads=threads)

    def three_runs() -> None:
        for spec in SPECS:
            run(
                *("ffmpeg", "-y", "-v", "error", "-i", str(source), "-vf", pictures(spec)),
                *("-af", f"loudnorm=I={spec.loudness_lufs}:TP=-1", "-ar", str(spec.sample_rate)),
                *(*encoder(spec), "-c:a", "aac", "-b:a", str(spec.audio_bit_rate), "-movflags", "+faststart"),
                str(work / f"theirs-{spec.name}.mp4"),
            )

    def encoding_alone() -> None:
        for spec in SPECS:
            size = f"{spec.width}x{spec.height}"
            run(
                *("ffmpeg", "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size),
                *("-r", str(spec.frame_rate), "-i", str(work / f"{spec.name}.yuv"), *encoder(spec)),
                str(work / f"alone-{spec.name}.mp4"),
            )

    for spec in SPECS:
        raw = ("-f", "rawvideo", str(work / f"{spec.name}.yuv"))
        run("ffmpeg", "-y", "-v", "error", "-i", str(source), "-an", "-vf", pictures(spec), *raw)
    ours()
    first = digests(work / "ours")
    sides = {"ours": ours, "three runs": three_runs, "encoding alone": encoding_alone}
    found, holds = in_turns(name, sides, rounds, B14)
    errors = [
        abs((probe(work / "ours" / f"{spec.name}.mp4", loudness=True).loudness_lufs or 0.0) - spec.loudness_lufs)
        for spec in SPECS
    ]
    same = first == digests(work / "ours")
    # A benchmark whose output is wrong has no result.
    right = same and max(errors) <= 0.5
    about = {"byte_identical": same, "loudness_error_lu": round(max(errors), 2)}
    report(name, about | (found if right else {"ratio": 0, "verdict": "wrong"}))
    return holds and right


def probe_and_poster(source: Path, work: Path, rounds: int) -> bool:
    """B16: what is this file, and one picture of it. Returns whether it holds its gate."""
    name = "B16 probe and thumbnail"

    def ours() -> None:
        sandbox.run("media.video.probe:probe", source, job_dir=work)
        sandbox.run("media.video.thumbnails:poster", source, work / "ours.jpg", at=1.0, job_dir=work)

    def theirs() -> None:
        run("ffprobe", "-v", "error", "-print_format", "json", "-show_format", "-show_streams", str(source))
        run("ffmpeg", "-y", "-v", "error", "-ss", "1", "-i", str(source), "-frames:v", "1", str(work / "theirs.jpg"))

    found, holds = in_turns(name, {"ours": ours, "ffprobe and ffmpeg": theirs}, rounds, B16, turns=6)
    report(name, sandbox.isolation(work) | found)
    return holds


def pictures(spec: RenditionSpec) -> str:
    """The filters that make what ``spec`` shows."""
    fill = f"scale={spec.width}:{spec.height}:force_original_aspect_ratio=increase:flags=bicubic"
    return f"{fill},crop={spec.width}:{spec.height},fps={spec.frame_rate},format=yuv420p"


def encoder(spec: RenditionSpec) -> tuple[str, ...]:
    """The settings of ours, as options."""
    return ("-c:v", "libx264", "-preset", "veryfast", "-crf", str(spec.crf), "-g", str(round(2 * spec.frame_rate)))


def run(*command: str) -> None:
    """Run a peer to its end; its failure ends the benchmark."""
    subprocess.run(command, check=True, capture_output=True)


def digests(folder: Path) -> list[str]:
    """Fingerprints of the renditions in ``folder``."""
    return [hashlib.sha256((folder / f"{spec.name}.mp4").read_bytes()).hexdigest() for spec in SPECS]


def make_source(path: Path, seconds: float, *, grain: int = 14, crf: int = 14) -> Path:
    """A 1080 x 1920 recording: a detailed picture that drifts, with grain in it, and noise in syllables as sound."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 255, (240, 135, 3), dtype=np.uint8)
    canvas = cv2.resize(coarse, (1350, 2400), interpolation=cv2.INTER_CUBIC)
    grains = rng.integers(-grain, grain, (4, 1920, 1080, 3), dtype=np.int16)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=30, options={"crf": str(crf), "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = 1080, 1920, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for index in range(round(seconds * 30)):
            x, y = 135 + round(100 * np.sin(index / 25)), 240 + round(150 * np.cos(index / 40))
            picture = cv2.add(canvas[y : y + 1920, x : x + 1080], grains[index % 4], dtype=cv2.CV_8U)
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.asarray(picture, np.uint8), format="bgr24")))
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
    raise SystemExit(main())
