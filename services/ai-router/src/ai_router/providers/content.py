"""Is this file what it says it is? Structure only: whole, of the expected type, and how long.

Enough to tell a cut-off download or a web page under a media name from a result. Quality is judged elsewhere.
References: JPEG ISO/IEC 10918-1 annex B, PNG (W3C) section 5, WebP container specification, ISO/IEC 14496-12,
RIFF/WAVE, MPEG-1 layer III frame header ISO/IEC 11172-3 section 2.4.1.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_TAIL = 64


class Damaged(ValueError):
    """The file is not a whole file of a known type."""


class Empty(Damaged):
    """The file has no bytes."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file turned out to be."""

    mime_type: str
    seconds: float | None = None
    """Length where the container states it."""


def inspect(file: Path) -> Content:
    """Type and length of a whole image, sound or video file. Raises :class:`Damaged`."""
    size = file.stat().st_size
    if not size:
        raise Empty("no bytes")
    with file.open("rb") as stream:
        head = stream.read(16)
        if head.startswith(b"\xff\xd8\xff"):
            return _ends(stream, size, b"\xff\xd9", "image/jpeg")
        if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return _ends(stream, size, b"IEND\xaeB`\x82", "image/png")
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _riff(head, size, "image/webp")
        if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
            return _wave(stream, head, size)
        if head[4:8] == b"ftyp":
            return _iso_media(stream, size)
        if head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0):
            return _mp3(stream, size)
    raise Damaged("not a known media type")


def _ends(stream: BinaryIO, size: int, mark: bytes, mime_type: str) -> Content:
    stream.seek(max(0, size - _TAIL))
    if mark not in stream.read():
        raise Damaged(f"{mime_type} ends early")
    return Content(mime_type)


def _riff(head: bytes, size: int, mime_type: str) -> Content:
    if struct.unpack("<I", head[4:8])[0] + 8 > size:
        raise Damaged(f"{mime_type} ends early")
    return Content(mime_type)


def _wave(stream: BinaryIO, head: bytes, size: int) -> Content:
    declared = struct.unpack("<I", head[4:8])[0]
    # A streamed WAV cannot know its length and writes 0 or all ones.
    streamed = declared in (0, 0xFFFFFFFF) or declared >= 0x7FFFFF00
    if not streamed:
        _riff(head, size, "audio/wav")
    at, rate = 12, 0
    while at + 8 <= size:
        stream.seek(at)
        name, length = struct.unpack("<4sI", stream.read(8))
        if name == b"fmt ":
            rate = struct.unpack("<I", stream.read(16)[8:12])[0]
        elif name == b"data":
            length = size - at - 8 if streamed else length
            if not rate or not length:
                raise Damaged("audio/wav without sound")
            return Content("audio/wav", length / rate)
        at += 8 + length + length % 2
    raise Damaged("audio/wav without sound")


def _boxes(stream: BinaryIO, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    at = start
    while at < end:
        stream.seek(at)
        header = stream.read(16)
        if len(header) < 8:
            raise Damaged("video ends early")
        length, name = struct.unpack(">I4s", header[:8])
        skip = 8
        if length == 1:
            length, skip = struct.unpack(">Q", header[8:16])[0], 16
        elif length == 0:
            length = end - at
        if length < skip or at + length > end:
            raise Damaged("video ends early")
        found.setdefault(name, (at + skip, at + length))
        at += length
    return found


def _iso_media(stream: BinaryIO, size: int) -> Content:
    outer = _boxes(stream, 0, size)
    if b"moov" not in outer or not {b"mdat", b"moof"} & outer.keys():
        raise Damaged("video without an index or without data")
    inner = _boxes(stream, *outer[b"moov"])
    seconds = None
    if b"mvhd" in inner:
        stream.seek(inner[b"mvhd"][0])
        header = stream.read(32)
        form = ">12xII" if header[0] == 0 else ">20xIQ"
        scale, length = struct.unpack_from(form, header)
        seconds = length / scale if scale and length else None
    return Content("audio/mp4" if b"vmhd" not in _handlers(stream, outer[b"moov"]) else "video/mp4", seconds)


def _handlers(stream: BinaryIO, moov: tuple[int, int]) -> frozenset[bytes]:
    stream.seek(moov[0])
    index = stream.read(min(moov[1] - moov[0], 4_000_000))
    return frozenset(name for name in (b"vmhd", b"smhd") if name in index)


_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _mp3(stream: BinaryIO, size: int) -> Content:
    """Walk the frames; the last one has to be whole."""
    stream.seek(0)
    data = stream.read()
    at = 0
    if data.startswith(b"ID3"):
        at = 10 + (data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9])
    seconds, frames = 0.0, 0
    while at + 4 <= size:
        if data[at : at + 3] == b"TAG":
            break
        version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
        index, rate = data[at + 2] >> 4, data[at + 2] >> 2 & 3
        if (
            data[at] != 0xFF
            or data[at + 1] & 0xE0 != 0xE0
            or layer != 1
            or index in (0, 15)
            or rate == 3
            or version == 1
        ):
            raise Damaged("audio/mpeg with a broken frame")
        samples, bits = (1152, _BITRATES[index]) if version == 3 else (576, _BITRATES_LOW[index])
        hertz = _RATES[version][rate]
        length = samples // 8 * bits * 1000 // hertz + (data[at + 2] >> 1 & 1)
        if at + length > size:
            raise Damaged("audio/mpeg ends early")
        seconds, frames, at = seconds + samples / hertz, frames + 1, at + length
    if not frames:
        raise Damaged("audio/mpeg without sound")
    return Content("audio/mpeg", seconds)
