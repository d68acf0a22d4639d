"""Faces in a photo, and whether a photo will make a good talking one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from media.errors import NotUsable
from media.faces.detect import Candidate, Grey, find_candidates
from media.faces.features import Mouth, align, find_eyes, find_mouth, to_photo
from media.faces.landmarker import Landmarks, landmarker
from media.faces.landmarks import assigned, eyes_of, mouth_of, yaw_of
from media.faces.measures import exposure, occlusion, sharpness, yaw
from media.types import Bgr, Box, Face, Finding, Point, Preflight

LEAST_CONFIDENCE, LEAST_TURNED_CONFIDENCE = 0.35, 0.6
"""What a face must reach to be believed, and one lying on its side or upside down, which is seldom meant."""


def find_faces(image: Bgr, *, landmarks: Path | None = None) -> tuple[Face, ...]:
    """The faces of ``image`` (BGR, upright), largest first; empty when there are none.

    Found from about 24 px (of a picture at most 960 px long, larger ones are searched reduced), rolled by any angle,
    frontal or in profile. Eyes are pupil positions; the mouth box holds the lips. Deterministic.

    ``landmarks`` is a ``face_landmarker.task`` file: eyes, mouth, angle and turn of the faces that it sees are then
    those of its landmarks, and faces that it alone sees are found too. It takes ``talkingphoto-media[landmarks]``.
    Raises ``NotConfigured`` where the file is missing or unfit, or the extra is missing.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    seen = [] if landmarks is None else landmarker(landmarks).find(image)
    faces = [_face(image, grey, candidate, marks) for candidate, marks in assigned(find_candidates(grey), seen)]
    believed = [face for face in faces if face.confidence >= _least_confidence(face)]
    return tuple(sorted(believed, key=lambda face: (-face.box.width * face.box.height, face.box.x, face.box.y)))


def _least_confidence(face: Face) -> float:
    return LEAST_TURNED_CONFIDENCE if abs(face.roll) > 45 else LEAST_CONFIDENCE


def _face(image: Bgr, grey: Grey, candidate: Candidate, marks: Landmarks | None) -> Face:
    eyes = find_eyes(image, candidate) if marks is None else eyes_of(marks)
    aligned, matrix = align(image, eyes.left, eyes.right)
    mouth = find_mouth(aligned) if marks is None else mouth_of(marks, matrix)
    box = _box_of(candidate, image)
    crop = grey[box.y : box.y + box.height, box.x : box.x + box.width]
    # Two eyes and many frontal votes speak against a strong turn, whatever shadows and hair say.
    frontal = min(1.0, candidate.votes / 20) * eyes.support
    turned = 0.8 * candidate.turned if candidate.turned else yaw(aligned, mouth) * (1 - 0.5 * frontal)
    return Face(
        box=box,
        left_eye=Point(*eyes.left),
        right_eye=Point(*eyes.right),
        mouth=_mouth_box(mouth, matrix, image),
        roll=math.degrees(math.atan2(eyes.right[1] - eyes.left[1], eyes.right[0] - eyes.left[0])),
        yaw=turned if marks is None else yaw_of(marks),
        share=box.width * box.height / (image.shape[0] * image.shape[1]),
        sharpness=sharpness(_at_most(crop, 256)),
        exposure=exposure(aligned),
        mouth_open=mouth.open,
        occlusion=occlusion(aligned, mouth),
        confidence=_confidence(candidate, eyes.support, mouth.support) if marks is None else marks.presence,
    )


def _confidence(candidate: Candidate, eyes: float, mouth: float) -> float:
    """Independent witnesses: the face cascade's votes, the eye cascades, and a mouth where one belongs."""
    votes = 1 - math.exp(-candidate.votes / 10)
    return float(np.clip(0.5 * votes + 0.35 * eyes + 0.15 * mouth, 0.0, 1.0))


def _box_of(candidate: Candidate, image: Bgr) -> Box:
    half = candidate.side / 2
    return _clipped(candidate.x - half, candidate.y - half, candidate.x + half, candidate.y + half, image)


def _mouth_box(mouth: Mouth, matrix: np.ndarray[tuple[int, int], np.dtype[np.float64]], image: Bgr) -> Box:
    corners = [
        to_photo(matrix, mouth.x + across * mouth.width / 2, mouth.y + down * mouth.height / 2)
        for across in (-1, 1)
        for down in (-1, 1)
    ]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return _clipped(min(xs), min(ys), max(xs), max(ys), image)


def _clipped(left: float, top: float, right: float, bottom: float, image: Bgr) -> Box:
    x0, y0 = max(0, math.floor(left)), max(0, math.floor(top))
    x1, y1 = min(image.shape[1], math.ceil(right)), min(image.shape[0], math.ceil(bottom))
    return Box(x0, y0, max(1, x1 - x0), max(1, y1 - y0))


def _at_most(grey: Grey, side: int) -> Grey:
    scale = side / max(grey.shape)
    if scale >= 1:
        return grey
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


# Preflight


@dataclass(frozen=True, slots=True)
class _Rule:
    """A remark about the chosen face: made when ``measure`` reaches ``remark``, blocking when it reaches ``block``."""

    code: str
    measure: Callable[[Face, Bgr], float]
    remark: float
    block: float
    advice: str


def _cut_off(face: Face, image: Bgr) -> float:
    """Share of the face's side that lies outside the photo, chin included."""
    side = math.dist((face.left_eye.x, face.left_eye.y), (face.right_eye.x, face.right_eye.y)) / 0.41
    x, y = (face.left_eye.x + face.right_eye.x) / 2, (face.left_eye.y + face.right_eye.y) / 2 + 0.12 * side
    reach = (0.45 * side, 0.62 * side)
    over = (reach[0] - x, x + reach[0] - image.shape[1], reach[1] - y, y + reach[1] - image.shape[0])
    return float(max(0.0, *over) / side)


_RULES = (
    _Rule("FACE_TOO_SMALL", lambda face, _: -face.box.width, -72, -48, "Come closer, or crop the photo to the face."),
    _Rule("TURNED_AWAY", lambda face, _: abs(face.yaw), 0.5, 0.75, "Use a photo where you look at the camera."),
    _Rule("TURNED_AWAY", lambda face, _: abs(face.roll), 35, 75, "Turn the photo so that the head is upright."),
    _Rule("BLURRED", lambda face, _: -face.sharpness, -0.4, -0.2, "Use a sharper photo, focused on the face."),
    _Rule("TOO_DARK", lambda face, _: -face.exposure, -0.2, -0.06, "Use more light on the face."),
    _Rule("TOO_BRIGHT", lambda face, _: face.exposure, 0.9, 0.98, "Use softer light; the face is nearly white."),
    _Rule("MOUTH_OPEN", lambda face, _: face.mouth_open, 0.35, math.inf, "A closed or smiling mouth works best."),
    _Rule("FACE_CUT_OFF", _cut_off, 0.04, 0.35, "Use a photo that shows the whole head with some room around it."),
    _Rule("OCCLUDED", lambda face, _: face.occlusion, 0.4, 0.8, "Nothing should cover the face, no mask or hand."),
)
_LEAST_SIDE, _GOOD_SIDE = 256, 480


def preflight(image: Bgr, *, choose: int | None = None, landmarks: Path | None = None) -> Preflight:
    """What we think of ``image`` before work starts. ``choose`` picks a face by its place in the answer's ``faces``;
    the largest is taken otherwise. ``landmarks`` as in :func:`find_faces`.

    Raises ``NotUsable`` when ``choose`` names a face that is not there, and what :func:`find_faces` raises.
    """
    height, width = image.shape[:2]
    faces = find_faces(image, landmarks=landmarks)
    if choose is not None and not 0 <= choose < len(faces):
        raise NotUsable(f"There is no face number {choose}; {len(faces)} found.", code="NO_FACE")
    findings = list(_resolution_findings(width, height))
    if not faces:
        findings.append(Finding("NO_FACE", True, "Use a photo that shows one face clearly, from the front."))
        return Preflight(width, height, (), None, tuple(findings))
    chosen = choose or 0
    if choose is None and len(faces) > 1 and faces[1].share > 0.35 * faces[0].share:
        who = f"the largest of the {len(faces)} faces, {_where(faces[0], width)},"
        findings.append(Finding("MULTIPLE_FACES", False, f"It is {who} that will speak. Crop the photo to choose."))
    for rule in _RULES:
        value = rule.measure(faces[chosen], image)
        if value >= rule.remark:
            findings.append(Finding(rule.code, value >= rule.block, rule.advice))
    return Preflight(width, height, faces, chosen, tuple(findings))


def _where(face: Face, width: int) -> str:
    middle = (face.box.x + face.box.width / 2) / width
    return "on the left" if middle < 0.4 else "on the right" if middle > 0.6 else "in the middle"


def _resolution_findings(width: int, height: int) -> tuple[Finding, ...]:
    side = min(width, height)
    if side >= _GOOD_SIDE:
        return ()
    small = f"The photo is {width} x {height} pixels"
    if side < _LEAST_SIDE:
        advice = f"{small}. Use one with at least {_LEAST_SIDE} on each side, better {_GOOD_SIDE}."
        return (Finding("LOW_RESOLUTION", True, advice),)
    return (Finding("LOW_RESOLUTION", False, f"{small}; at least {_GOOD_SIDE} on each side looks better."),)
