"""How good a talking video is, from 0 to 10, by a formula that anybody can repeat.

The score is the sum of six marks, each between 0 and its weight, with straight lines between the stated points::

    mark        weight  nothing at              full at
    duration    1.5     20 % off                at most 3 % or 0.25 s off what was expected
    sound       1.5     no sound                -30 to -9 LUFS (nothing below -45)
    lips        4.0     correlation 0.15        correlation 0.50, lag within 80 ms (nothing at 250 ms)
    picture     1.0     half black or frozen    nothing black, nothing frozen
    resolution  1.0     shorter side 180 px     shorter side 720 px
    sharpness   1.0     0.05                    0.35 (``Face.sharpness`` of the first frame with a face)

``correlation`` is between how open the mouth is and what the sounds of the speech ask for; where these are not known,
the loudness of the sound. What the face mesh sees go wrong is taken off (``PENALTIES``); a defect that makes the video
useless caps the sum, whatever else is good (``_CAPS``). At most the first two minutes are looked at.

What is said of lips weighs as much as there is to see: less where less than ``ENOUGH_S`` is spoken or fewer than
``ENOUGH_SEALS`` sounds need shut lips. Among so few moments chance alone makes a lag or a low correlation. That a mouth
stands still counts in full at any length.

The bounds for the lag follow ITU-R BT.1359-1, which finds 45 ms early to 125 ms late undetected by most viewers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.preflight import find_faces
from media.judge.face.follow import Planes
from media.judge.face.measures import measures as measures_of
from media.judge.face.watch import Watch
from media.judge.mouth import MouthSync, MouthTracker, loudness_at, measure_sync, sync
from media.judge.penalty import Penalty
from media.sound.loudness import integrated_lufs
from media.types import Box, Face, Landmarks, Point, Score, Speech
from media.video.source import duration_of, open_media, read_audio, start_of, video_stream
from media.video.thumbnails import upright

PASSING = 5.0
LONGEST_S = 120.0
ENOUGH_S = 2.0
ENOUGH_SEALS = 3.0

_SUBSAMPLED = ("yuv420p", "yuvj420p")
_FACE_TRIES = 6
_SEARCH_SIDE = 640
_BLACK_LEVEL, _LIT_SHARE = 24, 0.02
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
    1), ``mouth_lag_ms`` (positive: lips late), ``mouth_motion`` and ``upper_motion`` (hundredths of the eyes' distance
    and 0 for a face that the mesh follows, else grey levels), ``spoken`` (seconds), those of
    ``media.judge.face.measures``, ``frozen_share``, ``black_share``, ``short_side``, ``sharpness``, ``face_share`` and
    one ``mark_...`` per line of the formula.
    ``reasons`` say what lowered the score.

    Raises ``UnknownFormat``, ``TooLarge``, ``Corrupt``, and ``NotUsable`` for a file without any picture track.
    """
    sound = read_audio(path, mono=True, seconds=LONGEST_S)
    seen = _watch(path)
    samples, rate = sound if sound is not None else (np.zeros((0, 1), np.float32), 48_000)
    sound_length = len(samples) / rate
    expected = expected_duration or (speech.duration if speech else None) or max(sound_length, seen.seen_until)
    loudness = integrated_lufs(samples, rate) if len(samples) else float("-inf")
    face = measures_of(seen.watch, speech, samples, rate) if seen.watch is not None else {}
    sync = _sync(seen, samples, rate)
    if "lips_follow" in face:  # what the sounds ask for says more than how loud they are
        sync = replace(sync, correlation=face["lips_follow"], lag_ms=face["lips_late"] / 30 * 1000)
    spoken = _spoken(seen, samples, rate)
    frozen = _frozen_share(seen, spoken)
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
        "spoken": float(spoken.mean()) * seen.seen_until if len(spoken) else 0.0,
        "frozen_share": frozen,
        "black_share": seen.black_share,
        "short_side": float(seen.short_side),
        "sharpness": seen.face.sharpness if seen.face is not None else 0.0,
        "face_share": seen.face.share if seen.face is not None else 0.0,
    }
    return judge(measures | face)


def judge(measures: dict[str, float]) -> Score:
    """The formula alone: a score from the measures named in ``score_video``."""
    m = measures
    off = abs(m["duration"] - m["expected_duration"])
    off_share = 0.0 if off <= 0.25 else off / max(m["expected_duration"], 1e-6)
    moves = m["mouth_motion"] >= _STILL_MOTION and m["mouth_motion"] >= 0.7 * m["upper_motion"]
    follows = _ramp(m["mouth_correlation"], 0.15, 0.50) * _ramp(abs(m["mouth_lag_ms"]), 250, 80)
    weights = _weights(m)
    lips = 1 - weights["lips_follow"] * (1 - follows) if moves else 0.0
    spoilt = max(m["black_share"], m["frozen_share"])
    marks = {
        "duration": 1.5 * _ramp(off_share, 0.20, 0.03),
        "sound": 1.5 * min(_ramp(m["loudness_lufs"], -45, -30), _ramp(m["loudness_lufs"], -3, -9)),
        "lips": 4.0 * lips,
        "picture": 1.0 * _ramp(spoilt, 0.5, 0.0),
        "resolution": 1.0 * _ramp(m["short_side"], 180, 720),
        "sharpness": 1.0 * _ramp(m["sharpness"], 0.05, 0.35),
    }
    enough = m["spoken"] >= ENOUGH_S
    defects = {
        "no_face": m["face_share"] <= 0,
        "no_sound": m["loudness_lufs"] < -60,
        "still": not moves or (enough and m["mouth_correlation"] < 0.15),
        "black": m["black_share"] > 0.25,
        "frozen": m["frozen_share"] > 0.4,
        "short": m["decoded_share"] < 0.9 or m["duration"] < 0.85 * m["expected_duration"],
        "late": moves and enough and abs(m["mouth_lag_ms"]) > 250 and m["mouth_correlation"] >= 0.3,
    }
    found = [_CAPS[name] for name, there in defects.items() if there]
    rules = [rule for rule in PENALTIES if rule.measure in m]
    losses = sorted(((weights.get(rule.measure, 1.0) * rule.of(m[rule.measure]), rule) for rule in rules), key=_first)
    value = max(0.0, min([sum(marks.values()) - sum(points for points, _ in losses), *(cap for cap, _ in found)]))
    reasons = [reason for _, reason in found]
    reasons += [rule.reason for points, rule in losses if points >= _WORTH_SAYING]
    reasons += [_SHORTFALLS[name] for name, mark in marks.items() if mark < _WORTH[name]]
    marked = {f"mark_{name}": mark for name, mark in marks.items()}
    return Score(round(value, 2), measures | marked, tuple(dict.fromkeys(reasons)))


def _weights(m: dict[str, float]) -> dict[str, float]:
    """How much the measures of lips count that need speech to show, 0 to 1."""
    spoken = _ramp(m["spoken"], 0.0, ENOUGH_S)
    seals = _ramp(m.get("seals", 0.0), 0.0, ENOUGH_SEALS)
    return {"lips_follow": spoken, "lips_late": spoken, "lips_apart": seals}


def _first(loss: tuple[float, Penalty]) -> float:
    return -loss[0]


_WORTH_SAYING = 0.5

_LATE = "the mouth and the sound are not at the same time"
_VANISHES = "the {} lip disappears while speaking"
PENALTIES = (
    Penalty("lips_follow", 0.66, 0.46, 6.0, "the lips do not move with what is said"),
    Penalty("lips_move", 1.7, 0.9, 4.0, "the lips hardly move"),
    Penalty("lips_late", 1.25, 2.5, 4.5, _LATE),
    Penalty("lips_late", -1.25, -2.5, 4.5, _LATE),
    Penalty("lips_apart", 0.55, 0.72, 4.0, "the lips do not meet on m, b and p"),
    Penalty("upper_lip", 0.85, 0.72, 4.5, _VANISHES.format("upper")),
    Penalty("lower_lip", 0.76, 0.64, 4.5, _VANISHES.format("lower")),
    Penalty("lower_colour", 0.35, 0.15, 4.0, _VANISHES.format("lower")),
    Penalty("outside", 0.008, 0.022, 4.5, "something dark or pale shows beside the lips"),
    Penalty("torn", 0.008, 0.03, 4.5, "the skin around the mouth tears"),
    Penalty("widened", 1.07, 1.12, 4.0, "the mouth grows beyond its corners"),
    Penalty("hollow", 0.6, 0.72, 4.0, "there is skin where the mouth is open"),
    Penalty("awake", 0.5, 0.65, 3.5, "the eyes never shut"),
    Penalty("shut", 0.44, 0.36, 3.5, "the lids stop half way"),
    Penalty("lids", 11.5, 13.0, 4.0, "the lids have another colour than the skin"),
    Penalty("alike", 0.8, 0.6, 6.0, "the face becomes another one"),
    Penalty("hue", 4.0, 8.0, 4.0, "the skin changes its colour"),
    Penalty("flicker", 0.8, 2.5, 4.0, "the picture flickers"),
    Penalty("sway", 0.008, 0.025, 4.0, "the background moves with the head"),
)
"""What is lost to what the face mesh sees of a face, see ``media.judge.face.measures``."""


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
    watch: Watch | None = None

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
        before: NDArray[np.uint8] | None = None
        tries, next_try = 0, 0.0
        for time, frame in _frames(container, stream):
            planes = _planes(frame)
            small = _sparse(planes.luma)
            seen.times.append(time)
            seen.black.append(bool((small >= _BLACK_LEVEL).mean() < _LIT_SHARE))
            seen.changes.append(255.0 if before is None else float(cv2.norm(small, before, cv2.NORM_L1)) / small.size)
            before = small
            if seen.face is None and tries < _FACE_TRIES and time >= next_try and not seen.black[-1]:
                tries, next_try = tries + 1, time + 0.5
                seen.face = _find_face(upright(frame))
                if seen.face is not None:
                    seen.watch = Watch.of(seen.face, planes, seen.duration)
                    seen.mouth = MouthTracker(seen.face) if seen.watch is None else None
            if seen.mouth is not None:
                seen.mouth.add(time, planes.luma)
            if seen.watch is not None:
                seen.watch.add(time, planes)
        return seen


_SPARSE_SIDE = 160


def _sparse(luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Every so many pixels: enough to tell black and standing still."""
    step = max(1, min(luma.shape) // _SPARSE_SIDE)
    return np.ascontiguousarray(luma[::step, ::step])


def _sync(seen: _Seen, samples: NDArray[np.float32], rate: int) -> MouthSync:
    """How the mouth goes with the sound's loudness; the face mesh's opening in hundredths of the eyes' distance."""
    if seen.watch is not None:
        gap = np.array([one.gap for one in seen.watch.seen])
        return sync(np.asarray(seen.watch.times), 100 * gap, np.zeros(len(gap)), samples, rate)
    if seen.mouth is not None:
        return measure_sync(seen.mouth, samples, rate)
    return MouthSync(0.0, 0.0, 0.0, 0.0)


def _frames(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    start = start_of(container)
    for frame in container.decode(stream):
        if frame.pts is None:
            continue
        time = float(frame.pts * frame.time_base - start)
        if time > LONGEST_S:
            return
        yield time, frame


def _planes(frame: Any) -> Planes:
    """The upright planes, without converting what is there already."""
    if frame.format.name not in _SUBSAMPLED:
        frame = frame.reformat(format="yuv420p")
    turns = round(frame.rotation / 90) % 4
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        planes.append(np.ascontiguousarray(np.rot90(rows, turns)) if turns else rows)
    return Planes(*planes)


def _find_face(image: NDArray[np.uint8]) -> Face | None:
    """The largest face, in pixels of ``image``."""
    scale = min(1.0, _SEARCH_SIDE / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    reduced = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8) if scale < 1 else image
    faces = find_faces(reduced)
    return _scaled(faces[0], 1 / scale) if faces else None


_CONTOURS = [one.name for one in fields(Landmarks) if one.name not in ("presence", "spread")]


def _scaled(face: Face, factor: float) -> Face:
    def box(b: Box) -> Box:
        return Box(round(b.x * factor), round(b.y * factor), round(b.width * factor), round(b.height * factor))

    def point(p: Point) -> Point:
        return Point(p.x * factor, p.y * factor)

    def contours(marks: Landmarks) -> Landmarks:
        return replace(marks, **{name: getattr(marks, name) * factor for name in _CONTOURS})

    return replace(
        face,
        box=box(face.box),
        mouth=box(face.mouth),
        left_eye=point(face.left_eye),
        right_eye=point(face.right_eye),
        landmarks=None if face.landmarks is None else contours(face.landmarks),
    )


def _spoken(seen: _Seen, samples: NDArray[np.float32], rate: int) -> NDArray[np.bool_]:
    """For each picture whether something is said meanwhile; always, where there is no sound at all."""
    times = np.asarray(seen.times)
    loud = loudness_at(times, samples, rate) if len(samples) else np.ones_like(times)
    return np.asarray(loud >= _SPEECH_LEVEL * max(float(loud.max(initial=0.0)), 1e-9))


def _frozen_share(seen: _Seen, spoken: NDArray[np.bool_]) -> float:
    """The share of the spoken time that lies in runs of at least 0.4 s without any change of the picture."""
    if len(seen.times) < 2:
        return 1.0
    times = np.asarray(seen.times)
    changed = np.asarray(seen.changes) > _SAME_LEVEL
    if seen.mouth is not None:
        steps = seen.mouth.steps()
        changed[len(changed) - len(steps) :] |= steps > _SAME_LEVEL * 5
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
