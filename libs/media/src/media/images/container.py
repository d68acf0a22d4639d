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

MAX_SCANS = 100
"""Progressive JPEGs of cameras and editors have about ten scans; each further one costs a pass over all pixels."""
MAX_SEGMENTS = 20_000
MAX_PROFILE_BYTES = 4_194_304

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_BITS = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_JPEG_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_OTHER_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_JPEG_KEPT = frozenset({0xC4, 0xDB, 0xDD}) | _JPEG_FRAMES
_JPEG_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")

_FTYP = {
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
    **dict.fromkeys(
        (
            *(b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42"),
            *(b"avc1", b"M4V ", b"dash", b"MSNV", b"3gp4", b"3gp5"),
        ),
        "video/mp4",
    ),
}


@dataclass(frozen=True, slots=True)
class Container:
    """What an image file claims and the bytes that carry its pixels.

    ``width`` and ``height`` are before orientation; ``orientation`` is the EXIF value 1 to 8; ``pixels`` is a complete
    file of the same format without anything else in it; ``profile`` is the ICC profile or None.
    """

    mime: str
    width: int
    height: int
    orientation: int
    profile: bytes | None
    pixels: bytes


def sniff(head: bytes) -> str:
    """MIME type judged by the first bytes (64 are enough): the image, audio and video formats we accept.

    Raises ``UnknownFormat`` for everything else, whatever the name of the file says.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(_PNG_SIGNATURE):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if head[8:12] == b"WEBP" else "audio/wav"
    if head[4:8] == b"ftyp" and head[8:12] in _FTYP:
        return _FTYP[head[8:12]]
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "audio/mpeg"
    raise UnknownFormat(
        "The content is not an image, audio or video format we accept.",
        advice="Send a JPEG, PNG or WebP photo, or MP3, WAV, M4A, MP4, MOV or WebM for sound and video.",
    )


def _is_mp3_frame(head: bytes) -> bool:
    """ISO 11172-3 frame header, layer III: sync, not the reserved version, bit rate and sampling rate valid."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return False
    return 0x10 <= head[2] & 0xF0 < 0xF0 and head[2] & 0x0C != 0x0C


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
    orientation, scans, position = 1, 0, 2
    for _ in range(MAX_SEGMENTS):
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
            if scans > MAX_SCANS:
                raise TooLarge(f"The JPEG has more than {MAX_SCANS} scans.")
            end = _JPEG_MARKER_IN_SCAN.search(data, position)
            if end is None:
                raise _truncated()
            kept += (segment, data[position : end.start()])
            position = end.start()
        elif marker in _JPEG_KEPT:
            kept.append(segment)
        elif marker == 0xEE and body.startswith(b"Adobe") and len(body) >= 12:
            kept.append(b"\xff\xee\x00\x0e" + body[:12])
        elif marker == 0xE0 and body.startswith(b"JFIF\x00") and len(body) >= 14:
            kept.append(b"\xff\xe0\x00\x10" + body[:12] + b"\x00\x00")
        elif marker == 0xE1 and body.startswith(b"Exif\x00\x00"):
            orientation = _exif_orientation(body[6:])
        elif marker == 0xE2 and body.startswith(b"ICC_PROFILE\x00") and len(body) > 14:
            profile_parts.setdefault(body[12], body[14:])
    else:
        raise TooLarge("The JPEG has too many segments.")
    if size is None or not scans:
        raise Corrupt("The JPEG holds no picture.")
    profile = b"".join(profile_parts[number] for number in sorted(profile_parts))
    return Container("image/jpeg", *size, orientation, _profile_or_none(profile), b"".join((*kept, b"\xff\xd9")))


def _next_jpeg_marker(data: bytes, position: int) -> tuple[int, int]:
    """The marker at ``position`` (fill bytes allowed) and where its segment begins."""
    if data[position : position + 1] != b"\xff":
        raise Corrupt("The JPEG has bytes where a marker should be.") if position < len(data) else _truncated()
    start = position
    while data[position : position + 1] == b"\xff":
        position += 1
        if position - start > 4096:
            raise Corrupt("The JPEG is filled with nothing.")
    if position >= len(data):
        raise _truncated()
    return data[position], position + 1


def _jpeg_frame_size(body: bytes) -> tuple[int, int]:
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise Corrupt("The JPEG's frame header is wrong.")
    precision, height, width, components = struct.unpack(">BHHB", body[:6])
    if precision != 8 or components not in (1, 3, 4):
        raise UnknownFormat(f"A JPEG of {precision} bits and {components} components is not accepted.")
    return width, height


def _profile_or_none(profile: bytes) -> bytes | None:
    return profile if 128 <= len(profile) <= MAX_PROFILE_BYTES and profile[36:40] == b"acsp" else None


def _exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory; 1 (upright) when absent or unreadable."""
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return 1
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(order + "H", tiff, start)
    for entry in range(start + 2, min(start + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, number, value = struct.unpack_from(order + "HHIH", tiff, entry)
        if tag == 0x0112:
            return value if kind == 3 and number == 1 and 1 <= value <= 8 else 1
    return 1


# PNG


def _png(data: bytes, max_side: int) -> Container:
    kept = [_PNG_SIGNATURE]
    profile: bytes | None = None
    size = (0, 0)
    orientation, position = 1, 8
    has_pixels = False
    for number in range(MAX_SEGMENTS * 10):
        length, kind = struct.unpack_from(">I4s", data, position) if position + 12 <= len(data) else (0, b"")
        end = position + 12 + length
        if not kind or end > len(data):
            raise _truncated()
        body = memoryview(data)[position + 8 : end - 4]
        if (number == 0) != (kind == b"IHDR"):
            raise Corrupt("The PNG's header is missing or repeated.")
        if kind == b"IHDR":
            size = _png_size(bytes(body))
            _check_size(*size, max_side)
        elif kind == b"iCCP":
            profile = profile or _png_profile(bytes(body))
        elif kind == b"eXIf":
            orientation = _exif_orientation(bytes(body[:65_536]))
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
    return Container("image/png", *size, orientation, profile, b"".join(kept))


def _png_size(body: bytes) -> tuple[int, int]:
    if len(body) != 13:
        raise Corrupt("The PNG's header has the wrong length.")
    width, height, bits, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if bits not in _PNG_BITS.get(colour, ()) or compression or filtering or interlace > 1:
        raise Corrupt("The PNG's header is not valid.")
    return width, height


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
    if end > len(data):
        raise _truncated()
    size: tuple[int, int] | None = None
    profile: bytes | None = None
    orientation, position, kept = 1, 12, list[bytes]()
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
            orientation = _exif_orientation(body.removeprefix(b"Exif\x00\x00"))
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
    return Container("image/webp", *frame, orientation, profile, _webp_file(kept, frame))


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
