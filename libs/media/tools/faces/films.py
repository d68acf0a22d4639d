"""A face that says one sentence: the film, what is seen of it, and what it is worth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from libs.media.tools.faces.portraits import FACES

from media.animation import talking
from media.animation.frame import FaceFrame
from media.animation.framing import frame_photo
from media.animation.mouth.fit import fit_lips
from media.animation.stage import Pose
from media.faces.preflight import preflight
from media.images.photos import decode, write_png
from media.judge.video import score_video
from media.types import Bgr, Score, Speech

SENTENCE = "My baby found five big maps of a farm. We all saw you."
WIDTH, HEIGHT, RATE, SEED = 480, 640, 30.0, 3

_SEEN = (-0.95, -0.62, 0.95, 1.85)
_DENSITY = 90  # pixels of a cell for a distance of the eyes


@dataclass(frozen=True)
class Film:
    """What became of one face. Where the photo is refused there is no film: ``score`` is 0 and ``reasons`` say why."""

    name: str
    score: float
    reasons: tuple[str, ...]
    measures: dict[str, float]
    seconds: float


def judged(film: Path, speech: Speech) -> Score:
    """What a film is worth: the platform's own judge."""
    return score_video(film, speech=speech)


def moments(poses: list[Pose]) -> dict[str, int]:
    """The frame that shows each thing best: at rest, lips sealed, a wide vowel, a round one, f or v, a blink."""

    def best(value: str) -> int:
        worth = {
            "m b p": lambda pose: pose.mouth.press - pose.mouth.open,
            "wide": lambda pose: pose.mouth.open + 0.2 * pose.mouth.wide,
            "round": lambda pose: -pose.mouth.wide + 0.3 * pose.mouth.open - pose.mouth.rest,
            "f v": lambda pose: pose.mouth.tuck - 0.3 * pose.mouth.open,
            "blink": lambda pose: pose.shut,
        }[value]
        return int(np.argmax([worth(pose) for pose in poses]))

    return {"rest": 0} | {name: best(name) for name in ("m b p", "wide", "round", "f v", "blink")}


def make(name: str, speech: Speech, folder: Path) -> Film:
    """Render face ``name`` into ``folder``: its picture, its film, and its cells (``<name>.png``) side by side."""
    started = time.perf_counter()
    photo, film = folder / "photos" / f"{name}.png", folder / "films" / f"{name}.mp4"
    write_png(FACES[name](), photo)
    image = decode(photo)
    found = preflight(image)
    if refused := tuple(f"{finding.code}: {finding.advice}" for finding in found.findings if finding.blocking):
        return Film(name, 0.0, refused, {}, time.perf_counter() - started)
    [face, *_] = found.faces
    talking.render(photo, speech, film, width=WIDTH, height=HEIGHT, face=face, seed=SEED)
    frame = frame_photo(image, face, WIDTH, HEIGHT).frame(FaceFrame.of(face))
    count = max(1, int(np.ceil(speech.duration * RATE - 0.001)))
    poses = list(talking._poses(speech, RATE, count, SEED, 1.0))
    shown = moments(poses)
    pictures = _frames(film, set(shown.values()))
    cells = [_cell(frame.patch(pictures[at], *_SEEN, _DENSITY), what) for what, at in shown.items()]
    cv2.imwrite(str(folder / "cells" / f"{name}.png"), np.hstack(cells))
    score = judged(film, speech)
    lips = fit_lips(image, face, FaceFrame.of(face))
    measures = {"gap": lips.gap, "yaw": face.yaw, "spread": face.landmarks.spread if face.landmarks else 1.0}
    return Film(name, score.value, score.reasons, measures | score.measures, time.perf_counter() - started)


def _cell(picture: Bgr, what: str) -> Bgr:
    picture = np.ascontiguousarray(picture)
    for colour, width in (((255, 255, 255), 3), ((40, 40, 40), 1)):
        cv2.putText(picture, what, (5, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, colour, width, cv2.LINE_AA)
    return picture


def _frames(film: Path, wanted: set[int]) -> dict[int, Bgr]:
    with av.open(str(film)) as container:
        return {
            at: np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
            for at, picture in enumerate(container.decode(video=0))
            if at in wanted
        }
