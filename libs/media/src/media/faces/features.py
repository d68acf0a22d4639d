"""Eyes and mouth inside a face that the detector proposed.

The face is first laid out upright at a known size, so that every distance below is a share of the face. Anthropometric
shares (eye line, mouth below it, mouth width) follow Farkas, *Anthropometry of the Head and Face* (1994); the gradient
vote for the pupil is Timm & Barth, "Accurate eye centre localisation by means of gradients" (2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from media.faces.detect import Candidate, Grey, detect
from media.types import Bgr

FACE = 200
"""Side of the detected square in the laid-out patch, pixels."""
MARGIN = 60
PATCH = FACE + 2 * MARGIN
SPAN = 100.0
"""Distance between the eyes in the aligned patch, pixels."""
EYE_Y = 90
ALIGNED = (240, 320)
"""Width and height of the aligned patch; the eyes are at (70, 90) and (170, 90)."""

_EYES = ("eye_tree_eyeglasses", "eye", "lefteye_2splits", "righteye_2splits")
_EYE_PRIOR = (0.30, 0.70, 0.38)

Matrix = NDArray[np.float64]
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Eyes:
    """Both pupils in pixels of the photo (viewer's left and right) and how well cascades support them, 0 to 1."""

    left: tuple[float, float]
    right: tuple[float, float]
    support: float


@dataclass(frozen=True, slots=True)
class Mouth:
    """The mouth in the aligned patch: centre, width and height in pixels, and how open it is (inner height over
    width, 0 closed)."""

    x: float
    y: float
    width: float
    height: float
    open: float
    support: float


def lay_out(image: Bgr, candidate: Candidate) -> tuple[Bgr, Matrix]:
    """The candidate upright in a ``PATCH`` square (its box the inner ``FACE`` square), and the matrix to the photo."""
    scale = candidate.side / FACE
    angle = math.radians(candidate.roll)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    half = PATCH / 2
    to_photo = np.array(
        [
            [cos, -sin, candidate.x - cos * half + sin * half],
            [sin, cos, candidate.y - sin * half - cos * half],
        ]
    )
    return warp_from(image, to_photo, (PATCH, PATCH)), to_photo


def align(image: Bgr, left: tuple[float, float], right: tuple[float, float]) -> tuple[Bgr, Matrix]:
    """The face with its eyes level and ``SPAN`` apart in an ``ALIGNED`` patch, and the matrix to the photo."""
    dx, dy = (right[0] - left[0]) / SPAN, (right[1] - left[1]) / SPAN
    x0, y0 = ALIGNED[0] / 2 - SPAN / 2, EYE_Y
    to_photo = np.array([[dx, -dy, left[0] - dx * x0 + dy * y0], [dy, dx, left[1] - dy * x0 - dx * y0]])
    return warp_from(image, to_photo, ALIGNED), to_photo


def warp_from(image: Bgr, to_photo: Matrix, size: tuple[int, int]) -> Bgr:
    """Sample ``image`` through ``to_photo`` (patch to photo, 2 x 3), averaging where the patch is smaller."""
    factor = math.hypot(to_photo[0, 0], to_photo[1, 0])
    if factor > 2:
        image, to_photo = _reduced_around(image, to_photo, size, factor)
    warped = cv2.warpAffine(
        image, to_photo, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(warped, np.uint8)


def _reduced_around(image: Bgr, to_photo: Matrix, size: tuple[int, int], factor: float) -> tuple[Bgr, Matrix]:
    corners = to_photo @ np.array([[0, size[0], 0, size[0]], [0, 0, size[1], size[1]], [1, 1, 1, 1]], np.float64)
    low = np.clip(np.floor(corners.min(axis=1)) - 2, 0, (image.shape[1] - 2, image.shape[0] - 2)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=1)) + 2, low + 2, (image.shape[1], image.shape[0])).astype(int)
    crop = image[low[1] : high[1], low[0] : high[0]]
    wide, tall = max(1, round(crop.shape[1] / factor)), max(1, round(crop.shape[0] / factor))
    small = np.asarray(cv2.resize(crop, (wide, tall), interpolation=cv2.INTER_AREA), np.uint8)
    moved = to_photo.copy()
    moved[:, 2] -= low
    moved[0] *= wide / crop.shape[1]
    moved[1] *= tall / crop.shape[0]
    return small, moved


def to_photo(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """A patch position in the photo."""
    return (
        float(matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]),
        float(matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]),
    )


# Eyes


def find_eyes(image: Bgr, candidate: Candidate) -> Eyes:
    """The pupils of ``candidate``: cascades vote, the pair that fits a face best wins, dark round centres refine it."""
    patch, matrix = lay_out(image, candidate)
    grey = np.asarray(cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY), np.uint8)
    band = grey[MARGIN : MARGIN + round(0.62 * FACE), MARGIN - 20 : MARGIN + FACE + 20]
    hits = [
        ((x + w / 2 - 20) / FACE, (y + h / 2) / FACE, 0.5 + min(1.5, 0.1 * votes))
        for name in _EYES
        for x, y, w, h, votes in detect(band, name, smallest=34, largest=96, step=1.11)
    ]
    votes = _vote_map(hits)
    left, right, support = _best_pair(votes)
    spots = [_pupil(grey, MARGIN + FACE * x, MARGIN + FACE * y) for x, y in (left, right)]
    return Eyes(to_photo(matrix, *spots[0]), to_photo(matrix, *spots[1]), support)


_GRID = 50


def _vote_map(hits: list[tuple[float, float, float]]) -> Plane:
    """Support for an eye centre on a ``_GRID`` x ``_GRID`` raster of the face square."""
    rows, columns = np.mgrid[0:_GRID, 0:_GRID].astype(np.float32) / _GRID
    votes = np.zeros((_GRID, _GRID), np.float32)
    for x, y, weight in hits:
        votes += weight * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 0.035**2))
    return votes


def _best_pair(votes: Plane) -> tuple[tuple[float, float], tuple[float, float], float]:
    rows, columns = np.mgrid[0:_GRID, 0:_GRID].astype(np.float32) / _GRID
    peaks = []
    for prior in _EYE_PRIOR[:2]:
        near = np.exp(-((columns - prior) ** 2) / (2 * 0.09**2) - (rows - _EYE_PRIOR[2]) ** 2 / (2 * 0.08**2))
        score = (votes + 0.15) * near
        order = np.argsort(score, axis=None)[::-1][:60]
        peaks.append([(float(columns.flat[at]), float(rows.flat[at]), float(score.flat[at])) for at in order])
    best = max(
        ((a, b) for a in peaks[0] for b in peaks[1]),
        key=lambda pair: (pair[0][2] + pair[1][2]) * _pair_fit(pair[0], pair[1]),
    )
    strongest = [min(1.0, point[2] / 2.5) for point in best]
    return best[0][:2], best[1][:2], min(strongest) * 0.6 + max(strongest) * 0.4


def _pair_fit(left: tuple[float, float, float], right: tuple[float, float, float]) -> float:
    """How likely two positions are the eyes of one face: about 0.41 of the square apart and nearly level."""
    apart, tilt = right[0] - left[0], right[1] - left[1]
    return math.exp(-((apart - 0.41) ** 2) / (2 * 0.07**2) - tilt**2 / (2 * 0.08**2))


def _pupil(grey: Grey, x: float, y: float) -> tuple[float, float]:
    """The dark round centre within a tenth of the face around (x, y)."""
    reach, ring = round(0.085 * FACE), 8
    x0, y0 = round(x) - reach - ring, round(y) - round(0.7 * reach) - ring
    window = cv2.GaussianBlur(grey, (0, 0), 1.5)[
        y0 : y0 + round(1.4 * reach) + 2 * ring, x0 : x0 + 2 * reach + 2 * ring
    ]
    window = window.astype(np.float32)
    gx, gy = cv2.Sobel(window, cv2.CV_32F, 1, 0), cv2.Sobel(window, cv2.CV_32F, 0, 1)
    size = np.hypot(gx, gy)
    strong = size > max(1.0, float(size.mean() + 0.3 * size.std()))
    gys, gxs = np.nonzero(strong)
    if len(gxs) < 8:
        return x, y
    nx, ny = gx[strong] / size[strong], gy[strong] / size[strong]
    cys, cxs = np.mgrid[ring : window.shape[0] - ring, ring : window.shape[1] - ring]
    dx = (gxs[None, :] - cxs.reshape(-1, 1)).astype(np.float32)
    dy = (gys[None, :] - cys.reshape(-1, 1)).astype(np.float32)
    length = np.maximum(np.sqrt(dx * dx + dy * dy), np.float32(1e-3))
    agree = np.square(np.maximum(0, (dx * nx + dy * ny) / length)) * (length < 1.6 * reach)
    dark = 255 - cv2.GaussianBlur(window, (0, 0), 2.5)[cys, cxs].reshape(-1)
    near = np.exp(-((cxs.reshape(-1) + x0 - x) ** 2 + (cys.reshape(-1) + y0 - y) ** 2) / (2 * (0.055 * FACE) ** 2))
    best = int(np.argmax(agree.mean(axis=1) * (dark - dark.min() + 20) * near))
    return float(cxs.flat[best] + x0), float(cys.flat[best] + y0)


# Mouth


def find_mouth(aligned: Bgr) -> Mouth:
    """The mouth in an ``ALIGNED`` patch: where colour leaves that of the skin (lips redder, teeth paler, opening
    darker) in the place below the eyes where mouths are, helped by the smile cascade.

    Without lip colour (grey photos, drawings) darkness and vertical gradient decide, and without those the prior.
    """
    lab = cv2.cvtColor(aligned, cv2.COLOR_BGR2LAB).astype(np.float32)
    grey = np.asarray(cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY), np.uint8)
    skin = skin_colour(lab)
    strange = _strangeness(lab, skin)
    middle = ALIGNED[0] // 2
    rows = np.arange(ALIGNED[1], dtype=np.float32)
    lines = _row_evidence(lab, grey, skin, strange, middle)
    prior = np.exp(-((rows - (EYE_Y + 100)) ** 2) / (2 * 20.0**2))
    smile = _smile_rows(grey, rows)
    score = (lines + 0.15 + 0.5 * smile) * prior
    y = float(np.argmax(score))
    return _extent(lab, skin, strange, y, support=float(min(1.0, lines[int(y)] + 0.5 * smile[int(y)])))


def skin_colour(lab: Plane) -> Plane:
    """Median Lab and its spread (2 x 3) of the cheeks and nose, where eyes, lips and hair rarely are."""
    cheeks = [lab[EYE_Y + 30 : EYE_Y + 65, x : x + 30].reshape(-1, 3) for x in (55, 105, 155)]
    pixels = np.concatenate(cheeks)
    median = np.median(pixels, axis=0)
    spread = 1.4826 * np.median(np.abs(pixels - median), axis=0)
    return np.stack([median, np.maximum(spread, (8.0, 2.0, 2.0))]).astype(np.float32)


def _strangeness(lab: Plane, skin: Plane) -> Plane:
    """0 where the colour is skin, towards 1 where it is not; light weighs less than colour because faces are shaded."""
    away = (cv2.GaussianBlur(lab, (0, 0), 1.2) - skin[0]) / skin[1]
    distance = np.sqrt(0.35 * away[..., 0] ** 2 + away[..., 1] ** 2 + 0.6 * away[..., 2] ** 2)
    return np.asarray(1.0 - np.exp(-((distance / 3.5) ** 2)), np.float32)


def _row_evidence(lab: Plane, grey: Grey, skin: Plane, strange: Plane, middle: int) -> Plane:
    """For each row, 0 to about 1: strange colour and red in the middle, where the outer face is still skin."""
    inner, outer = slice(middle - 32, middle + 32), (slice(middle - 62, middle - 50), slice(middle + 50, middle + 62))
    red = np.clip((lab[..., 1] - skin[0, 1]) / (3 * skin[1, 1]), 0, 1)
    plain = 1.0 - 0.5 * sum(strange[:, columns].mean(axis=1) for columns in outer)
    edge = np.abs(cv2.Sobel(cv2.GaussianBlur(grey, (0, 0), 1.5), cv2.CV_32F, 0, 1))[:, inner].mean(axis=1)
    edge = edge / max(1.0, float(edge[EYE_Y + 40 : EYE_Y + 160].max()))
    value = 0.45 * strange[:, inner].mean(axis=1) + 0.3 * red[:, inner].mean(axis=1) + 0.25 * edge
    return _smooth(value * (0.4 + 0.6 * plain), 7)


def _smooth(profile: Plane, sigma: float) -> Plane:
    reach = int(4 * sigma + 0.5)
    row = np.asarray(profile, np.float32)[np.newaxis]
    smooth = cv2.GaussianBlur(row, (2 * reach + 1, 1), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth[0], np.float32)


def _smile_rows(grey: Grey, rows: Plane) -> Plane:
    top = EYE_Y + 45
    hits = detect(np.ascontiguousarray(grey[top:, 30:-30]), "smile", smallest=30, step=1.08)
    smile = np.zeros(len(rows), np.float32)
    for _, y, _, h, votes in hits:
        smile += min(1.0, votes / 20) * np.exp(-((rows - (top + y + h / 2)) ** 2) / (2 * 8.0**2))
    return np.minimum(smile, 1.0)


def _extent(lab: Plane, skin: Plane, strange: Plane, y: float, *, support: float) -> Mouth:
    """How far the strange colour reaches from row ``y``, kept within what mouths measure (0.55 to 1.2 of the eyes'
    distance wide, 0.16 to 0.75 high)."""
    middle = ALIGNED[0] // 2
    top, bottom = round(y) - 38, min(ALIGNED[1] - 1, round(y) + 38)
    region = strange[top:bottom, middle - 65 : middle + 65]
    columns = _smooth(region[24:52].max(axis=0), 2)
    left, right = _reach(columns, 65, 0.5, least=25)
    x = middle - 65 + (left + right) / 2
    width = float(np.clip(right - left, 0.55 * SPAN, 1.2 * SPAN))
    x = float(np.clip(x, middle - 18, middle + 18))
    near = slice(round(x - 0.25 * width), round(x + 0.25 * width))
    profile = _smooth(strange[top:bottom, near].mean(axis=1), 1.5)
    upper, lower = _reach(profile, round(y) - top, 0.45, least=6)
    height = float(np.clip(lower - upper, 0.16 * SPAN, 0.75 * SPAN))
    centre = top + (upper + lower) / 2
    return Mouth(x, float(centre), width, height, _opening(lab, skin, x, centre, width, height), support)


def _reach(profile: Plane, start: int, threshold: float, *, least: int) -> tuple[int, int]:
    """How far ``profile`` stays above ``threshold`` of its local peak on both sides of ``start``."""
    level = threshold * float(profile[max(0, start - least) : start + least + 1].max())
    low, high = start - least, start + least
    while low > 0 and profile[low] >= level:
        low -= 1
    while high < len(profile) - 1 and profile[high] >= level:
        high += 1
    return max(0, low), min(len(profile) - 1, high)


def _opening(lab: Plane, skin: Plane, x: float, y: float, width: float, height: float) -> float:
    """Height of what shows between the lips (teeth: pale and colourless; opening: dark) over the mouth's width."""
    rows = slice(round(y - height / 2), round(y + height / 2) + 1)
    part = lab[rows, round(x - 0.12 * width) : round(x + 0.12 * width) + 1].mean(axis=1)
    lips_red = float(np.percentile(part[:, 1], 85))
    dark = part[:, 0] < 0.45 * skin[0, 0]
    pale = (part[:, 1] < skin[0, 1]) & (part[:, 1] < lips_red - 5) & (part[:, 0] > 0.6 * skin[0, 0])
    inside = np.nonzero(dark | pale)[0]
    inside = inside[(inside > 0.12 * len(part)) & (inside < 0.88 * len(part))]
    return float(len(inside) / width) if len(inside) else 0.0
