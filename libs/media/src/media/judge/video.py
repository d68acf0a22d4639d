"""How good a talking video is, from 0 to 10, by a formula that anybody can repeat.

The score is the sum of six marks, each between 0 and its weight, with straight lines between the stated points::

    mark        weight  nothing at              full at
    duration    1.5     20 % off                at most 3 % or 0.25 s off what was expected
    sound       1.5     no sound                -30 to -9 LUFS (nothing below -45)
    lips        4.0     correlation 0.15        correlation 0.50, lag within 80 ms (nothing at 250 ms)
    picture     1.0     half black or frozen    nothing black, nothing frozen
    resolution  1.0     shorter side 180 px     shorter side 720 px
    sharpness   1.0     0.05                    0.35 (``Face.sharpness`` of the first frame with a face)

``correlation`` is between how open the mouth is and the loudness of the sound, see ``video_score_mouth``. A defect that
makes the video useless caps the sum, whatever else is good: see ``_CAPS``. At most the first two minutes are looked at.

The bounds for the lag follow ITU-R BT.1359-1, which finds 45 ms early to 125 ms late undetected by most viewers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.preflight import find_faces
from media.judge.mouth import MouthSync, MouthTracker, loudness_at, measure_sync
from media.sound.loudness import integrated_lufs
from media.types import Box, Face, Point, Score, Speech
from media.video.source import duration_of, open_media, read_audio, start_of, video_stream
from media.video.thumbnails import upright

PASSING = 5.0
LONGEST_S = 120.0

_EIGHT_BIT_LUMA = ("yuv420p", "yuvj420p", "nv12", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "gray")
_FACE_TRIES = 6
_SEARCH_SIDE = 640
_BLACK_LEVEL = 24.0
_SAME_LEVEL = 0.02
_FROZEN_RUN_S = 0.4
_STILL_MOTION = 0.6  # grey levels: below this what moves is the encoder's noise
_SPEECH_LEVEL = 0.1  # of the loudest, on the scale of loudness_at

_CAPS = {
    "no_face": (4.5, "no face was found in the picture"),
    "no_sound": (3.0, "there is no sound"),
    "still": (4.0, "the mouth does not move with the speech"),
    "black": (2.0, "a large part of the video is black"),
    "frozen": (4.0, "the picture stands still for long while somebody speaks"),
    "short": (3.0, "the video is cut short"),
    "late": (4.5, "sound and lips are far apart"),
}


def score_video(path: Path, *, speech: Speech | None = None, expected_duration: float | None = None) -> Score:
    """Judge a talking video; at least 5 passes, a good one reaches 7.5.

    ``expected_duration`` (seconds) defaults to that of ``speech``, else to the length of the file's own sound.
    ``measures``: ``duration``, ``expected_duration``, ``decoded_share``, ``loudness_lufs``, ``mouth_correlation`` (0 to
    1), ``mouth_lag_ms`` (positive: lips late), ``mouth_motion`` and ``upper_motion`` (grey levels), ``frozen_share``,
    ``black_share``, ``short_side``, ``sharpness``, ``face_share`` and one ``mark_...`` per line of the formula.
    ``reasons`` say what lowered the score.

    Raises ``UnknownFormat``, ``TooLarge``, ``Corrupt``, and ``NotUsable`` for a file without any picture track.
    """
    sound = read_audio(path, mono=True, seconds=LONGEST_S)
    seen = _watch(path)
    samples, rate = sound if sound is not None else (np.zeros((0, 1), np.float32), 48_000)
    sound_length = len(samples) / rate
    expected = expected_duration or (speech.duration if speech else None) or max(sound_length, seen.seen_until)
    loudness = integrated_lufs(samples, rate) if len(samples) else float("-inf")
    sync = measure_sync(seen.mouth, samples, rate) if seen.mouth is not None else MouthSync(0.0, 0.0, 0.0, 0.0)
    frozen = _frozen_share(seen, samples, rate)
    length = min(seen.duration, LONGEST_S)
    decoded = min(1.0, seen.seen_until / length) if length > 0 else 0.0
    measures = {
        "duration": seen.duration,
        "expected_duration": expected,
        "decoded_share": decoded,
        "loudness_lufs": max(loudness, -99.0),
        "mouth_correlation": sync.correlation,
        "mouth_lag_ms": sync.lag_ms,
        "mouth_motion": sync.motion,
        "upper_motion": sync.upper_motion,
        "frozen_share": frozen,
        "black_share": seen.black_share,
        "short_side": float(seen.short_side),
        "sharpness": seen.face.sharpness if seen.face is not None else 0.0,
        "face_share": seen.face.share if seen.face is not None else 0.0,
    }
    return judge(measures)


def judge(measures: dict[str, float]) -> Score:
    """The formula alone: a score from the measures named in ``score_video``."""
    m = measures
    off = abs(m["duration"] - m["expected_duration"])
    off_share = 0.0 if off <= 0.25 else off / max(m["expected_duration"], 1e-6)
    moves = m["mouth_motion"] >= _STILL_MOTION and m["mouth_motion"] >= 0.7 * m["upper_motion"]
    lips = _ramp(m["mouth_correlation"], 0.15, 0.50) * _ramp(abs(m["mouth_lag_ms"]), 250, 80) if moves else 0.0
    spoilt = max(m["black_share"], m["frozen_share"])
    marks = {
        "duration": 1.5 * _ramp(off_share, 0.20, 0.03),
        "sound": 1.5 * min(_ramp(m["loudness_lufs"], -45, -30), _ramp(m["loudness_lufs"], -3, -9)),
        "lips": 4.0 * lips,
        "picture": 1.0 * _ramp(spoilt, 0.5, 0.0),
        "resolution": 1.0 * _ramp(m["short_side"], 180, 720),
        "sharpness": 1.0 * _ramp(m["sharpness"], 0.05, 0.35),
    }
    defects = {
        "no_face": m["face_share"] <= 0,
        "no_sound": m["loudness_lufs"] < -60,
        "still": not moves or m["mouth_correlation"] < 0.15,
        "black": m["black_share"] > 0.25,
        "frozen": m["frozen_share"] > 0.4,
        "short": m["decoded_share"] < 0.9 or m["duration"] < 0.85 * m["expected_duration"],
        "late": moves and abs(m["mouth_lag_ms"]) > 250 and m["mouth_correlation"] >= 0.3,
    }
    found = [_CAPS[name] for name, there in defects.items() if there]
    value = min([sum(marks.values()), *(cap for cap, _ in found)])
    reasons = [reason for _, reason in found] + [
        _SHORTFALLS[name] for name, mark in marks.items() if mark < _WORTH[name]
    ]
    return Score(round(value, 2), measures | {f"mark_{name}": mark for name, mark in marks.items()}, tuple(reasons))


_WORTH = {"duration": 1.0, "sound": 1.0, "lips": 2.6, "picture": 0.8, "resolution": 0.4, "sharpness": 0.5}
_SHORTFALLS = {
    "duration": "its length differs from the speech",
    "sound": "the sound is too quiet or too loud",
    "lips": "the lips follow the speech poorly",
    "picture": "parts of the picture are black or stand still",
    "resolution": "the resolution is low",
    "sharpness": "the face is not sharp",
}


@dataclass(slots=True)
class _Seen:
    """What one pass over the pictures found."""

    duration: float
    short_side: int
    times: list[float]
    black: list[bool]
    changes: list[float]
    face: Face | None = None
    mouth: MouthTracker | None = None

    @property
    def seen_until(self) -> float:
        """The moment up to which there were pictures, seconds."""
        if len(self.times) < 2:
            return 0.0
        return self.times[-1] + (self.times[-1] - self.times[0]) / (len(self.times) - 1)

    @property
    def black_share(self) -> float:
        return float(np.mean(self.black)) if self.black else 1.0


def _watch(path: Path) -> _Seen:
    with open_media(path) as container:
        stream = video_stream(container)
        seen = _Seen(duration_of(container), min(stream.width, stream.height), [], [], [])
        before: NDArray[np.float32] | None = None
        tries, next_try = 0, 0.0
        for time, frame in _frames(container, stream):
            luma = _luma(frame)
            small = cv2.resize(luma, (96, 96), interpolation=cv2.INTER_AREA).astype(np.float32)
            seen.times.append(time)
            seen.black.append(bool(np.quantile(small, 0.98) < _BLACK_LEVEL))
            seen.changes.append(255.0 if before is None else float(np.abs(small - before).mean()))
            before = small
            if seen.mouth is None and tries < _FACE_TRIES and time >= next_try and not seen.black[-1]:
                tries, next_try = tries + 1, time + 0.5
                seen.face = _find_face(upright(frame))
                seen.mouth = MouthTracker(seen.face) if seen.face is not None else None
            if seen.mouth is not None:
                seen.mouth.add(time, luma)
        return seen


def _frames(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    start = start_of(container)
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        time = float(frame.pts * frame.time_base - start)
        if time > LONGEST_S:
            return
        yield time, frame


def _luma(frame: Any) -> NDArray[np.uint8]:
    """The upright luma plane, without converting what is already there."""
    if frame.format.name not in _EIGHT_BIT_LUMA:
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: frame.height, : frame.width]
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(rows, turns)) if turns else rows


def _find_face(image: NDArray[np.uint8]) -> Face | None:
    """The largest face, in pixels of ``image``."""
    scale = min(1.0, _SEARCH_SIDE / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    reduced = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1 else image
    faces = find_faces(reduced)
    return _scaled(faces[0], 1 / scale) if faces else None


def _scaled(face: Face, factor: float) -> Face:
    def box(b: Box) -> Box:
        return Box(round(b.x * factor), round(b.y * factor), round(b.width * factor), round(b.height * factor))

    def point(p: Point) -> Point:
        return Point(p.x * factor, p.y * factor)

    return replace(
        face,
        box=box(face.box),
        mouth=box(face.mouth),
        left_eye=point(face.left_eye),
        right_eye=point(face.right_eye),
    )


def _frozen_share(seen: _Seen, samples: NDArray[np.float32], rate: int) -> float:
    """The share of the spoken time that lies in runs of at least 0.4 s without any change of the picture."""
    if len(seen.times) < 2:
        return 1.0
    times = np.asarray(seen.times)
    changed = np.asarray(seen.changes) > _SAME_LEVEL
    if seen.mouth is not None:
        steps = seen.mouth.steps()
        changed[len(changed) - len(steps) :] |= steps > _SAME_LEVEL * 5
    loud = loudness_at(times, samples, rate) if len(samples) else np.ones_like(times)
    spoken = loud >= _SPEECH_LEVEL * max(float(loud.max()), 1e-9)
    moments = np.flatnonzero(changed)
    run = np.zeros_like(times)
    edges = np.concatenate((moments, [len(times)]))
    for begin, end in pairwise(edges):
        last = times[end] if end < len(times) else seen.seen_until
        run[begin:end] = last - times[begin]
    frozen = run > _FROZEN_RUN_S
    return float((frozen & spoken).sum() / max(1, int(spoken.sum())))


def _ramp(value: float, nothing: float, full: float) -> float:
    return float(np.clip((value - nothing) / (full - nothing), 0.0, 1.0))
