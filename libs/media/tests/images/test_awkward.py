"""Photos as cameras, messengers, editors and browsers really write them: one table. Each shows the same picture.

What is no photo is refused by its own name. ``libs/media/tests/hostile`` has those that mean harm.
"""

from __future__ import annotations

import io
import itertools
import os
import struct
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from media.errors import BadMedia, Corrupt, TooLarge, UnknownFormat
from media.faces.preflight import preflight
from media.images.photos import decode, prepare

Pixels = NDArray[Any]
WIDE, TALL = 48, 32


def _smooth(channels: int) -> Pixels:
    """Colours all over the cube, without edges, so that codecs that lose something lose little."""
    coarse = np.random.default_rng(11).integers(20, 235, (4, 6, channels), np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDE, TALL), interpolation=cv2.INTER_CUBIC), np.uint8).reshape(
        TALL, WIDE, channels
    )


RGB = _smooth(3)
GREY = _smooth(1)
AS_GREY = np.repeat(GREY, 3, axis=2)
PICTURE = Image.fromarray(RGB)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(image: Image.Image = PICTURE, **options: object) -> bytes:
    return saved(image, "JPEG", quality=95, subsampling=0, **options)


# JPEG, by its segments


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def among(*segments: bytes, photo: bytes | None = None) -> bytes:
    """A photo with segments behind its first marker."""
    photo = jpeg() if photo is None else photo
    return photo[:2] + b"".join(segments) + photo[2:]


def without(marker: int, photo: bytes) -> bytes:
    """A photo without its segments of a kind."""
    kept, at = [photo[:2]], 2
    while photo[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(photo[at + 2 : at + 4], "big")
        if photo[at + 1] != marker:
            kept.append(photo[at:end])
        at = end
    return b"".join((*kept, photo[at:]))


def exif(body: bytes) -> bytes:
    return segment(0xE1, b"Exif\x00\x00" + body)


def entry(tag: int, kind: int, number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, number) + value.ljust(4, b"\x00")


def directory(*entries: bytes, following: int = 0) -> bytes:
    return struct.pack("<H", len(entries)) + b"".join(entries) + struct.pack("<I", following)


def described(*entries: bytes, following: int = 0) -> bytes:
    return b"II*\x00\x08\x00\x00\x00" + directory(*entries, following=following)


UPSIDE_DOWN, UPRIGHT = entry(0x0112, 3, 1, b"\x03"), entry(0x0112, 3, 1, b"\x01")
TURNED = jpeg(PICTURE.rotate(180))
XMP = b'http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'


def in_parts(profile: bytes, parts: Sequence[int], of: int) -> bytes:
    size = -(-len(profile) // of)
    pieces = [profile[start : start + size] for start in range(0, len(profile), size)]
    return b"".join(segment(0xE2, b"ICC_PROFILE\x00" + bytes((number, of)) + pieces[number - 1]) for number in parts)


def ycck() -> bytes:
    """Inks as Photoshop writes them: the first three as a colour and its differences."""
    inks = Image.merge("RGB", PICTURE.convert("CMYK").split()[:3]).convert("YCbCr").split()
    stored = Image.merge(
        "CMYK", [*(band.point(lambda value: 255 - value) for band in inks), Image.new("L", inks[0].size)]
    )
    photo = jpeg(stored)
    at = photo.index(b"Adobe") + 11
    return photo[:at] + b"\x02" + photo[at + 1 :]


# PNG, by its chunks


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def rows(samples: Pixels, bits: int) -> bytes:
    """Rows of samples of so many bits each, none of them filtered."""
    if bits == 16:
        packed = samples.astype(">u2").reshape(len(samples), -1).view(np.uint8)
    else:
        flat = samples.astype(np.uint8).reshape(len(samples), -1)
        single = np.unpackbits(flat[..., None], axis=2)[..., 8 - bits :]
        packed = np.packbits(single.reshape(len(samples), -1), axis=1)
    return b"".join(b"\x00" + row.tobytes() for row in packed)


ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(samples: Pixels, bits: int, colour: int, *before: bytes, after: bytes = b"", interlaced: bool = False) -> bytes:
    """A PNG of these samples, with chunks before and behind its pixels."""
    tall, wide = samples.shape[:2]
    passes = [samples[y::down, x::right] for x, y, right, down in ADAM7] if interlaced else [samples]
    pixels = b"".join(rows(part, bits) for part in passes if part.size)
    head = struct.pack(">IIBBBBB", wide, tall, bits, colour, 0, 0, interlaced)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(pixels)), (b"IEND", b"")]
    first, middle, last = (chunk(*part) for part in parts)
    return b"\x89PNG\r\n\x1a\n" + first + b"".join(before) + middle + after + last


def icc_chunk(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"any\x00\x00" + zlib.compress(profile))


def gamma(value: int) -> bytes:
    return chunk(b"gAMA", struct.pack(">I", value))


# WebP, by its chunks


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) & 1) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def extended(flags: int, *chunks: tuple[bytes, bytes], size: tuple[int, int] = (WIDE, TALL)) -> bytes:
    canvas = bytes((flags, 0, 0, 0)) + b"".join((side - 1).to_bytes(3, "little") for side in size)
    return riff((b"VP8X", canvas), *chunks)


def lossless(image: Image.Image = PICTURE) -> tuple[bytes, bytes]:
    data = saved(image, "WEBP", lossless=True)
    return data[12:16], data[20 : 20 + int.from_bytes(data[16:20], "little")]


def frame(image: Image.Image, x: int = 0, y: int = 0) -> tuple[bytes, bytes]:
    kind, data = lossless(image)
    places = (x // 2, y // 2, image.width - 1, image.height - 1, 100)
    head = b"".join(value.to_bytes(3, "little") for value in places) + b"\x00"
    return b"ANMF", head + kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) & 1)


# Colour


def linear(values: Pixels) -> Pixels:
    share = values / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
D50, D65 = np.array([0.9642, 1.0, 0.8249]), np.array([0.9505, 1.0, 1.0891])


def to_xyz(primaries: Sequence[float], white: Pixels) -> Pixels:
    """The matrix that leads from light in these primaries to XYZ as profiles have it, seen in D50."""
    xy = np.array(primaries).reshape(3, 2)
    corners = np.stack([xy[:, 0] / xy[:, 1], np.ones(3), (1 - xy.sum(axis=1)) / xy[:, 1]])
    cones = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    adapted = np.linalg.inv(BRADFORD) @ cones @ BRADFORD
    return np.asarray(adapted @ (corners * np.linalg.solve(corners, white)))


SRGB_PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
SPACES: dict[str, tuple[tuple[float, ...], Pixels, float | None]] = {
    "sRGB's light": (SRGB_PRIMARIES, D65, 1.0),
    "Display P3": ((0.680, 0.320, 0.265, 0.690, 0.150, 0.060), D65, None),
    "Adobe RGB": ((0.64, 0.33, 0.21, 0.71, 0.15, 0.06), D65, 563 / 256),
    "Rec. 2020": ((0.708, 0.292, 0.170, 0.797, 0.131, 0.046), D65, 2.4),
    "ProPhoto": ((0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001), D50, 1.8),
    "Apple RGB": ((0.625, 0.34, 0.28, 0.595, 0.155, 0.07), D65, 1.8),
}
"""Primaries, white, and the exponent of the curve; None: sRGB's curve, as version 4 of profiles writes it."""


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65_536)) for value in values)


def curve(power: float | None) -> bytes:
    if power is None:
        return b"para\x00\x00\x00\x00\x00\x03\x00\x00" + fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    return struct.pack(">4s4xIHxx", b"curv", 1, round(power * 256))


def profile(tags: dict[bytes, bytes], space: bytes, version: int) -> bytes:
    """An ICC profile of a screen."""
    offset, table, data = 132 + 12 * len(tags), b"", b""
    for name, body in tags.items():
        table += struct.pack(">4sII", name, offset + len(data), len(body))
        data += body.ljust(-(-len(body) // 4) * 4, b"\x00")
    head = struct.pack(">I4sBxxx4s4s4s", offset + len(data), b"none", version, b"mntr", space, b"XYZ ") + bytes(12)
    head += b"acsp" + bytes(28) + fixed(*D50)
    return head.ljust(128, b"\x00") + struct.pack(">I", len(tags)) + table + data


def of_space(name: str) -> bytes:
    primaries, white, power = SPACES[name]
    columns = to_xyz(primaries, white).T
    tags = {
        tag: b"XYZ \x00\x00\x00\x00" + fixed(*column)
        for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    tags |= {b"wtpt": b"XYZ \x00\x00\x00\x00" + fixed(*D50)} | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve(power))
    return profile(tags, b"RGB ", 4 if power is None else 2)


def of_grey(power: float) -> bytes:
    return profile({b"wtpt": b"XYZ \x00\x00\x00\x00" + fixed(*D50), b"kTRC": curve(power)}, b"GRAY", 2)


def stored_in(name: str, bits: int = 8) -> Pixels:
    """The picture's samples in another space."""
    primaries, white, power = SPACES[name]
    light = linear(RGB) @ to_xyz(SRGB_PRIMARIES, D65).T @ np.linalg.inv(to_xyz(primaries, white)).T
    light = np.clip(light, 0, 1)
    if power is None:
        share = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    else:
        share = light ** (1 / power)
    return np.round(share * (2**bits - 1)).astype(np.uint16 if bits == 16 else np.uint8)


def grey_light(bits: int = 8) -> Pixels:
    return np.round(linear(GREY) * (2**bits - 1)).astype(np.uint16 if bits == 16 else np.uint8)


def opaque(samples: Pixels, bits: int = 8) -> Pixels:
    return np.dstack([samples, np.full(samples.shape[:2], 2**bits - 1, samples.dtype)])


LINEAR_GREY = of_grey(1.0)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@dataclass(frozen=True)
class Case:
    """A file that shows the picture, or ``shows``, on average within so many levels."""

    name: str
    file: Callable[[], bytes]
    shows: Pixels | None = None
    within: float = 2.0


JPEGS = [
    *[
        Case(
            f"{side} pixels of chroma {chroma}",
            lambda side=side, chroma=chroma: saved(
                PICTURE.crop((0, 0, side, 19)), "JPEG", quality=95, subsampling=chroma
            ),
            RGB[:19, :side],
            4,
        )
        for side, chroma in itertools.product((17, 31), (0, 1, 2))
    ],
    Case("colours that are not taken apart", lambda: jpeg(keep_rgb=True)),
    Case("inks", lambda: jpeg(PICTURE.convert("CMYK"))),
    Case("inks taken apart", ycck, within=3),
    Case(
        "inks with the profile of a screen", lambda: jpeg(PICTURE.convert("CMYK"), icc_profile=of_space("Display P3"))
    ),
    Case("grey", lambda: jpeg(Image.fromarray(GREY[..., 0])), AS_GREY),
    Case(
        "grey with a profile of colours",
        lambda: jpeg(Image.fromarray(GREY[..., 0]), icc_profile=of_space("Display P3")),
        AS_GREY,
    ),
    Case("without JFIF", lambda: without(0xE0, jpeg())),
    Case("without tables, as webcams send it", lambda: without(0xC4, jpeg())),
    Case("its head in front of JFIF", lambda: among(exif(described(UPRIGHT)))),
    Case(
        "a thumbnail in JFIF",
        lambda: without(0xE0, jpeg()).replace(
            b"\xff\xd8", b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x02\x00\x00\x01\x00\x01\x04\x04" + bytes(48)), 1
        ),
    ),
    Case("a thumbnail beside JFIF", lambda: among(segment(0xE0, b"JFXX\x00\x13\x04\x04" + bytes(48)))),
    Case("an empty comment", lambda: among(segment(0xFE, b""))),
    Case("nothing between its segments", lambda: among(segment(0xFE, b"x"), bytes(7))),
    Case("signs between its segments", lambda: among(segment(0xFE, b"x"), b"\r\n")),
    Case("filled up in front of markers", lambda: jpeg().replace(b"\xff\xdb", b"\xff" * 40 + b"\xdb")),
    Case("a second picture behind it", lambda: jpeg() + jpeg(PICTURE.rotate(180))),
    Case(
        "a map of brightness behind it",
        lambda: (
            among(segment(0xE2, b"MPF\x00" + described()), segment(0xE1, XMP.replace(b"3", b"1")))
            + jpeg(Image.new("L", (12, 8)))
        ),
    ),
    Case("a phone's own data behind it", lambda: jpeg() + bytes(4096) + b"SEFHe\x00\x00\x00SEFT"),
    Case("a word of the messenger behind it", lambda: jpeg() + b"\r\n--boundary--\r\n"),
    Case(
        "two that say how it lies", lambda: among(exif(described(UPSIDE_DOWN)), exif(described(UPRIGHT)), photo=TURNED)
    ),
    Case(
        "two of which the first does not say",
        lambda: among(exif(b"II*\x00"), exif(described(UPSIDE_DOWN)), photo=TURNED),
    ),
    Case(
        "how its thumbnail lies",
        lambda: among(exif(described(entry(0x010F, 2, 3, b"Me"), following=26) + directory(UPSIDE_DOWN))),
    ),
    Case(
        "how it lies behind a note of the maker",
        lambda: among(exif(described(entry(0x927C, 7, 4, b"????"), UPSIDE_DOWN)), photo=TURNED),
    ),
    Case("how it lies in XMP alone", lambda: among(segment(0xE1, XMP), photo=TURNED)),
    Case("how it lies in XMP behind broken EXIF", lambda: among(exif(b"MM"), segment(0xE1, XMP), photo=TURNED)),
    Case("how it lies as text", lambda: among(exif(described(entry(0x0112, 2, 2, b"3"))))),
    Case(
        "how it lies as a fraction",
        lambda: among(exif(described(entry(0x0112, 5, 1, struct.pack("<I", 26))) + struct.pack("<II", 3, 1))),
    ),
    *[
        Case(f"EXIF that is {what}", lambda body=body: among(exif(body)))
        for what, body in (
            ("empty", b""),
            ("cut off", b"MM\x00"),
            ("without a directory", b"MM\x00*\xff\xff\xff\xff"),
            ("far too long", b"II*\x00\x08\x00\x00\x00\xff\xff" + bytes(9)),
            ("a loop", described(UPRIGHT, following=8)),
            ("text", b"not at all what it should be"),
            ("of the other order", b"MM*\x00" + described(UPSIDE_DOWN)[4:]),
        )
    ],
    Case(
        "a profile in many parts that come in disorder",
        lambda: among(
            in_parts(of_space("Adobe RGB"), (3, 1, 4, 2), 4), photo=jpeg(Image.fromarray(stored_in("Adobe RGB")))
        ),
    ),
    Case("a profile that lacks a part", lambda: among(in_parts(of_space("ProPhoto"), (2, 3), 3))),
    Case("a profile that is cut off", lambda: jpeg(icc_profile=of_space("ProPhoto")[:150])),
    Case("a profile of nothing", lambda: jpeg(icc_profile=bytes(3000))),
]

PNGS = [
    *[
        Case(
            f"{name} in PNG of {bits} bits",
            lambda name=name, bits=bits: png(stored_in(name, bits), bits, 2, icc_chunk(of_space(name))),
            within=3,
        )
        for name, bits in itertools.product(SPACES, (8, 16))
    ],
    *[
        Case(
            f"{name} in JPEG",
            lambda name=name: jpeg(Image.fromarray(stored_in(name)), icc_profile=of_space(name)),
            within=4,
        )
        for name in SPACES
    ],
    *[
        Case(
            f"{name} in WebP",
            lambda name=name: saved(
                Image.fromarray(stored_in(name)), "WEBP", lossless=True, icc_profile=of_space(name)
            ),
            within=3,
        )
        for name in SPACES
    ],
    Case(
        "light in RGBA",
        lambda: png(opaque(stored_in("sRGB's light")), 8, 6, icc_chunk(of_space("sRGB's light"))),
        within=3,
    ),
    Case(
        "light in RGBA of 16 bits",
        lambda: png(opaque(stored_in("sRGB's light", 16), 16), 16, 6, icc_chunk(of_space("sRGB's light"))),
        within=3,
    ),
    Case("grey light", lambda: png(grey_light(), 8, 0, icc_chunk(LINEAR_GREY)), AS_GREY, 3),
    Case("grey light with alpha", lambda: png(opaque(grey_light()), 8, 4, icc_chunk(LINEAR_GREY)), AS_GREY, 3),
    Case("grey light of 16 bits", lambda: png(grey_light(16), 16, 0, icc_chunk(LINEAR_GREY)), AS_GREY, 3),
    Case(
        "grey light of 16 bits with alpha",
        lambda: png(opaque(grey_light(16), 16), 16, 4, icc_chunk(LINEAR_GREY)),
        AS_GREY,
        3,
    ),
    Case(
        "grey light with a colour that is none",
        lambda: png(grey_light(), 8, 0, icc_chunk(LINEAR_GREY), chunk(b"tRNS", b"\x00\xff")),
        AS_GREY,
        3,
    ),
    Case("light that a number tells of", lambda: png(stored_in("sRGB's light"), 8, 2, gamma(100_000)), within=3),
    Case(
        "light of 16 bits that a number tells of",
        lambda: png(stored_in("sRGB's light", 16), 16, 2, gamma(100_000)),
        within=3,
    ),
    Case("grey light that a number tells of", lambda: png(grey_light(16), 16, 0, gamma(100_000)), AS_GREY, 3),
    Case(
        "light in RGBA that a number tells of",
        lambda: png(opaque(stored_in("sRGB's light")), 8, 6, gamma(100_000)),
        within=3,
    ),
    Case("an old Mac's curve", lambda: png(np.round(linear(RGB) ** (1 / 1.8) * 255), 8, 2, gamma(55_556))),
    Case("the usual number", lambda: png(RGB, 8, 2, gamma(45_455)), within=0),
    Case("no number", lambda: png(RGB, 8, 2, gamma(0)), within=0),
    Case("half a number", lambda: png(RGB, 8, 2, chunk(b"gAMA", b"\x00\x01")), within=0),
    Case(
        "a number beside the word that it is sRGB",
        lambda: png(RGB, 8, 2, chunk(b"sRGB", b"\x00"), gamma(100_000)),
        within=0,
    ),
    Case("a number beside a profile", lambda: png(RGB, 8, 2, gamma(100_000), icc_chunk(SRGB)), within=0),
    Case(
        "how it lies behind its pixels",
        lambda: png(RGB[::-1, ::-1], 8, 2, after=chunk(b"eXIf", described(UPSIDE_DOWN))),
        within=0,
    ),
    Case(
        "words, times and what nobody knows",
        lambda: png(
            RGB,
            8,
            2,
            chunk(b"tIME", bytes(7)),
            chunk(b"tEXt", b"Title\x00\xff\xfe"),
            chunk(b"zTXt", b"x"),
            chunk(b"abCd", b""),
        ),
        within=0,
    ),
    Case("a physical size of nothing", lambda: png(RGB, 8, 2, chunk(b"pHYs", bytes(9))), within=0),
    Case("pixels in many pieces", lambda: pieces(png(RGB, 8, 2)), within=0),
    Case(
        "an animation",
        lambda: saved(PICTURE, "PNG", save_all=True, append_images=[PICTURE.rotate(180)], duration=9),
        within=0,
    ),
    Case("a web page behind it", lambda: png(RGB, 8, 2) + b"<html>", within=0),
]

WEBPS = [
    Case("WebP", lambda: saved(PICTURE, "WEBP", quality=95), within=6),
    Case("WebP with alpha", lambda: saved(Image.fromarray(opaque(RGB)), "WEBP", quality=95), within=6),
    Case("lossless WebP with alpha", lambda: saved(Image.fromarray(opaque(RGB)), "WEBP", lossless=True), within=0),
    Case("an extended WebP that is not", lambda: extended(0, lossless()), within=0),
    Case("more promised than is there", lambda: extended(0x3E, lossless()), within=0),
    *[
        Case(
            f"how a WebP lies, {what}",
            lambda body=body: extended(8, lossless(Image.fromarray(RGB[::-1, ::-1])), (b"EXIF", body)),
            within=0,
        )
        for what, body in (("bare", described(UPSIDE_DOWN)), ("as in JPEG", b"Exif\x00\x00" + described(UPSIDE_DOWN)))
    ],
    Case(
        "how a WebP lies in XMP",
        lambda: extended(4, lossless(Image.fromarray(RGB[::-1, ::-1])), (b"XMP ", XMP.partition(b"\x00")[2])),
        within=0,
    ),
    Case(
        "a moving WebP", lambda: extended(2, (b"ANIM", bytes(6)), frame(PICTURE), frame(PICTURE.rotate(180))), within=0
    ),
    Case(
        "a moving WebP that begins small",
        lambda: extended(2, (b"ANIM", bytes(6)), frame(PICTURE.crop((0, 0, 20, 10)), 4, 6), frame(PICTURE)),
        RGB[:10, :20],
        0,
    ),
    Case("a WebP with something unknown", lambda: extended(0, (b"ODD ", b"odd"), lossless(), (b"ODD2", b"")), within=0),
]


def pieces(file: bytes) -> bytes:
    """A PNG whose pixels come in pieces of a few bytes, some of them empty."""
    at = file.index(b"IDAT")
    length = int.from_bytes(file[at - 4 : at], "big")
    data = file[at + 4 : at + 4 + length]
    parts = b"".join(chunk(b"IDAT", data[start : start + 50]) + chunk(b"IDAT", b"") for start in range(0, length, 50))
    return file[: at - 4] + parts + file[at + 8 + length :]


@pytest.mark.parametrize("case", [*JPEGS, *PNGS, *WEBPS], ids=lambda case: case.name)
def test_the_same_picture_is_seen_in_whatever_is_sent(case: Case) -> None:
    seen, shown = decode(case.file())[:, :, ::-1], RGB if case.shows is None else case.shows
    assert seen.shape == shown.shape
    assert np.abs(seen.astype(int) - shown).mean() <= case.within


TINY = np.random.default_rng(3).integers(0, 1 << 16, (9, 13, 4), np.uint16)
KINDS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("colour", "bits"), [(colour, bits) for colour, (_, all_bits) in KINDS.items() for bits in all_bits]
)
def test_every_form_of_png(colour: int, bits: int, interlaced: bool) -> None:
    samples = (TINY[..., : KINDS[colour][0]] >> (16 - bits)).astype(np.uint16)
    palette = np.random.default_rng(bits).integers(0, 256, (2**bits, 3), np.uint8) if colour == 3 else None
    before = [] if palette is None else [chunk(b"PLTE", palette.tobytes())]
    seen = decode(png(samples, bits, colour, *before, interlaced=interlaced))[:, :, ::-1]
    if palette is not None:
        assert np.array_equal(seen, palette[samples[..., 0]])
        return
    eight = (samples >> 8) if bits == 16 else samples * (255 // (2**bits - 1))
    light, alpha = (eight[..., :-1], eight[..., -1:] / 255) if colour >= 4 else (eight, 1.0)
    shown = np.broadcast_to(light * alpha + 255 * (1 - alpha), (*TINY.shape[:2], 3))
    assert np.abs(seen - shown).max() <= 1.5


@pytest.mark.parametrize(
    ("colour", "bits", "none"),
    [
        *[(0, bits, struct.pack(">H", 1)) for bits in (1, 2, 4, 8, 16)],
        (2, 8, struct.pack(">HHH", 1, 1, 1)),
        (3, 8, b"\xff\x00"),
    ],
)
def test_a_colour_that_stands_for_nothing_shows_the_background(colour: int, bits: int, none: bytes) -> None:
    samples = np.zeros((4, 4, 3 if colour == 2 else 1), np.uint16)
    samples[:, 2:] = 1
    palette = [chunk(b"PLTE", bytes(6))] if colour == 3 else []
    seen = decode(png(samples, bits, colour, *palette, chunk(b"tRNS", none)), background=(10, 20, 30))
    assert seen[0, 3].tolist() == [10, 20, 30]
    assert seen[0, 0].max() == 0


@pytest.mark.parametrize("colour", [4, 6])
def test_a_profile_is_of_the_picture_and_not_of_what_is_behind_it(colour: int) -> None:
    nothing = np.zeros((4, 4, {4: 2, 6: 4}[colour]), np.uint8)
    icc = LINEAR_GREY if colour == 4 else of_space("sRGB's light")
    assert decode(png(nothing, 8, colour, icc_chunk(icc)), background=(10, 20, 30))[0, 0].tolist() == [10, 20, 30]


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (1, 4096), (4096, 1), (7, 7)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_hardly_any_pixels_is_one_without_a_face(kind: str, size: tuple[int, int]) -> None:
    seen = decode(saved(Image.new("RGB", size, (90, 60, 30)), kind))
    assert seen.shape == (size[1], size[0], 3)
    assert "NO_FACE" in [finding.code for finding in preflight(seen).findings if finding.blocking]


@pytest.mark.parametrize(
    "name",
    [
        "photo.JPG",
        "photo.jpeg ",
        "photo.jfif",
        "photo.heic",
        "photo",
        ".jpg",
        "photo.jpg.exe",
        "a b\n.png",
        "🎉.webp",
        "שלום.jpg",
        "\u202egpj.exe",
        "%00.jpg",
        "#?&=.jpg",
        "é" * 120,
        os.fsdecode(b"caf\xe9.jpg"),
    ],
)
def test_what_a_photo_is_called_says_nothing(name: str, tmp_path: Path) -> None:
    for data in (jpeg(), png(RGB, 8, 2), saved(PICTURE, "WEBP")):
        (tmp_path / name).write_bytes(data)
        made = prepare(tmp_path / name, tmp_path / "out.jpg")
        assert (made.width, made.height) == (WIDE, TALL)


def brand(major: bytes, *others: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(others)
    return struct.pack(">I", len(body) + 4) + body + bytes(200)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        *[
            (brand(major, b"mif1", b"heic"), "HEIC")
            for major in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
        ],
        (brand(b"avif", b"mif1", b"miaf"), "AVIF"),
        (brand(b"avis", b"msf1"), "AVIF"),
        (brand(b"mif1", b"avif"), "AVIF"),
        (brand(b"crx ", b"isom"), "a camera's raw photo"),
        (b"FUJIFILMCCD-RAW 0201" + bytes(99), "a camera's raw photo"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(99), "a camera's raw photo"),
        (b"IIU\x00" + bytes(99), "a camera's raw photo"),
        *[
            (saved(PICTURE, kind), name)
            for kind, name in (
                ("GIF", "GIF"),
                ("BMP", "BMP"),
                ("TIFF", "TIFF"),
                ("ICO", "an icon"),
                ("JPEG2000", "JPEG 2000"),
                ("PDF", "PDF"),
                ("EPS", "PostScript"),
            )
        ],
        (b"\xff\x4f\xff\x51" + bytes(99), "JPEG 2000"),
        (b"\xff\x0a" + bytes(99), "JPEG XL"),
        (b"8BPS\x00\x01" + bytes(99), "Photoshop"),
        (b"<svg xmlns='x'/>", "SVG"),
        (b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"<!doctype HTML>", "a web page"),
        (b"\n  <html lang='en'>", "a web page"),
        (b"PK\x03\x04" + bytes(99), "an archive, or a document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "a document"),
        (b"Rar!\x1a\x07" + bytes(99), "an archive"),
        (b"\x1f\x8b\x08" + bytes(99), "an archive"),
        (b"GIF", "not an image"),
        (b"just a text", "not an image"),
        (bytes(500), "not an image"),
        (b"version https://git-lfs.github.com/spec/v1\n", "not an image"),
        (brand(b"isom", b"mp42"), "This is video/mp4, not a photo."),
        (b"RIFF\x10\x00\x00\x00WAVEfmt " + bytes(30), "This is audio/wav, not a photo."),
    ],
    # By its words alone: a PDF says in its bytes when it was made.
    ids=lambda value: "" if isinstance(value, bytes) else value,
)
def test_what_is_no_photo_is_named_and_told_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(UnknownFormat, match=words) as refusal:
        decode(data)
    assert refusal.value.advice


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["baseline", "progressive", "PNG", "WebP"])
def test_half_a_photo_is_none(kind: str, share: float) -> None:
    big = PICTURE.resize((320, 240))
    file = {
        "baseline": lambda: jpeg(big),
        "progressive": lambda: jpeg(big, progressive=True),
        "PNG": lambda: saved(big, "PNG"),
        "WebP": lambda: saved(big, "WEBP"),
    }[kind]()
    with pytest.raises(Corrupt, match=r"ends too early|does not decode"):
        decode(file[: int(len(file) * share)])


@pytest.mark.parametrize(
    "file",
    [
        lambda: png(np.zeros((1, 5000, 1), np.uint8), 1, 0),
        lambda: saved(Image.new("L", (4097, 3)), "JPEG"),
        lambda: extended(0, lossless(), size=(9000, 9000)),
    ],
)
def test_too_large_is_said_at_once(file: Callable[[], bytes]) -> None:
    data, began = file(), time.process_time()
    with pytest.raises(TooLarge, match="4096") as refusal:
        decode(data)
    assert time.process_time() - began < 0.1
    assert "Reduce" in str(refusal.value.advice)
    assert isinstance(refusal.value, BadMedia)
