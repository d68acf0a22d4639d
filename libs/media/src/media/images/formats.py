"""Telling what a file is by its first bytes: what we accept, and by name what is often sent instead."""

from __future__ import annotations

from media.errors import UnknownFormat

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

_HEIC = "HEIC, as iPhones take it"
_HEIC_ADVICE = (
    "Export the photo as JPEG, or have the phone do it: Settings, Camera, Formats, Most Compatible. "
    "The talkingphoto command turns it into JPEG by itself where pillow-heif is installed."
)
_OPEN_ADVICE = "Open the photo in any picture editor or browser, save it as JPEG or PNG, and send that."
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
_PAGE_ADVICE = "Save the picture that the page shows, not the page, and send that."
_PACKED_ADVICE = "Take the photo out of it, as JPEG or PNG, and send that."
_NAMED = (
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF, or a camera's raw photo"),
    (b"MM\x00*", "TIFF, or a camera's raw photo"),
    (b"IIU\x00", "a camera's raw photo"),
    (b"FUJIFILMCCD-RAW", "a camera's raw photo"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
)
_PACKED = (
    (b"PK\x03\x04", "an archive, or a document"),
    (b"\xd0\xcf\x11\xe0", "a document"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"\x1f\x8b", "an archive"),
)
_MARKUP = (
    (b"<svg", "SVG", _OPEN_ADVICE),
    (b"<!doctype html", "a web page", _PAGE_ADVICE),
    (b"<html", "a web page", _PAGE_ADVICE),
)


def sniff(head: bytes) -> str:
    """MIME type judged by the first bytes (64 are enough): the image, audio and video formats we accept.

    Raises ``UnknownFormat`` for everything else, whatever the name of the file says; the text names what it is, and the
    advice how to make a photo of it, where that is known.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if head[8:12] == b"WEBP" else "audio/wav"
    if head[4:8] == b"ftyp" and head[8:12] in _FTYP:
        return _FTYP[head[8:12]]
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if head.startswith(b"ID3") or _is_mp3_frame(head):
        return "audio/mpeg"
    raise _refusal(head)


def _refusal(head: bytes) -> UnknownFormat:
    if head[4:8] == b"ftyp":
        brands = {head[at : at + 4] for at in range(8, min(len(head), int.from_bytes(head[:4], "big"), 64), 4)}
        if brands & {b"avif", b"avis"}:
            return UnknownFormat("This is AVIF, which is not accepted.", advice=_OPEN_ADVICE)
        if head[8:12] in _HEIC_BRANDS:
            return UnknownFormat(f"This is {_HEIC}, which is not accepted.", advice=_HEIC_ADVICE)
        if head[8:12] == b"crx ":
            return UnknownFormat("This is a camera's raw photo, which is not accepted.", advice=_OPEN_ADVICE)
    for names, advice in ((_NAMED, _OPEN_ADVICE), (_PACKED, _PACKED_ADVICE)):
        for signature, name in names:
            if head.startswith(signature):
                return UnknownFormat(f"This is {name}, which is not accepted.", advice=advice)
    text = head.lstrip().lower()
    for signature, name, advice in _MARKUP:
        if text.startswith(signature) or (text.startswith(b"<?xml") and signature in text):
            return UnknownFormat(f"This is {name}, which is not accepted.", advice=advice)
    return UnknownFormat(
        "The content is not an image, audio or video format we accept.",
        advice="Send a JPEG, PNG or WebP photo, or MP3, WAV, M4A, MP4, MOV or WebM for sound and video.",
    )


def _is_mp3_frame(head: bytes) -> bool:
    """ISO 11172-3 frame header, layer III: sync, not the reserved version, bit rate and sampling rate valid."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or head[1] & 0x18 == 0x08:
        return False
    return 0x10 <= head[2] & 0xF0 < 0xF0 and head[2] & 0x0C != 0x0C
