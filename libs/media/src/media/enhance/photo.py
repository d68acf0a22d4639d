"""Making a photo better without making another person of it.

What is wrong is measured first, and only that is corrected: compression blocks, noise, blur, colour cast, light, and at
the end a little crispness that spares skin. A photo with nothing wrong is hardly touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from media.enhance.light import apply_curve, exposure_curve, local_contrast, neutral_gains
from media.enhance.noise import deblock, denoise
from media.enhance.sharpen import crispen, deblur, face_weights
from media.enhance.worth import Looks, harm, kept
from media.errors import NotUsable
from media.faces.measures import skin
from media.faces.preflight import find_faces
from media.images.guided import guided
from media.images.measures import blur_sigma, jpeg_quality, light, luma, luma_table, noise_sigma
from media.images.photos import decode, write_jpeg
from media.images.planes import Plane, from_planes, to_planes
from media.types import Bgr, Face, Made


@dataclass(frozen=True, slots=True)
class Recipe:
    """How strongly each step acts, 1 as measured."""

    deblock: float = 1.0
    denoise: float = 1.0
    deblur: float = 1.0
    colour: float = 0.35
    light: float = 1.0
    contrast: float = 0.12
    crisp: float = 0.35


RECIPES = {
    "standard": Recipe(),
    "natural": Recipe(denoise=0.8, colour=0.3, light=0.7, contrast=0.05, crisp=0.2),
    "portrait": Recipe(contrast=0.08, crisp=0.3),
    "vivid": Recipe(colour=0.8, contrast=0.25, crisp=0.45),
    "restore": Recipe(colour=0.0, light=0.0, contrast=0.0, crisp=0.0),
}
"""By ``kind``: ``restore`` only undoes noise, blocks and blur."""

_LEAST_NOISE = 1.6
_LEAST_BLUR = 0.68
_LEAST_QUALITY = 78
_WHOLE_QUALITY = 95
_LEAST_GAIN = 0.05
_BLUR_SCALE = 1.15
"""The measured blur is that of the sharpest edges; most of the picture is softer (found on sample pictures)."""
_FLAT = 115.0
_SKIN_HUES, _MOST_SKIN_CHROMA = (32.0, 80.0), 40.0
"""Hue (degrees in a*, b*) and chroma of all sorts of skin in neutral light, from Xiao et al., "Characterising the
variations in ethnic skin colours" (2017), and some room for cameras."""
_LEAST_SKIN_CHROMA = 10.0
_BLOWN, _MOST_LIFTED = 86.0, 1.1
_HAZE = 0.2  # light over the face beside its mean: less is flat
_NEARLY_WHITE = np.float32(245)


@dataclass(frozen=True, slots=True)
class Enhanced:
    """A photo, what was applied to it in order, and of each correction that was not, why."""

    image: Bgr
    applied: tuple[str, ...]
    spared: tuple[str, ...] = ()


def enhance(
    image: Bgr,
    *,
    kind: str = "standard",
    strength: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> tuple[Bgr, tuple[str, ...]]:
    """The better photo, same size, and the names of what was applied, in order: some of ``deblock``, ``denoise``,
    ``deblur``, ``white_balance``, ``exposure``, ``local_contrast``, ``sharpen``.

    ``kind`` is a key of ``RECIPES``; ``strength`` from 0 (nothing) to 2 scales the corrections of light and crispness
    and, up to 1, the others. Deterministic. Raises ``NotUsable`` for an unknown ``kind``.
    """
    made = weighed(image, kind=kind, strength=strength, progress=progress)
    return made.image, made.applied


def weighed(
    image: Bgr,
    *,
    kind: str = "standard",
    strength: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> Enhanced:
    """As ``enhance``, and why a correction was spared. Each is taken only as far as a person would like what it makes
    of the face (:mod:`media.enhance.worth`); where none is, the photo is the original, bit by bit."""
    recipe = _recipe(kind, strength)
    say = progress or _silent
    say(0.0)
    faces = find_faces(image)
    say(0.2)
    made = _Made(image.astype(np.float32), faces)
    made.take(lambda picture, applied: _restored(picture, recipe, applied), harm)
    say(0.6)
    if recipe.colour and not _shows_natural_skin(made.seen, faces):
        made.take(lambda picture, applied: _balanced(picture, recipe, applied), _nearer_to_skin)
    if recipe.light:
        made.take(lambda picture, applied: _lit(picture, faces, recipe, applied), _better_lit)
        if "exposure" in made.applied and "denoise" not in made.applied:
            made.take(lambda picture, applied: _without_noise(picture, recipe, applied), harm)
    say(0.8)
    # On its own it would only be another picture, not a better one.
    if made.applied or kind == "vivid":
        made.take(lambda picture, applied: _crisp(picture, faces, recipe, applied), harm)
    say(1.0)
    if not made.applied:
        return Enhanced(image.copy(), (), tuple(made.spared))
    return Enhanced(made.seen, tuple(made.applied), tuple(made.spared))


class _Made:
    """A picture on its way, with what was applied and what was spared."""

    def __init__(self, picture: Plane, faces: tuple[Face, ...]) -> None:
        self.picture = picture
        self.applied: list[str] = []
        self.spared: list[str] = []
        self._face = faces[0] if faces else None

    @property
    def seen(self) -> Bgr:
        """The picture in bytes."""
        return np.asarray(np.clip(self.picture + 0.5, 0, 255), np.uint8)

    def take(
        self,
        change: Callable[[Plane, list[str]], Plane],
        allowed: Callable[[Looks, Looks], str | None],
    ) -> None:
        """Make the ``change``, which names its steps, as far as it is ``allowed``."""
        steps: list[str] = []
        self.picture, why = kept(self.picture, lambda picture: change(picture, steps), self._face, allowed)
        if why is None:
            self.applied += steps
        elif steps:
            self.spared.append(f"{', '.join(steps)}: {why}")


def _silent(_: float) -> None:
    """Where nobody asked for progress."""


def _recipe(kind: str, strength: float) -> Recipe:
    if kind not in RECIPES:
        raise NotUsable(f"There is no enhancement named {kind!r}.", advice=f"Choose one of {', '.join(RECIPES)}.")
    base, most = RECIPES[kind], float(np.clip(strength, 0, 2))
    mild = min(1.0, most)
    return replace(
        base,
        deblock=base.deblock * mild,
        denoise=base.denoise * mild,
        deblur=base.deblur * mild,
        colour=min(1.0, base.colour * most),
        light=base.light * mild,
        contrast=base.contrast * most,
        crisp=base.crisp * most,
    )


def _restore(y: Plane, cr: Plane, cb: Plane, recipe: Recipe, applied: list[str]) -> tuple[Plane, Plane, Plane]:
    """Undo compression, noise and blur, in this order: each would be mistaken for detail by the next."""
    quality = jpeg_quality(np.rint(y)) if recipe.deblock or recipe.deblur else 100
    if quality < _LEAST_QUALITY:
        applied.append("deblock")
        table = luma_table(quality)
        y = y + np.float32(recipe.deblock) * (deblock(y, table) - y)
        soft = float(table[0, 1]) * 0.35
        cr, cb = (_chroma_deblocked(plane, y, soft * recipe.deblock) for plane in (cr, cb))
    noise = max(noise_sigma(y), _coarse_noise(y) if quality < _LEAST_QUALITY else 0.0) * recipe.denoise
    chroma_noise = max(noise_sigma(cr), noise_sigma(cb)) * recipe.denoise
    if max(noise, chroma_noise) > _LEAST_NOISE:
        applied.append("denoise")
        y = denoise(y, noise)
        cr, cb = _chroma_denoised(cr, chroma_noise), _chroma_denoised(cb, chroma_noise)
    # What compression rounded off is no blur: undone, its blocks and the steps of an enlargement come out as tiles.
    blur = blur_sigma(y) if recipe.deblur and quality >= _WHOLE_QUALITY else 0.0
    if blur > _LEAST_BLUR:
        applied.append("deblur")
        y = y + np.float32(recipe.deblur) * (deblur(y, _BLUR_SCALE * blur, noise) - y)
    return y, cr, cb


def _chroma_deblocked(plane: Plane, y: Plane, sigma: float) -> Plane:
    """Chroma without its 16 px blocks: cleaned, then let follow the edges of the luma ``y``, which lost less."""
    clean = _chroma_denoised(plane, sigma)
    share = np.float32(np.clip((sigma - 4) / 8, 0, 0.8))
    return clean + share * (guided(y, clean, 8, 80.0) - clean) if share > 0 else clean


def _coarse_noise(y: Plane) -> float:
    """Noise of a compressed picture: its fine part was thrown away, so it is measured at half size, where white noise
    has half the deviation; a part of that may be texture."""
    half = cv2.resize(y, (max(1, y.shape[1] // 2), max(1, y.shape[0] // 2)), interpolation=cv2.INTER_AREA)
    return 1.6 * noise_sigma(np.asarray(half, np.float32))


def _chroma_denoised(plane: Plane, sigma: float) -> Plane:
    """Chroma cleaned at half size, where the eye sees it; the fine rest is noise as far as ``sigma`` explains it."""
    if sigma <= 0.5:
        return plane
    size = (max(8, plane.shape[1] // 2), max(8, plane.shape[0] // 2))
    small = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float32)
    clean = denoise(small, 0.6 * sigma)
    whole = (plane.shape[1], plane.shape[0])
    up = cv2.resize(clean, whole, interpolation=cv2.INTER_CUBIC)
    rest = plane - cv2.resize(small, whole, interpolation=cv2.INTER_CUBIC)
    beyond = np.sign(rest) * np.maximum(np.abs(rest) - np.float32(2 * sigma), 0)
    return np.asarray(up + beyond, np.float32)


def _restored(picture: Plane, recipe: Recipe, applied: list[str]) -> Plane:
    planes = to_planes(np.clip(picture + 0.5, 0, 255).astype(np.uint8))
    restored = _restore(*planes, recipe, applied)
    return from_planes(*restored) if applied else picture


def _balanced(picture: Plane, recipe: Recipe, applied: list[str]) -> Plane:
    gains = 1 + np.float32(recipe.colour) * (neutral_gains(np.clip(picture + 0.5, 0, 255).astype(np.uint8)) - 1)
    if float(np.abs(gains - 1).max()) <= _LEAST_GAIN:
        return picture
    applied.append("white_balance")
    # What is nearly white is white in any light that a camera was set for.
    coloured = np.clip((_NEARLY_WHITE - picture.min(axis=2, keepdims=True)) / np.float32(25), 0, 1)
    return np.asarray(picture * (1 + coloured * (gains - 1)), np.float32)


def _lit(picture: Plane, faces: tuple[Face, ...], recipe: Recipe, applied: list[str]) -> Plane:
    seen = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    face_luma = faces[0].exposure * 255 if faces else None
    curve = exposure_curve(light(luma(seen)), face_luma, recipe.light)
    if float(np.abs(curve - np.arange(256)).max()) <= 4:
        return picture
    applied.append("exposure")
    return apply_curve(picture, curve)


def _better_lit(before: Looks, after: Looks) -> str | None:
    """Light is changed where there was too little, or where haze lay over all of it."""
    if before.lightness > _BLOWN:
        return "light that is lost does not come back"
    if before.chroma and not before.in_low_light and before.contrast > _HAZE:
        return "the face is in good light"
    # What is brightest tells how much light is missing: beyond that, dark skin would be made lighter.
    if before.in_low_light and after.lightness > _MOST_LIFTED * before.lightness * 245 / before.brightest:
        return "the skin would become lighter than it is"
    return harm(before, after)


def _nearer_to_skin(before: Looks, after: Looks) -> str | None:
    """A cast is gone when skin looks like skin, and only then."""
    if not before.chroma:
        return None
    low, high = _SKIN_HUES
    if low <= after.hue <= high and _LEAST_SKIN_CHROMA <= after.chroma < before.chroma:
        return None
    return None if _away(after.hue) < _away(before.hue) else "the skin would change its colour"


def _away(hue: float) -> float:
    """Degrees from the hues of skin."""
    low, high = _SKIN_HUES
    return max(low - hue, hue - high, 0.0)


def _without_noise(picture: Plane, recipe: Recipe, applied: list[str]) -> Plane:
    """Noise that more light has brought out."""
    y, cr, cb = to_planes(np.clip(picture + 0.5, 0, 255).astype(np.uint8))
    noise = recipe.denoise * max(noise_sigma(y), _coarse_noise(y))
    chroma_noise = recipe.denoise * max(noise_sigma(cr), noise_sigma(cb))
    if max(noise, chroma_noise) <= 2 * _LEAST_NOISE:
        return picture
    applied.append("denoise")
    return from_planes(denoise(y, noise), _chroma_denoised(cr, chroma_noise), _chroma_denoised(cb, chroma_noise))


def _shows_natural_skin(seen: Bgr, faces: tuple[Face, ...]) -> bool:
    """Whether the face that is seen best has a colour that skin has in neutral light: then there is no cast, whatever
    colour walls and clothes are."""
    marks = next((face.landmarks for face in faces if face.landmarks is not None), None)
    if marks is None:
        return False
    _, a, b = skin(seen, marks)
    low, high = _SKIN_HUES
    return low <= math.degrees(math.atan2(b, a)) <= high and math.hypot(a, b) <= _MOST_SKIN_CHROMA


def _crisp(picture: Plane, faces: tuple[Face, ...], recipe: Recipe, applied: list[str]) -> Plane:
    """Local contrast where the picture is flat, and crispness where it is soft; a crisp photo gets neither."""
    y = np.asarray(picture @ np.array((0.114, 0.587, 0.299), np.float32), np.float32)
    better = y
    spread = light(y).spread
    if recipe.contrast and spread < _FLAT:
        applied.append("local_contrast")
        better = local_contrast(better, recipe.contrast * min(1.0, (_FLAT - spread) / 60 + 0.2))
    softness = float(np.clip((blur_sigma(better) - 0.45) / 0.5, 0, 1))
    if recipe.crisp * softness > 0.02:
        applied.append("sharpen")
        weights = face_weights((y.shape[0], y.shape[1]), faces)
        better = crispen(better, np.float32(recipe.crisp * softness) * weights)
    return picture if better is y else np.asarray(picture + (better - y)[..., None], np.float32)


def enhance_file(
    source: Path,
    out: Path,
    *,
    kind: str = "standard",
    strength: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> Made:
    """Enhance the photo ``source`` into the JPEG ``out``; ``details["applied"]`` names what was done, comma-joined,
    ``details["spared"]`` what was not, with the reason, joined by semicolons.

    Raises as ``media.images.photos.decode``, ``enhance`` and ``media.images.photos.write_jpeg``.
    """
    made = weighed(decode(source), kind=kind, strength=strength, progress=progress)
    details: dict[str, float | str] = {"applied": ",".join(made.applied), "spared": "; ".join(made.spared)}
    return replace(write_jpeg(made.image, out), details=details)
