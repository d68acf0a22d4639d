"""The photo: what the platform takes goes as it is; what it does not take is made into that here, where Pillow can."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from talkingphoto.client import as_text

_MOST_PIXELS = 4096  # on each side
_MOST_BYTES = 52_428_800
_LARGEST = 400_000_000  # pixels in all: twice what the largest sensors of phones have
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
"""The change, in Pillow's words, that puts a picture of an EXIF orientation upright."""
_GAMMA, _NEARLY = 0.45455, 0.05  # what PNG writes for ordinary screens, and how far from it is still that
_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}  # of profiles, by Pillow's modes
_TAKEN = ("JPEG", "PNG", "WEBP")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


class BadPhoto(ValueError):
    """The photo cannot be sent; the text says what to do."""


@contextmanager
def sendable(photo: Path) -> Iterator[tuple[Path, str | None]]:
    """The file to send for ``photo``, and what was done to it, for a person. Raises :class:`BadPhoto`.

    More than 4096 pixels a side or 50 MB are reduced; HEIC, AVIF, GIF, BMP and TIFF become JPEG.
    """
    with ExitStack() as stack:
        try:
            source = photo if photo.is_file() else _kept(photo, stack)
            with source.open("rb") as file:
                head = file.read(64)
        except OSError as error:
            raise BadPhoto(f"{photo} cannot be read: {error.strerror}.") from error
        if not head:
            raise BadPhoto(f"{photo} is empty. Choose the photo again.")
        kind = _kind(head)
        pillow = _pillow(kind)
        if kind is not None and pillow is not None:
            yield _made_fit(pillow, source, photo, kind, stack)
            return
        if kind is not None and kind not in _TAKEN:
            wanted = "pillow-heif" if kind == "HEIF" else "'talkingphoto[photos]'"
            raise BadPhoto(
                f"{photo} is {_called(kind)}; the platform takes JPEG, PNG and WebP. "
                f"Save it as JPEG, or let this command do it: pip install {wanted}"
            )
        yield source, None


def _kept(photo: Path, stack: ExitStack) -> Path:
    """What comes from a pipe, as a file: it can be read once only."""
    target = _beside(photo, "", stack)
    with photo.open("rb") as source, target.open("wb") as out:
        out.write(source.read(_MOST_BYTES + 1))
    return target


def _beside(photo: Path, ending: str, stack: ExitStack) -> Path:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="talkingphoto-"))
    return Path(folder) / (as_text(photo.stem)[:100] + ending)


def _kind(head: bytes) -> str | None:
    """What a file is by its first bytes, in Pillow's words; None for what this command knows nothing of."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp" and (b"avif" in head[8:64] or b"avis" in head[8:64]):
        return "AVIF"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return "HEIF"
    for kind, signatures in {"GIF": (b"GIF8",), "TIFF": (b"II*\x00", b"MM\x00*"), "BMP": (b"BM",)}.items():
        if head.startswith(signatures):
            return kind
    return None


def _called(kind: str) -> str:
    return "HEIC" if kind == "HEIF" else kind


def _pillow(kind: str | None) -> Any:
    """Pillow's ``Image`` where it is installed and can read ``kind``."""
    if kind is None:
        return None
    with suppress(ImportError):
        if kind == "HEIF":
            import_module("pillow_heif").register_heif_opener()
        if kind == "AVIF" and not import_module("PIL.features").check("avif"):
            return None
        image = import_module("PIL.Image")
        image.init()
        return image
    return None


def _made_fit(pillow: Any, source: Path, photo: Path, kind: str, stack: ExitStack) -> tuple[Path, str | None]:
    """``source`` itself, or a JPEG of it with what was done; ``photo`` is what its owner calls it."""
    before = pillow.MAX_IMAGE_PIXELS
    # This is the owner's own photo; the platform, which may run in this process, has its own bound.
    pillow.MAX_IMAGE_PIXELS = _LARGEST // 2
    try:
        with warnings.catch_warnings(action="ignore"), pillow.open(source, formats=[kind]) as picture:
            wide, tall = picture.size
            small = max(wide, tall) <= _MOST_PIXELS
            if kind in _TAKEN and small and source.stat().st_size <= _MOST_BYTES:
                return source, None
            target = _beside(photo, ".jpg", stack)
            reduced = _written(pillow, picture, target)
    except (OSError, SyntaxError, ValueError, pillow.DecompressionBombError) as error:
        # What is broken is the platform's to judge: it says so in the words of its API.
        if kind in _TAKEN:
            return source, None
        raise BadPhoto(f"{photo} cannot be opened: {error}. Save it as JPEG and try again.") from error
    finally:
        pillow.MAX_IMAGE_PIXELS = before
    size = f"{reduced[0]} x {reduced[1]} pixels"
    if kind in _TAKEN:
        return target, f"The photo is reduced from {wide} x {tall} to {size}."
    return target, f"The photo is {_called(kind)}; a JPEG{'' if small else f' of {size}'} is made of it."


def _written(pillow: Any, picture: Any, target: Path) -> tuple[int, int]:
    profile = picture.info.get("icc_profile")
    # A JPEG is decoded at a half or a quarter where that is enough.
    picture.draft(None, (_MOST_PIXELS, _MOST_PIXELS))
    picture.load()
    # Not by ImageOps, which writes all other tags again: those that make no sense cannot be.
    turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION))
    upright = picture if turn is None else picture.transpose(pillow.Transpose[turn])
    if upright.mode.startswith("I"):
        # Sixteen bits of grey.
        upright = upright.point(lambda value: value / 256).convert("L")
    if upright.mode not in ("RGB", "L", "CMYK"):
        kept = "L" if upright.mode == "LA" else "RGB"
        layer = upright.convert("RGBA")
        ground = pillow.new("RGBA", layer.size, "white")
        ground.alpha_composite(layer)
        upright = ground.convert(kept)
    if profile is not None and profile[16:20] != _SPACES[upright.mode]:
        profile = None
    gamma = float(picture.info.get("gamma") or _GAMMA)
    if not {"icc_profile", "srgb"} & picture.info.keys() and abs(gamma / _GAMMA - 1) > _NEARLY:
        upright = upright.point(_srgb_of(gamma) * len(upright.getbands()))
    # In its last mode: palettes and bits have nothing between two colours.
    upright.thumbnail((_MOST_PIXELS, _MOST_PIXELS), pillow.Resampling.LANCZOS)
    upright.save(target, "JPEG", quality=95, icc_profile=profile)
    return int(upright.size[0]), int(upright.size[1])


def _srgb_of(gamma: float) -> list[int]:
    """What samples that are light to the power of ``gamma``, as a PNG may say, are in sRGB, which a JPEG is in."""
    light = ((value / 255) ** (1 / gamma) for value in range(256))
    srgb = (one * 12.92 if one <= 0.0031308 else 1.055 * one ** (1 / 2.4) - 0.055 for one in light)
    return [round(255 * one) for one in srgb]
