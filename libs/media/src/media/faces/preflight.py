"""Faces in a photo, and whether a photo will make a good talking one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from media.errors import NotUsable
from media.faces.covered import mouth_covered, torn_open
from media.faces.detect import Candidate, Grey, cascade, find_candidates
from media.faces.features import Eyes, Mouth, align, find_eyes, find_mouth, to_photo
from media.faces.landmarks import eyes_apart, look, opening_of, yaw_of
from media.faces.looks import Window
from media.faces.measures import exposure, occlusion, sharpness, yaw
from media.faces.proposals import QUARTERS, propose
from media.types import Bgr, Box, Face, Finding, Landmarks, Point, Preflight

LEAST_CONFIDENCE, LEAST_TURNED_CONFIDENCE = 0.6, 0.75
"""What a face that only the cascades see must reach to be believed, and one that lies on its side or upside down."""

_STEADY = 0.06
"""Spread of a face that is seen the right way up."""
_SIDE_OF_EYES, _DOWN_OF_SIDE = 1 / 0.43, 0.12  # of a face's square: side over the eyes' distance, its middle below them


def find_faces(image: Bgr) -> tuple[Face, ...]:
    """The faces of ``image`` (BGR, upright), largest first; empty when there are none.

    Found rolled by any angle, frontal or in profile, from about a thirtieth of the picture's longer side. Eyes are
    pupil positions; the mouth box holds the lips. What the face mesh does not know for a face must be one clearly to
    the cascades. Deterministic.
    """
    seen: list[Landmarks] = []
    for angle in QUARTERS:
        seen += [marks for window in propose(image, angle) if (marks := look(image, window))]
        if any(marks.spread < _STEADY for marks in seen):
            break
    faces = [_marked(image, marks) for marks in _distinct(seen)] or _by_cascades(image)
    return tuple(sorted(faces, key=lambda face: (-face.box.width * face.box.height, face.box.x, face.box.y)))


def _distinct(seen: list[Landmarks]) -> list[Landmarks]:
    """Every face once, the surest look at it."""
    kept: list[Landmarks] = []
    for marks in sorted(seen, key=lambda one: one.spread):
        middle = marks.oval[:, :2].mean(axis=0)
        if all(np.linalg.norm(one.oval[:, :2].mean(axis=0) - middle) > eyes_apart(one) for one in kept):
            kept.append(marks)
    return kept


def _by_cascades(image: Bgr) -> list[Face]:
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
    faces = []
    for candidate in find_candidates(grey):
        marks = look(image, Window(candidate.x, candidate.y, 1.5 * candidate.side, math.radians(candidate.roll)))
        face = _marked(image, marks) if marks else _unmarked(image, candidate)
        least = LEAST_TURNED_CONFIDENCE if abs(face.roll) > 45 else LEAST_CONFIDENCE
        if marks or face.confidence >= least:
            faces.append(face)
    return faces


def _marked(image: Bgr, marks: Landmarks) -> Face:
    left, right = marks.left_pupil, marks.right_pupil
    eyes = Eyes((float(left[0]), float(left[1])), (float(right[0]), float(right[1])), 1.0)
    side = eyes_apart(marks) * _SIDE_OF_EYES
    roll = math.atan2(eyes.right[1] - eyes.left[1], eyes.right[0] - eyes.left[0])
    x, y = ((left + right) / 2)[:2].tolist()
    down = _DOWN_OF_SIDE * side
    candidate = Candidate(x - down * math.sin(roll), y + down * math.cos(roll), side, math.degrees(roll), 0, 0)
    _, matrix = align(image, eyes.left, eyes.right)
    back = cv2.invertAffineTransform(matrix)
    lips = marks.outer_lips[:, :2] @ back[:, :2].T + back[:, 2]
    low, high = lips.min(axis=0), lips.max(axis=0)
    (middle_x, middle_y), (width, height) = ((low + high) / 2).tolist(), (high - low).tolist()
    mouth = Mouth(middle_x, middle_y, width, height, opening_of(marks), 1.0)
    return _face(image, candidate, eyes, mouth, yaw_of(marks), marks.presence, marks)


def _unmarked(image: Bgr, candidate: Candidate) -> Face:
    eyes = find_eyes(image, candidate)
    aligned, _ = align(image, eyes.left, eyes.right)
    mouth = find_mouth(aligned)
    # Two eyes and many frontal votes speak against a strong turn, whatever shadows and hair say.
    frontal = min(1.0, candidate.votes / 20) * eyes.support
    turned = 0.8 * candidate.turned if candidate.turned else yaw(aligned, mouth) * (1 - 0.5 * frontal)
    return _face(image, candidate, eyes, mouth, turned, _confidence(candidate, eyes.support, mouth.support), None)


def _face(
    image: Bgr,
    candidate: Candidate,
    eyes: Eyes,
    mouth: Mouth,
    turned: float,
    confidence: float,
    marks: Landmarks | None,
) -> Face:
    aligned, matrix = align(image, eyes.left, eyes.right)
    box = _box_of(candidate, image)
    grey = cv2.cvtColor(image[box.y : box.y + box.height, box.x : box.x + box.width], cv2.COLOR_BGR2GRAY)
    return Face(
        box=box,
        left_eye=Point(*eyes.left),
        right_eye=Point(*eyes.right),
        mouth=_mouth_box(mouth, matrix, image),
        roll=math.degrees(math.atan2(eyes.right[1] - eyes.left[1], eyes.right[0] - eyes.left[0])),
        yaw=turned,
        share=box.width * box.height / (image.shape[0] * image.shape[1]),
        sharpness=sharpness(_at_most(np.asarray(grey, np.uint8), 256)),
        exposure=exposure(aligned),
        mouth_open=mouth.open,
        occlusion=occlusion(aligned, mouth),
        confidence=confidence,
        landmarks=marks,
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


def _mouth_open(face: Face, image: Bgr) -> float:
    torn = 0.0 if face.landmarks is None else torn_open(image, face.landmarks)
    return max(face.mouth_open, torn)


def _mouth_covered(face: Face, image: Bgr) -> float:
    return 0.0 if face.landmarks is None else mouth_covered(image, face.landmarks)


_RULES = (
    _Rule("FACE_TOO_SMALL", lambda face, _: -face.box.width, -72, -48, "Come closer, or crop the photo to the face."),
    _Rule("TURNED_AWAY", lambda face, _: abs(face.yaw), 0.5, 0.75, "Use a photo where you look at the camera."),
    _Rule("TURNED_AWAY", lambda face, _: abs(face.roll), 35, 75, "Turn the photo so that the head is upright."),
    _Rule("BLURRED", lambda face, _: -face.sharpness, -0.4, -0.2, "Use a sharper photo, focused on the face."),
    _Rule("TOO_DARK", lambda face, _: -face.exposure, -0.2, -0.06, "Use more light on the face."),
    _Rule("TOO_BRIGHT", lambda face, _: face.exposure, 0.9, 0.98, "Use softer light; the face is nearly white."),
    _Rule("MOUTH_OPEN", _mouth_open, 0.3, 0.45, "A closed or smiling mouth works best."),
    _Rule("FACE_CUT_OFF", _cut_off, 0.04, 0.35, "Use a photo that shows the whole head with some room around it."),
    _Rule("MOUTH_COVERED", _mouth_covered, 0.5, 0.8, "Uncover the mouth: no mask, hand or microphone before it."),
    _Rule("OCCLUDED", lambda face, _: face.occlusion, 0.4, 0.8, "Nothing should cover the face, no mask or hand."),
)
_LEAST_SIDE, _GOOD_SIDE = 256, 480


def preflight(image: Bgr, *, choose: int | None = None) -> Preflight:
    """What we think of ``image`` before work starts. ``choose`` picks a face by its place in the answer's ``faces``;
    the largest is taken otherwise. Raises ``NotUsable`` when ``choose`` names a face that is not there.
    """
    height, width = image.shape[:2]
    faces = find_faces(image)
    if choose is not None and not 0 <= choose < len(faces):
        raise NotUsable(f"There is no face number {choose}; {len(faces)} found.", code="NO_FACE")
    findings = list(_resolution_findings(width, height))
    if not faces:
        findings.append(_ANIMAL if _is_cat(image) else _NO_FACE)
        return Preflight(width, height, (), None, tuple(findings))
    chosen = choose or 0
    if choose is None and len(faces) > 1 and faces[1].share > _OTHER * faces[0].share:
        findings.append(_several(faces, width))
    for rule in _RULES:
        value = rule.measure(faces[chosen], image)
        if value >= rule.remark:
            findings.append(Finding(rule.code, value >= rule.block, rule.advice))
    return Preflight(width, height, faces, chosen, tuple(findings))


_OTHER, _ALIKE = 0.35, 0.8
"""Shares of the largest face from which another one is worth a word, and from which nobody knows who is meant."""
_NO_FACE = Finding("NO_FACE", True, "Use a photo that shows one face clearly, from the front.")
_ANIMAL = Finding("ANIMAL", True, "This seems to be an animal. Use a photo of a person, from the front.")


def _several(faces: tuple[Face, ...], width: int) -> Finding:
    if faces[1].share > _ALIKE * faces[0].share:
        advice = f"Choose a face: crop the photo to the one of the {len(faces)} that shall speak."
        return Finding("MULTIPLE_FACES", True, advice)
    who = f"the largest of the {len(faces)} faces, {_where(faces[0], width)},"
    return Finding("MULTIPLE_FACES", False, f"It is {who} that will speak. Crop the photo to choose.")


def _is_cat(image: Bgr) -> bool:
    """Asked only where no person was found: by OpenCV's cascade for faces of cats."""
    grey = _at_most(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8), 480)
    return len(cascade("frontalcatface").detectMultiScale(grey, 1.05, 2, minSize=(40, 40))) > 0


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
