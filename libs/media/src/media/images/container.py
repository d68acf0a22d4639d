"""Reading image containers without decoding pixels: what a file claims, and the part of it a decoder needs.

A photo is taken apart here before any decoder sees it. What reaches the decoder is rebuilt from the segments that carry
pixels; text, EXIF, thumbnails, animation frames of PNG, data after the end and other formats glued on stay behind.
Every loop advances by what it has read, so work is linear in the file's size, and every inflate has a ceiling.

Sources: ITU-T T.81 annex B (JPEG markers), PNG 3rd edition chapters 5 and 11, RFC 9649 (WebP), EXIF 2.32 section 4.6.
"""

from __future__ import annotations

import re
import struct
import zlib
from dataclasses import dataclass

from media.errors import Corrupt, TooLarge, UnknownFormat
from media.images.formats import sniff

MAX_SCANS = 100
MAX_SCANNED_PIXELS = 20 * 4096 * 4096
"""Scans times pixels: each scan of a JPEG costs a pass over all pixels, however few bytes it has.

Progressive JPEGs of cameras and editors have about ten scans.
"""
MAX_SEGMENTS = 20_000
MAX_PROFILE_BYTES = 4_194_304
JPEG_END = b"\xff\xd9"

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_PNG_XMP = b"XML:com.adobe.xmp\x00"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_BITS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_PNG_GREY = (0, 4)
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_OTHER_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_JPEG_KEPT = frozenset({0xC4, 0xDB, 0xDD}) | _JPEG_FRAMES
_EXIF = b"Exif\x00\x00"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:\s*=\s*[\"']|>)\s*([1-8])\s*[\"'<]")
_TIFF_WHOLE = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
"""Types of whole numbers that fit into an entry, by their number in TIFF 6.0."""
_JPEG_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MOST_BETWEEN = 4096
_GAMMA, _NEARLY = 45_455, 0.05
"""What PNG writes for the curve of ordinary screens, and how far from it (a share) nobody sees a difference."""


@dataclass(frozen=True, slots=True)
class Container:
    """What an image file claims and the bytes that carry its pixels.

    ``width`` and ``height`` are before orientation; ``orientation`` is the EXIF value 1 to 8; ``pixels`` is a complete
    file of the same format without anything else in it; ``profile`` is the ICC profile or None. ``ended`` is False for
    a JPEG that stops in a scan: only its pixels can tell whether anything but its last two bytes is missing. ``gamma``
    is the power of light that the samples of a PNG are, where it is another than that of sRGB; ``bits`` are those of a
    sample of it, and ``grey`` says that it has no colours.
    """

    mime: str
    width: int
    height: int
    orientation: int
    profile: bytes | None
    pixels: bytes
    ended: bool = True
    gamma: float | None = None
    bits: int = 8
    grey: bool = False


def open_container(data: bytes, *, max_side: int) -> Container:
    """Take ``data`` apart. No pixel memory is allocated.

    Raises ``UnknownFormat`` unless it is JPEG, PNG or WebP, ``TooLarge`` when a claimed side exceeds ``max_side`` or
    the structure is absurdly long, ``Corrupt`` when it contradicts itself.
    """
    mime = sniff(data[:64])
    reader = {"image/jpeg": _jpeg, "image/png": _png, "image/webp": _webp}.get(mime)
    if reader is None:
        raise UnknownFormat(f"This is {mime}, not a photo.", advice="Send a JPEG, PNG or WebP photo.")
    container = reader(data, max_side)
    _check_size(container.width, container.height, max_side)
    return container


def _check_size(width: int, height: int, max_side: int) -> None:
    if width < 1 or height < 1:
        raise Corrupt("The image claims to have no pixels.")
    if width > max_side or height > max_side:
        raise TooLarge(
            f"The image is {width} x {height} pixels; the limit is {max_side} on each side.",
            advice=f"Reduce the photo to at most {max_side} pixels on each side.",
        )


def _truncated() -> Corrupt:
    return Corrupt("The image ends too early.", advice="Upload the file again; it looks incomplete.")


# JPEG


def _jpeg(data: bytes, max_side: int) -> Container:
    kept = [b"\xff\xd8"]
    profile_parts: dict[int, bytes] = {}
    size: tuple[int, int] | None = None
    orientation, scans, position = _Orientation(), 0, 2
    ended = True
    for _ in range(MAX_SEGMENTS):
        if scans and position == len(data):
            break
        marker, position = _next_jpeg_marker(data, position)
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            raise Corrupt("The JPEG has a marker where none may be.")
        length = int.from_bytes(data[position : position + 2], "big")
        body = data[position + 2 : position + length]
        if length < 2 or len(body) != length - 2:
            raise _truncated()
        segment = b"\xff" + bytes([marker]) + data[position : position + length]
        position += length
        if marker in _JPEG_OTHER_FRAMES:
            raise UnknownFormat("This kind of JPEG (lossless, hierarchical or arithmetic) is not accepted.")
        if marker in _JPEG_FRAMES:
            if size is not None:
                raise Corrupt("The JPEG holds two frames.")
            size = _jpeg_frame_size(body)
            _check_size(*size, max_side)
        if marker == 0xDA:
            scans += 1
            if size is None:
                raise Corrupt("The JPEG has a scan before its frame.")
            if scans > (most := min(MAX_SCANS, MAX_SCANNED_PIXELS // (size[0] * size[1]))):
                raise TooLarge(
                    f"The JPEG has more than {most} scans.",
                    advice="Open the photo, save it again as an ordinary JPEG, and upload that.",
                )
            found = _JPEG_MARKER_IN_SCAN.search(data, position)
            ended = found is not None
            end = found.start() if found is not None else len(data)
            kept += (segment, data[position:end] if ended else data[position:end].rstrip(b"\xff"))
            position = end
        elif marker in _JPEG_KEPT:
            kept.append(segment)
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            kept.append(b"\xff\xee\x00\x0e" + body[:12])
        elif marker == 0xE0 and body.startswith(b"JFIF\x00") and len(body) >= 14:
            kept.append(b"\xff\xe0\x00\x10" + body[:12] + b"\x00\x00")
        elif marker == 0xE1:
            orientation.read(body)
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\x00") and len(body) > 14:
            profile_parts.setdefault(body[12], body[14:])
    else:
        raise TooLarge("The JPEG has too many segments.")
    if size is None or not scans:
        raise Corrupt("The JPEG holds no picture.")
    profile = b"".join(profile_parts[number] for number in sorted(profile_parts))
    pixels = b"".join((*kept, JPEG_END))
    return Container("image/jpeg", *size, orientation.value, _profile_or_none(profile), pixels, ended)


def _next_jpeg_marker(data: bytes, position: int) -> tuple[int, int]:
    """The marker at or soon after ``position``, and where its segment begins.

    Some cameras leave bytes between segments, which every viewer passes over.
    """
    found = _JPEG_MARKER.search(data, position, position + _MOST_BETWEEN)
    if found is None:
        if len(data) - position < _MOST_BETWEEN:
            raise _truncated()
        raise Corrupt("The JPEG has bytes where a marker should be.")
    return data[found.start() + 1], found.end()


def _jpeg_frame_size(body: bytes) -> tuple[int, int]:
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise Corrupt("The JPEG's frame header is wrong.")
    precision, height, width, components = struct.unpack(">BHHB", body[:6])
    if precision != 8 or components not in (1, 3, 4):
        raise UnknownFormat(f"A JPEG of {precision} bits and {components} components is not accepted.")
    return width, height


def _profile_or_none(profile: bytes) -> bytes | None:
    return profile if 128 <= len(profile) <= MAX_PROFILE_BYTES and profile[36:40] == b"acsp" else None


class _Orientation:
    """How a picture lies, by the first EXIF block that says so, else by XMP; 1 (upright) where none does."""

    def __init__(self) -> None:
        self._exif: int | None = None
        self._xmp: int | None = None

    @property
    def value(self) -> int:
        return self._exif or self._xmp or 1

    def read(self, body: bytes) -> None:
        """Take a segment of JPEG, or a chunk that is named as in JPEG, into account."""
        if body.startswith(_EXIF):
            self._exif = self._exif or _exif_orientation(body[len(_EXIF) :])
        elif body.startswith(_XMP) and (found := _XMP_ORIENTATION.search(body)) is not None:
            self._xmp = self._xmp or int(found[1])


def _exif_orientation(tiff: bytes) -> int | None:
    """Tag 0x0112 of the first directory, in any whole type; None when absent or unreadable."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(order + "H", tiff, start)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", tiff, entry)
        if tag == 0x0112:
            if kind not in _TIFF_WHOLE or number != 1:
                return None
            (value,) = struct.unpack_from(order + _TIFF_WHOLE[kind], tiff, entry + 8)
            return int(value) if 1 <= value <= 8 else None
    return None


# PNG


def _png(data: bytes, max_side: int) -> Container:
    kept = [_PNG_SIGNATURE]
    profile: bytes | None = None
    size, bits, grey = (0, 0), 8, False
    gamma, is_srgb = None, False
    orientation, position = _Orientation(), 8
    has_pixels = False
    for number in range(MAX_SEGMENTS * 10):
        length, kind = struct.unpack_from(">I4s", data, position) if position + 12 <= len(data) else (0, b"")
        end = position + 12 + length
        if not kind or end > len(data):
            if not has_pixels or kind == b"IDAT":
                raise _truncated()
            # Cut behind its pixels, as far as can be seen here; the decoder sees whether they are whole.
            kept.append(_PNG_END)
            break
        body = memoryview(data)[position + 8 : end - 4]
        if (number == 0) != (kind == b"IHDR"):
            raise Corrupt("The PNG's header is missing or repeated.")
        if kind == b"IHDR":
            size = _png_size(bytes(body))
            _check_size(*size, max_side)
            bits, grey = body[8], body[9] in _PNG_GREY
        elif kind == b"iCCP":
            profile = profile or _png_profile(bytes(body))
        elif kind == b"sRGB":
            is_srgb = True
        elif kind == b"gAMA":
            gamma = _png_gamma(bytes(body))
        elif kind == b"eXIf":
            orientation.read(_EXIF + bytes(body[:65_536]))
        elif kind == b"iTXt" and (xmp := bytes(body[:65_536])).startswith(_PNG_XMP):
            orientation.read(_XMP + xmp)
        if kind in _PNG_KEPT:
            if zlib.crc32(data[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
                raise Corrupt("The PNG's checksums do not match its content.")
            kept.append(data[position:end])
            has_pixels = has_pixels or kind == b"IDAT"
        if kind == b"IEND":
            break
        position = end
    else:
        raise TooLarge("The PNG has too many chunks.")
    if not has_pixels:
        raise Corrupt("The PNG holds no picture.")
    if is_srgb or profile is not None:
        gamma = None
    pixels = b"".join(kept)
    return Container("image/png", *size, orientation.value, profile, pixels, gamma=gamma, bits=bits, grey=grey)


def _png_size(body: bytes) -> tuple[int, int]:
    if len(body) != 13:
        raise Corrupt("The PNG's header has the wrong length.")
    width, height, bits, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if bits not in _PNG_BITS.get(colour, ()) or compression or filtering or interlace > 1:
        raise Corrupt("The PNG's header is not valid.")
    return width, height


def _png_gamma(body: bytes) -> float | None:
    """The power of light that samples are; None where that is what screens have, or nothing that can be."""
    value = int.from_bytes(body, "big") if len(body) == 4 else 0
    return value / 100_000 if 1_000 <= value <= 1_000_000 and abs(value / _GAMMA - 1) > _NEARLY else None


def _png_profile(body: bytes) -> bytes | None:
    """The inflated profile; None when it is not one, or inflates beyond the ceiling."""
    _, separator, rest = body[:82].partition(b"\x00")
    if not separator or not rest:
        return None
    packed = body[body.index(b"\x00") + 2 :]
    inflate = zlib.decompressobj()
    try:
        profile = inflate.decompress(packed, MAX_PROFILE_BYTES)
    except zlib.error:
        return None
    return _profile_or_none(profile) if inflate.eof else None


# WebP


def _webp(data: bytes, max_side: int) -> Container:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) + 1:
        raise _truncated()
    # The last byte may only make the length even.
    end = min(end, len(data))
    size: tuple[int, int] | None = None
    profile: bytes | None = None
    orientation, position, kept = _Orientation(), 12, list[bytes]()
    picture = b""
    for _ in range(MAX_SEGMENTS):
        if position + 8 > end:
            break
        kind, length = struct.unpack_from("<4sI", data, position)
        stop = position + 8 + length
        if stop > end:
            raise _truncated()
        body = data[position + 8 : stop]
        position = stop + (length & 1)
        if kind == b"VP8X":
            if length < 10:
                raise Corrupt("The WebP's header is too short.")
            size = (1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
            _check_size(*size, max_side)
        elif kind == b"ICCP":
            profile = profile or _profile_or_none(body)
        elif kind == b"EXIF":
            orientation.read(_EXIF + body.removeprefix(_EXIF))
        elif kind == b"XMP ":
            orientation.read(_XMP + body)
        elif kind == b"ANMF" and not picture:
            kept, picture = _webp_first_frame(body)
        elif kind == b"ALPH" and not picture:
            kept.append(_webp_chunk(kind, body))
        elif kind in (b"VP8 ", b"VP8L") and not picture:
            kept.append(_webp_chunk(kind, body))
            picture = body
    else:
        raise TooLarge("The WebP has too many chunks.")
    if not picture:
        raise Corrupt("The WebP holds no picture.")
    frame = _webp_picture_size(picture)
    if size is not None and (frame[0] > size[0] or frame[1] > size[1]):
        raise Corrupt("The WebP's picture is larger than its canvas.")
    return Container("image/webp", *frame, orientation.value, profile, _webp_file(kept, frame))


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) & 1)


def _webp_first_frame(body: bytes) -> tuple[list[bytes], bytes]:
    """The chunks of an animation's first frame that make a still picture, and the picture's own bytes."""
    kept, picture, position = list[bytes](), b"", 16
    while position + 8 <= len(body) and not picture:
        kind, length = struct.unpack_from("<4sI", body, position)
        inner = body[position + 8 : position + 8 + length]
        if len(inner) != length:
            raise _truncated()
        if kind in (b"ALPH", b"VP8 ", b"VP8L"):
            kept.append(_webp_chunk(kind, inner))
            picture = b"" if kind == b"ALPH" else inner
        position += 8 + length + (length & 1)
    return kept, picture


def _webp_picture_size(picture: bytes) -> tuple[int, int]:
    if picture[3:6] == b"\x9d\x01\x2a" and len(picture) >= 10:
        width, height = struct.unpack_from("<HH", picture, 6)
        return width & 0x3FFF, height & 0x3FFF
    if picture[:1] == b"\x2f" and len(picture) >= 5:
        bits = int.from_bytes(picture[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise Corrupt("The WebP's picture has no valid header.")


def _webp_file(chunks: list[bytes], size: tuple[int, int]) -> bytes:
    if len(chunks) > 1:
        alpha = b"\x10\x00\x00\x00" + (size[0] - 1).to_bytes(3, "little") + (size[1] - 1).to_bytes(3, "little")
        chunks = [_webp_chunk(b"VP8X", alpha), chunks[-2], chunks[-1]]
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
