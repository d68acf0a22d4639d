"""Hostile sound and video: absurd claims, playlists in disguise, false lengths. The same bytes on every run."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import av
import numpy as np

SECRET_NAME = "secret-outside.txt"


def hostile_media(secret: str, address: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of at least 50 files; playlists point at the file ``secret`` and at ``address`` (host:port)."""
    video, sound = _video(), _wav()
    for share in range(5, 100, 5):
        yield f"truncated_{share:02d}.mp4", video[: len(video) * share // 100]
    for share in (10, 40, 80):
        yield f"truncated_{share:02d}.wav", sound[: len(sound) * share // 100]
    yield from _mp4_claims(video)
    yield from _wav_claims(sound)
    yield from _playlists(secret, address)
    yield "id3_length.mp3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(5000)
    yield "id3_only.mp3", b"ID3\x04\x00\x00\x00\x00\x00\x10" + bytes(16)
    yield "ebml_depth.webm", b"\x1a\x45\xdf\xa3\x84webm" + b"\x18\x53\x80\x67\xff" * 20_000
    yield (
        "ebml_length.webm",
        b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm" + b"\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xfe" + bytes(99),
    )
    yield "ogg_cut.ogg", b"OggS\x00\x02" + bytes(20)
    yield "flac_cut.flac", b"fLaC\x80\x00\x00\x22" + b"\xff" * 34


def _video() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=25, options={"threads": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(25):
            picture = np.full((48, 64, 3), number * 10, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def _wav() -> bytes:
    data = np.zeros(8000, "<i2").tobytes()
    return _riff(struct.pack("<HHIIHH", 1, 1, 8000, 16_000, 2, 16), data)


def _riff(form: bytes, data: bytes, *, claimed: int | None = None) -> bytes:
    length = len(data) if claimed is None else claimed
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", length) + data
    return b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, len(body))) + body


def _patched(data: bytes, box: bytes, offset: int, value: bytes) -> bytes:
    at = data.index(box) + 4 + offset
    return data[:at] + value + data[at + len(value) :]


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def _whole(data: bytes, kind: bytes) -> bytes:
    at = data.index(kind) - 4
    return data[at : at + int.from_bytes(data[at : at + 4], "big")]


def _mp4_claims(video: bytes) -> Iterator[tuple[str, bytes]]:
    most = b"\xff\xff\xff\xff"
    yield "duration.mp4", _patched(video, b"mvhd", 16, b"\x7f\xff\xff\xff")
    yield "timescale_zero.mp4", _patched(_patched(video, b"mvhd", 12, bytes(4)), b"mdhd", 12, bytes(4))
    yield "media_duration.mp4", _patched(video, b"mdhd", 16, b"\x7f\xff\xff\xff")
    yield "side_16384.mp4", _patched(video, b"avc1", 24, struct.pack(">HH", 16_384, 16_384))
    yield (
        "frame_rate_1000.mp4",
        _patched(_patched(video, b"mdhd", 12, struct.pack(">I", 25_000)), b"stts", 12, struct.pack(">I", 25)),
    )
    yield "samples_4g.mp4", _patched(video, b"stsz", 8, most)
    yield "chunks_4g.mp4", _patched(video, b"stco", 4, most)
    yield "times_4g.mp4", _patched(video, b"stts", 4, most)
    yield "offset_beyond.mp4", _patched(video, b"stco", 8, b"\x7f\xff\xff\xff")
    yield "sample_size.mp4", _patched(video, b"stsz", 4, b"\x7f\xff\xff\xff")
    yield "no_description.mp4", _patched(video, b"stsd", 4, bytes(4))
    trak = _whole(video, b"trak")
    moov = _whole(video, b"moov")
    many = _box(b"moov", moov[8:] + trak * 1000)
    yield "tracks_1000.mp4", video.replace(moov, many)
    edits = _box(
        b"edts", _box(b"elst", bytes(4) + struct.pack(">I", 100_000) + struct.pack(">IiI", 1, -1, 65_536) * 100_000)
    )
    edited = trak[:8] + edits + trak[8:]
    yield "edits_100k.mp4", video.replace(moov, _box(b"moov", moov[8:].replace(trak, _box(b"trak", edited[8:]))))
    nested = b""
    for _ in range(5000):
        nested = _box(b"moov", nested)
    ftyp = _whole(video, b"ftyp")
    yield "nested_5000.mp4", ftyp + nested
    yield "size_zero.mp4", ftyp + struct.pack(">I4s", 0, b"moov") + bytes(5000)
    yield "size_64bit.mp4", ftyp + struct.pack(">I4sQ", 1, b"moov", 2**63 - 1) + bytes(99)
    yield "boxes_200k.mp4", ftyp + _box(b"free", b"") * 200_000
    yield "no_movie.mp4", ftyp + _box(b"mdat", bytes(1000))
    reference = _box(b"dref", bytes(4) + struct.pack(">I", 1) + _box(b"url ", bytes(4) + b"file:///etc/passwd\x00"))
    yield "external_data.mp4", video.replace(_whole(video, b"dref"), reference)


def _wav_claims(sound: bytes) -> Iterator[tuple[str, bytes]]:
    data = sound[44:]
    yield "length_4g.wav", _riff(sound[20:36], data, claimed=0xFFFFFFFF)
    yield "channels_65535.wav", _riff(struct.pack("<HHIIHH", 1, 65_535, 8000, 2**31, 65_534, 16), data)
    yield "channels_0.wav", _riff(struct.pack("<HHIIHH", 1, 0, 8000, 16_000, 2, 16), data)
    yield "rate_4g.wav", _riff(struct.pack("<HHIIHH", 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 2, 16), data)
    yield "rate_0.wav", _riff(struct.pack("<HHIIHH", 1, 1, 0, 0, 2, 16), data)
    yield "codec_unknown.wav", _riff(struct.pack("<HHIIHH", 0x7777, 1, 8000, 16_000, 2, 16), data)


def _playlists(secret: str, address: str) -> Iterator[tuple[str, bytes]]:
    for number, target in enumerate(
        (f"file://{secret}", secret, f"http://{address}/a.ts", f"concat:{secret}|{secret}")
    ):
        yield f"hls_{number}.mp4", f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n".encode()
        yield f"concat_{number}.mp4", f"ffconcat version 1.0\nfile '{target}'\n".encode()
        mpd = f"<MPD type='static'><Period><AdaptationSet><BaseURL>{target}</BaseURL></AdaptationSet></Period></MPD>"
        yield f"dash_{number}.mp4", b"<?xml version='1.0'?>" + mpd.encode()
    yield "sdp.mp4", f"v=0\nc=IN IP4 {address.split(':')[0]}\nm=audio {address.split(':')[1]} RTP/AVP 0\n".encode()
    yield "smil.mp4", f"<smil><body><video src='http://{address}/x.mp4'/></body></smil>".encode()
    yield "ass.mp4", b"[Script Info]\n[Events]\nDialogue: 0,0:00:00.00,0:00:09.00,,,0,0,0,,x\n"
