"""The hostile corpus and its honest counterpart, made from nothing but this file and a portrait.

Every run makes the same bytes. Each hostile sample carries ``CANARY`` wherever text or foreign data can be put, so that
what comes out can be searched for it. ``python corpus.py FOLDER PORTRAIT`` writes both sets for looking at.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

CANARY = b"CANARY-5b1f"
SCRIPT = b"<script>alert('" + CANARY + b"')</script>"


@dataclass(frozen=True)
class Sample:
    """One file: its name and content. ``must_refuse`` where decoding it at all would be wrong."""

    name: str
    data: bytes
    must_refuse: bool = False


# Pieces


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int, height: int, *, extra: bytes = b"", rows: bytes | None = None, header: bytes = b"\x08\x02"
) -> bytes:
    """A PNG with that header (bit depth, colour type), ``extra`` chunks and a few zero rows."""
    ihdr = struct.pack(">II", width, height) + header + b"\x00\x00\x00"
    pixels = zlib.compress(rows if rows is not None else bytes(min(height, 64) * (3 * min(width, 4096) + 1)), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + extra + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def segment(marker: int, body: bytes) -> bytes:
    """A JPEG marker segment."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def after_soi(photo: bytes, inserted: bytes) -> bytes:
    """``photo`` with segments right behind its first marker."""
    return photo[:2] + inserted + photo[2:]


def with_frame(photo: bytes, width: int, height: int, *, marker: int | None = None, precision: int = 8) -> bytes:
    """``photo`` whose frame header claims another size, kind or precision."""
    at = next(i for i in range(2, len(photo)) if photo[i] == 0xFF and photo[i + 1] in (0xC0, 0xC2))
    kind = photo[at + 1] if marker is None else marker
    head = struct.pack(">BBHBHH", 0xFF, kind, int.from_bytes(photo[at + 2 : at + 4], "big"), precision, height, width)
    return photo[:at] + head + photo[at + 9 :]


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A RIFF file of form WEBP."""
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + b"\x00" * (len(data) & 1) for kind, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def u24(value: int) -> bytes:
    """Three bytes, little endian."""
    return value.to_bytes(3, "little")


def exif(*entries: bytes, order: str = "<", following: int = 0) -> bytes:
    """An EXIF body with these 12-byte directory entries."""
    head = b"II*\x00" if order == "<" else b"MM\x00*"
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + struct.pack(order + "I", following)
    return b"Exif\x00\x00" + head + struct.pack(order + "I", 8) + directory


def orientation(value: int, order: str = "<") -> bytes:
    """The directory entry of tag 0x0112."""
    return struct.pack(order + "HHIHH", 0x0112, 3, 1, value, 0)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """``image`` in a format, through Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def archive(*members: tuple[str, bytes], level: int = 9) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as packed:
        for name, data in members:
            packed.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return buffer.getvalue()


# Hostile


def hostile_images(portrait: Path) -> Iterator[Sample]:
    """At least 200 images, or things that claim to be."""
    with Image.open(portrait) as opened:
        photo = opened.convert("RGB").resize((160, 160))
    jpeg = saved(photo, "JPEG", quality=85)
    progressive = saved(photo, "JPEG", quality=85, progressive=True)
    lossless, webp = saved(photo, "PNG"), saved(photo, "WEBP", quality=80)
    for share in range(1, 100):
        yield Sample(f"truncated_{share:02d}.jpg", jpeg[: len(jpeg) * share // 100], must_refuse=True)
    for kind, data in (("png", lossless), ("webp", webp), ("progressive.jpg", progressive)):
        for share in range(2, 100, 4):
            yield Sample(f"truncated_{share:02d}.{kind}", data[: len(data) * share // 100], must_refuse=True)
    yield from _absurd_headers(jpeg, webp)
    yield from _png_bombs(photo)
    yield from _jpeg_tricks(jpeg, progressive)
    yield from _animations(saved(photo.resize((32, 32)), "WEBP"))
    yield from _polyglots(jpeg, lossless, webp)
    yield from _other_formats(photo)
    yield from _flipped(jpeg, lossless, webp)


def _absurd_headers(jpeg: bytes, webp: bytes) -> Iterator[Sample]:
    for width, height in ((50_000, 50_000), (65_535, 1), (1, 65_535), (2**31 - 1, 2**31 - 1), (4097, 1), (100_000, 16)):
        yield Sample(f"claims_{width}x{height}.png", png(width, height), must_refuse=True)
    for width, height in ((65_535, 65_535), (65_535, 1), (1, 65_535), (65_000, 65_000), (0, 100), (100, 0)):
        yield Sample(f"claims_{width}x{height}.jpg", with_frame(jpeg, width, height), must_refuse=True)
    for width, height in ((16_384, 16_384), (2**24, 2**24), (8, 2**24)):
        canvas = b"\x00\x00\x00\x00" + u24(width - 1) + u24(height - 1)
        yield Sample(f"claims_{width}x{height}.webp", riff((b"VP8X", canvas), (b"VP8 ", webp[20:])), must_refuse=True)
    huge = struct.pack("<BI", 0x2F, (16_383) | (16_383 << 14))
    yield Sample("claims_vp8l.webp", riff((b"VP8L", huge + bytes(64))), must_refuse=True)
    small_canvas = b"\x00\x00\x00\x00" + u24(3) + u24(3)
    yield Sample("canvas_too_small.webp", riff((b"VP8X", small_canvas), (b"VP8 ", webp[20:])), must_refuse=True)
    for depth, colour in ((3, 2), (8, 1), (16, 3), (8, 7), (255, 255)):
        yield Sample(f"depth_{depth}_{colour}.png", png(8, 8, header=bytes((depth, colour))), must_refuse=True)
    yield Sample("zero.png", png(0, 0), must_refuse=True)
    yield Sample(
        "interlaced_lie.png", png(8, 8).replace(b"\x08\x02\x00\x00\x00", b"\x08\x02\x00\x00\x09"), must_refuse=True
    )


def _png_bombs(photo: Image.Image) -> Iterator[Sample]:
    zeros = zlib.compress(bytes(5_000_000), 9)
    big = zlib.compress(bytes(60_000_000), 9)
    rows = b"".join(b"\x00" + bytes(24) for _ in range(8))
    bombs = {
        "ztxt": chunk(b"zTXt", b"Comment\x00\x00" + zeros),
        "ztxt_many": chunk(b"zTXt", b"Comment\x00\x00" + zeros) * 60,
        "itxt": chunk(b"iTXt", b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + zeros),
        "iccp": chunk(b"iCCP", b"icc\x00\x00" + big),
        "iccp_not_zlib": chunk(b"iCCP", b"icc\x00\x00" + CANARY * 40),
        "iccp_no_name": chunk(b"iCCP", b"x" * 200),
        "text_html": chunk(b"tEXt", b"Title\x00" + SCRIPT),
        "text_1mb": chunk(b"tEXt", b"Title\x00" + CANARY * 100_000),
        "exif_loop": chunk(b"eXIf", exif(orientation(6), following=8)[6:]),
        "exif_far": chunk(b"eXIf", b"II*\x00\xff\xff\xff\x7f"),
        "unknown_critical": chunk(b"CANA", CANARY),
        "private": chunk(b"prVt", CANARY * 1000) * 50,
        "palette_huge": chunk(b"PLTE", bytes(3 * 256)) * 30,
        "trns_odd": chunk(b"tRNS", bytes(777)),
    }
    for name, extra in bombs.items():
        yield Sample(f"{name}.png", png(8, 8, rows=rows, extra=extra))
    plain = png(8, 8, rows=rows)
    yield Sample("chunks_300k.png", plain[:33] + chunk(b"prVt", b"") * 300_000 + plain[33:], must_refuse=True)
    yield Sample(
        "chunk_length_lie.png", plain[:33] + struct.pack(">I4s", 0xFFFFFFFF, b"tEXt") + plain[33:], must_refuse=True
    )
    yield Sample("two_headers.png", plain[:33] + plain[8:33] + plain[33:], must_refuse=True)
    yield Sample("no_header.png", plain[:8] + plain[33:], must_refuse=True)
    yield Sample("no_pixels.png", plain[:33] + chunk(b"IEND", b""), must_refuse=True)
    yield Sample("crc.png", plain[:-14] + b"\x00\x00" + plain[-12:], must_refuse=True)
    yield Sample("idat_not_zlib.png", plain[:33] + chunk(b"IDAT", CANARY * 20) + chunk(b"IEND", b""), must_refuse=True)
    yield Sample("idat_short.png", png(64, 64, rows=bytes(100)), must_refuse=True)
    yield Sample("idat_long.png", png(8, 8, rows=rows + bytes(40_000_000)))
    yield Sample("no_palette.png", png(8, 8, header=b"\x08\x03", rows=bytes(72)))
    index = photo.convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
    yield Sample("palette_cut.png", _with_short_palette(saved(index, "PNG")))


def _with_short_palette(data: bytes) -> bytes:
    at = data.index(b"PLTE") - 4
    length = int.from_bytes(data[at : at + 4], "big")
    return data[:at] + chunk(b"PLTE", data[at + 8 : at + 11]) + data[at + 12 + length :]


def _jpeg_tricks(jpeg: bytes, progressive: bytes) -> Iterator[Sample]:
    scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    gps = struct.pack("<HHII", 0x8825, 4, 1, 26)
    artist = struct.pack("<HHII", 0x013B, 2, len(SCRIPT), 8)
    yield Sample("scans_1000.jpg", progressive[:-2] + scan * 1000 + b"\xff\xd9", must_refuse=True)
    yield Sample(
        "two_frames.jpg", after_soi(jpeg, jpeg[jpeg.index(b"\xff\xc0") : jpeg.index(b"\xff\xc4")]), must_refuse=True
    )
    yield Sample("no_frame.jpg", jpeg[:2] + jpeg[jpeg.index(b"\xff\xda") :], must_refuse=True)
    yield Sample("no_scan.jpg", jpeg[: jpeg.index(b"\xff\xda")] + b"\xff\xd9", must_refuse=True)
    for marker in (0xC3, 0xC5, 0xC9, 0xCA, 0xCD, 0xCF):
        yield Sample(f"frame_{marker:x}.jpg", with_frame(jpeg, 160, 160, marker=marker), must_refuse=True)
    yield Sample("bits_12.jpg", with_frame(jpeg, 160, 160, precision=12), must_refuse=True)
    yield Sample("bits_16.jpg", with_frame(jpeg, 160, 160, precision=16), must_refuse=True)
    yield Sample("larger_than_data.jpg", with_frame(jpeg, 4096, 4096))
    yield Sample("fill_5mb.jpg", after_soi(jpeg, b"\xff" * 5_000_000), must_refuse=True)
    yield Sample("comments_500.jpg", after_soi(jpeg, segment(0xFE, (CANARY * 6000)[:65_533]) * 500))
    yield Sample("segments_100k.jpg", after_soi(jpeg, segment(0xFE, b"") * 100_000), must_refuse=True)
    yield Sample("comment_html.jpg", after_soi(jpeg, segment(0xFE, SCRIPT)))
    yield Sample("comment_php.jpg", after_soi(jpeg, segment(0xFE, b"<?php system($_GET['" + CANARY + b"']); ?>")))
    yield Sample("exif_gps.jpg", after_soi(jpeg, segment(0xE1, exif(orientation(6), gps) + CANARY * 9)))
    yield Sample("exif_artist.jpg", after_soi(jpeg, segment(0xE1, exif(artist) + SCRIPT)))
    yield Sample("exif_loop.jpg", after_soi(jpeg, segment(0xE1, exif(orientation(1), following=8))))
    yield Sample(
        "exif_count.jpg", after_soi(jpeg, segment(0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + CANARY * 9))
    )
    yield Sample("exif_orientation_9.jpg", after_soi(jpeg, segment(0xE1, exif(orientation(9)))))
    yield Sample("exif_orientation_big.jpg", after_soi(jpeg, segment(0xE1, exif(orientation(65_535)))))
    yield Sample("exif_cut.jpg", after_soi(jpeg, segment(0xE1, b"Exif\x00\x00MM")))
    yield Sample("xmp.jpg", after_soi(jpeg, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SCRIPT * 50)))
    yield Sample("icc_junk.jpg", after_soi(jpeg, segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + CANARY * 50)))
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile = profile.replace(b"sRGB", b"sxxx")
    broken = random.Random(5)
    for number in range(6):
        for _ in range(40):
            profile[broken.randrange(128, len(profile))] = broken.randrange(256)
        yield Sample(
            f"icc_broken_{number}.jpg", after_soi(jpeg, segment(0xE2, b"ICC_PROFILE\x00\x01\x01" + bytes(profile)))
        )
    many = b"".join(segment(0xE2, b"ICC_PROFILE\x00" + bytes((n, 255)) + bytes(65_000)) for n in range(1, 255))
    yield Sample("icc_16mb.jpg", after_soi(jpeg, many))
    yield Sample("thumbnail.jpg", after_soi(jpeg, segment(0xE1, exif(orientation(1)) + jpeg)))
    yield Sample("quantiser_zero.jpg", jpeg.replace(jpeg[jpeg.index(b"\xff\xdb") + 5 :][:64], bytes(64), 1))
    yield Sample(
        "huffman_full.jpg", after_soi(jpeg, segment(0xC4, b"\x00" + b"\xff" * 16 + bytes(4080))), must_refuse=True
    )
    at = jpeg.index(b"\xff\xda") + 14
    yield Sample("restart_flood.jpg", jpeg[:at] + b"\xff\xd0" * 2_000_000 + jpeg[at:])
    yield Sample("two_components.jpg", jpeg.replace(b"\x03\x01\x22", b"\x02\x01\x22", 1), must_refuse=True)


def _animations(webp: bytes) -> Iterator[Sample]:
    rows = b"".join(b"\x00" + bytes(24) for _ in range(8))
    control = struct.pack(">IIIIIHHBB", 0, 8, 8, 0, 0, 1, 100, 0, 0)
    frame = chunk(b"fcTL", control) + chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(rows))
    still = png(8, 8, rows=rows, extra=chunk(b"acTL", struct.pack(">II", 10_000, 0)) + chunk(b"fcTL", control))
    yield Sample("frames_10000.png", still[:-12] + frame * 10_000 + still[-12:])
    anmf = u24(0) * 2 + u24(31) * 2 + u24(1) + b"\x00" + webp[12:]
    canvas = b"\x02\x00\x00\x00" + u24(31) + u24(31)
    frames = [(b"ANMF", anmf)] * 10_000
    yield Sample("frames_10000.webp", riff((b"VP8X", canvas), (b"ANIM", bytes(6)), *frames))
    yield Sample("frames_50000.webp", riff((b"VP8X", canvas), *[(b"ANMF", bytes(16))] * 50_000), must_refuse=True)
    yield Sample("frame_cut.webp", riff((b"VP8X", canvas), (b"ANMF", anmf[:40])), must_refuse=True)
    picture = b"\x21\xf9\x04\x00\x01\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    gif = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + picture * 10_000 + b";"
    yield Sample("frames_10000.gif", gif, must_refuse=True)
    yield Sample("frames_10000_named.jpg", gif, must_refuse=True)


def _polyglots(jpeg: bytes, lossless: bytes, webp: bytes) -> Iterator[Sample]:
    packed = archive(("../../canary.txt", CANARY), ("run.sh", b"#!/bin/sh\n" + CANARY))
    pdf = b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(" + CANARY + b")>>>>endobj\n%%EOF"
    for name, tail in (
        ("zip", packed),
        ("html", b"<html>" + SCRIPT),
        ("pdf", pdf),
        ("js", b";alert('" + CANARY + b"')//"),
    ):
        yield Sample(f"jpeg_{name}.jpg", jpeg + tail)
        yield Sample(f"png_{name}.png", lossless + tail)
        yield Sample(f"webp_{name}.webp", webp + tail)
    yield Sample("jpeg_elf.jpg", jpeg + b"\x7fELF" + CANARY * 2000)
    yield Sample("jpeg_5mb_tail.jpg", jpeg + CANARY * 450_000)
    yield Sample("jpeg_jpeg.jpg", jpeg + jpeg)
    yield Sample("jpeg_header_js.jpg", after_soi(jpeg, segment(0xE0, b"/*" + CANARY + b"*/=1;alert(1)//")))
    yield Sample("gif_js.jpg", b"GIF89a/*" + CANARY + b"*/=1;alert(1);", must_refuse=True)
    yield Sample("pdf_jpeg.jpg", pdf + jpeg, must_refuse=True)
    yield Sample("html_jpeg.jpg", b"<html>" + SCRIPT + jpeg, must_refuse=True)
    yield Sample("bom_jpeg.jpg", b"\xef\xbb\xbf" + jpeg, must_refuse=True)


def _other_formats(photo: Image.Image) -> Iterator[Sample]:
    small = photo.resize((32, 32))
    for kind in (
        "TIFF",
        "BMP",
        "GIF",
        "ICO",
        "ICNS",
        "PCX",
        "PPM",
        "SGI",
        "TGA",
        "EPS",
        "JPEG2000",
        "AVIF",
        "DDS",
        "PDF",
    ):
        image = photo.resize((256, 256)) if kind == "ICNS" else small
        yield Sample(f"is_{kind.lower()}.jpg", saved(image, kind), must_refuse=True)
    entity = b"<!ENTITY a%d '" + b"&a%d;" * 10 + b"'>"
    bomb = b"".join(entity % (n, *([n - 1] * 10)) for n in range(1, 9))
    texts = {
        "svg_entities": b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a0 'ha'>" + bomb + b"]><svg>&a8;</svg>",
        "svg_file": b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><svg><text>&f;</text></svg>",
        "svg_script": b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>",
        "mvg": b"push graphic-context\nviewbox 0 0 640 480\nfill 'url(https://127.0.0.1/|ls)'\npop graphic-context\n",
        "msl": b"<?xml version='1.0'?><image><read filename='/etc/passwd'/><write filename='/tmp/x'/></image>",
        "fits": (b"SIMPLE  =                    T" + b" " * 50 + b"BITPIX  =                    8").ljust(2880)
        + gzip.compress(bytes(99)),
        "psd": b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, 30_000, 30_000, 8, 3) + bytes(40),
        "xcf": b"gimp xcf v011\x00" + struct.pack(">III", 100_000, 100_000, 0),
        "wmf": b"\xd7\xcd\xc6\x9a" + bytes(60),
        "heic": struct.pack(">I", 24) + b"ftypheic\x00\x00\x00\x00mif1heic" + bytes(100),
        "avif_absurd": struct.pack(">I", 24) + b"ftypavif\x00\x00\x00\x00mif1avif" + b"\xff" * 100,
        "jxl": b"\xff\x0a" + b"\xff" * 60,
        "ps_loop": b"%!PS\n{ /x 1 def } loop\n",
        "html": b"<!doctype html>" + SCRIPT,
        "elf": b"\x7fELF\x02\x01\x01" + CANARY * 10,
        "exe": b"MZ\x90\x00" + CANARY * 10,
        "empty": b"",
        "one_byte": b"\xff",
        "magic_only": b"\xff\xd8\xff",
        "png_magic_only": b"\x89PNG\r\n\x1a\n",
        "riff_only": b"RIFF\x10\x00\x00\x00WEBP",
        "riff_long": b"RIFF\xff\xff\xff\xffWEBPVP8 \xff\xff\xff\xff",
        "nul": bytes(4096),
        "text": CANARY * 100,
        "gz": gzip.compress(bytes(10_000_000), mtime=0),
        "zip_slip": archive(("../../../../etc/cron.d/canary", CANARY)),
        "zip_nested": _nested_zip(2),
        "zip_symlink": _zip_symlink(),
        "tar_symlink": _tar_symlink(),
    }
    for name, data in texts.items():
        yield Sample(f"is_{name}.jpg", data, must_refuse=True)


def _nested_zip(depth: int) -> bytes:
    data = archive(("zeros", bytes(20_000)))
    for _ in range(depth):
        data = archive(*((f"{n}.zip", data) for n in range(10)))
    return data


def _zip_symlink() -> bytes:
    link = zipfile.ZipInfo("photo.jpg", (2020, 1, 1, 0, 0, 0))
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def _tar_symlink() -> bytes:
    link = tarfile.TarInfo("photo.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as packed:
        packed.addfile(link)
    return buffer.getvalue()


def _flipped(jpeg: bytes, lossless: bytes, webp: bytes) -> Iterator[Sample]:
    """Bytes changed at random, the same ones each time; whether they decode is for the decoder to say."""
    for kind, data in (("jpg", jpeg), ("png", lossless), ("webp", webp)):
        for seed in range(15):
            dice = random.Random(seed)
            changed = bytearray(data)
            for _ in range(1 + seed):
                changed[dice.randrange(4, len(changed))] = dice.randrange(256)
            yield Sample(f"flipped_{seed:02d}.{kind}", bytes(changed))


HOSTILE_NAMES = (
    "../outside.jpg",
    "..\\outside.jpg",
    "/etc/passwd",
    "a/../../outside.jpg",
    "photo\x00.jpg",
    "n" * 300 + ".jpg",
    "file:///etc/passwd",
    "http://127.0.0.1:9/a.jpg",
    "|id",
    "",
)
"""Names of files that are not in the job folder, or nowhere."""


# Honest


def honest_images(portrait: Path) -> Iterator[Sample]:
    """At least 200 files as cameras, phones, editors and browsers write them."""
    with Image.open(portrait) as opened:
        photo = opened.convert("RGB")
    for side in (1, 7, 64, 150, 200, 257):
        image = photo.resize((side, max(1, side * 3 // 4)))
        for quality in (20, 50, 75, 90, 100):
            for subsampling in (0, 2):
                for progressive in (False, True):
                    data = saved(image, "JPEG", quality=quality, subsampling=subsampling, progressive=progressive)
                    yield Sample(f"{side}_{quality}_{subsampling}_{int(progressive)}.jpg", data)
    small = photo.resize((120, 90))
    for value in range(1, 9):
        for order in "<>":
            marked = after_soi(saved(small, "JPEG"), segment(0xE1, exif(orientation(value, order), order=order)))
            yield Sample(f"orientation_{value}_{ord(order)}.jpg", marked)
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        source = small.convert("L").convert("I").point(lambda v: v * 257) if mode == "I;16" else small
        yield Sample(f"mode_{mode.replace(';', '')}.png", saved(source.convert(mode), "PNG"))
    for mode in ("L", "CMYK", "YCbCr"):
        yield Sample(f"mode_{mode}.jpg", saved(small.convert(mode), "JPEG"))
    for level in range(0, 10, 3):
        for colours in (2, 16, 255):
            index = small.convert("P", palette=Image.Palette.ADAPTIVE, colors=colours)
            yield Sample(f"palette_{colours}_{level}.png", saved(index, "PNG", compress_level=level, transparency=0))
    for quality in (10, 50, 80, 100):
        for lossless in (False, True):
            for mode in ("RGB", "RGBA"):
                image = small.convert(mode)
                if mode == "RGBA":
                    image.putalpha(small.convert("L"))
                name = f"{quality}_{int(lossless)}_{mode}.webp"
                yield Sample(name, saved(image, "WEBP", quality=quality, lossless=lossless))
    yield from _with_metadata(small)
    yield from _large(photo)


def _with_metadata(small: Image.Image) -> Iterator[Sample]:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    described = Image.Exif()
    described[0x010F], described[0x0112], described[0x0132] = "Camera Maker", 6, "2024:05:01 10:00:00"
    for kind in ("JPEG", "PNG", "WEBP"):
        for with_profile in (False, True):
            for with_exif in (False, True):
                options: dict[str, object] = {"icc_profile": profile} if with_profile else {}
                options |= {"exif": described.tobytes()} if with_exif else {}
                yield Sample(
                    f"metadata_{int(with_profile)}{int(with_exif)}.{kind.lower()}", saved(small, kind, **options)
                )
    jpeg = saved(small, "JPEG")
    yield Sample("comment.jpg", after_soi(jpeg, segment(0xFE, "Grüße aus Köln".encode())))
    yield Sample(
        "xmp.jpg", after_soi(jpeg, segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta/>" + bytes(3000)))
    )
    yield Sample("photoshop.jpg", after_soi(jpeg, segment(0xED, b"Photoshop 3.0\x008BIM" + bytes(500))))
    yield Sample(
        "thumbnail.jpg", after_soi(jpeg, segment(0xE1, exif(orientation(1)) + saved(small.resize((16, 12)), "JPEG")))
    )
    yield Sample("phone_multi_picture.jpg", saved(small, "MPO", save_all=True, append_images=[small.resize((60, 45))]))
    yield Sample("padding_after_end.jpg", jpeg + bytes(512))
    yield Sample("fill_bytes.jpg", jpeg[:2] + b"\xff" * 3 + jpeg[2:])
    turned = [small.rotate(angle) for angle in (0, 90, 180)]
    yield Sample("animated.webp", saved(turned[0], "WEBP", save_all=True, append_images=turned[1:], duration=100))
    yield Sample("animated.png", saved(turned[0], "PNG", save_all=True, append_images=turned[1:], duration=100))
    yield Sample("restart_markers.jpg", saved(small, "JPEG", restart_marker_rows=1))


def _large(photo: Image.Image) -> Iterator[Sample]:
    for width, height in ((4096, 4096), (4096, 64), (64, 4096), (4000, 3000), (1920, 1080), (1080, 1920)):
        yield Sample(f"size_{width}x{height}.jpg", saved(photo.resize((width, height)), "JPEG", quality=70))
    yield Sample("size_2048.png", saved(photo.resize((2048, 1536)), "PNG", compress_level=1))
    noise = np.random.default_rng(1).integers(0, 256, (1024, 1024, 3), np.uint8)
    yield Sample("noise.png", saved(Image.fromarray(noise), "PNG", compress_level=0))


def main(folder: Path, portrait: Path) -> None:
    """Write both sets below ``folder``."""
    for name, samples in (("hostile", hostile_images(portrait)), ("honest", honest_images(portrait))):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for sample in samples:
            (folder / name / sample.name).write_bytes(sample.data)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
