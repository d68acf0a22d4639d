"""The probe tells what is there, and refuses what only pretends to be a medium."""

import struct
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from media.errors import BadMedia, Corrupt, MediaError, TooLarge, UnknownFormat
from media.video import source as _source
from media.video.probe import probe
from media.video.source import Limits
from media.video.thumbnails import poster

Clip = Callable[..., Path]
GREY = np.full((120, 160, 3), 128, np.uint8)


@pytest.fixture
def clip(write_clip: Clip, speechlike: Clip, tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", [GREY] * 30, sound=speechlike(1.0))


def test_it_tells_what_is_in_a_video(clip: Path) -> None:
    found = probe(clip)
    video, audio = found.streams
    assert found.format == "mp4"
    assert found.size == clip.stat().st_size
    assert found.duration == pytest.approx(1.0, abs=0.05)
    assert found.bit_rate == pytest.approx(8 * found.size / found.duration, rel=0.01)
    assert (video.kind, video.codec, video.width, video.height, video.frame_rate) == ("video", "h264", 160, 120, 30.0)
    assert (audio.kind, audio.codec, audio.sample_rate, audio.channels) == ("audio", "aac", 48_000, 1)
    assert found.faststart is False
    assert found.loudness_lufs is None


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("a.mp4", "libx264", "aac"),
        ("a.mov", "mpeg4", "aac"),
        ("a.mkv", "libx264", "mp3"),
        ("a.webm", "libvpx", "libopus"),
        ("a.avi", "mpeg4", "mp3"),
        ("a.ts", "libx264", "aac"),
        ("a.mp4", "mjpeg", "aac"),
    ],
)
def test_headers_tell_as_much_as_decoding_did(
    name: str, codec: str, sound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opened by its headers alone, a file is described, and its poster looks, as if pictures had been decoded first."""
    path = tmp_path / name
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=30, options={"bf": "2"} if codec == "libx264" else {})
        video.width, video.height, video.pix_fmt = 160, 120, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        audio = container.add_stream(sound, rate=48_000, layout="mono")
        for shade in range(0, 200, 5):
            picture = np.full((120, 160, 3), shade, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(video.encode(None))
        container.mux(encoded(audio, np.zeros((1, 48_000), np.float32)))
    quick, looks = probe(path), poster(path, tmp_path / "a.jpg", at=0.8)
    monkeypatch.setattr(_source, "_described", lambda container: False)
    assert quick == probe(path)
    thorough = poster(path, tmp_path / "b.jpg", at=0.8)
    assert looks.details == thorough.details
    assert looks.path.read_bytes() == thorough.path.read_bytes()


def encoded(stream: Any, samples: np.ndarray) -> list[Any]:
    """All packets of mono sound."""
    frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
    frame.sample_rate = 48_000
    context = stream.codec_context
    size = {"libmp3lame": 1152, "mp3": 1152, "libopus": 960}.get(context.name, 1024)
    resampler = av.AudioResampler(format=context.format, layout="mono", rate=48_000, frame_size=size)
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return [packet for piece in (*pieces, None) for packet in stream.encode(piece)]


def test_loudness_comes_with_the_same_pass(tmp_path: Path) -> None:
    """A 997 Hz sine at a tenth of full scale reads -23.01 LUFS and peaks at -20 dB."""
    path = tmp_path / "tone.wav"
    tone = 0.1 * np.sin(2 * np.pi * 997 * np.arange(3 * 48_000) / 48_000)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes((tone * 32767).astype("<i2").tobytes())
    found = probe(path, loudness=True)
    assert found.format == "wav"
    assert found.loudness_lufs == pytest.approx(-23.01, abs=0.05)
    assert found.true_peak_db == pytest.approx(-20.0, abs=0.05)
    assert found.faststart is None


def test_a_video_without_sound_has_no_loudness(write_clip: Clip, tmp_path: Path) -> None:
    assert probe(write_clip(tmp_path / "mute.mp4", [GREY] * 5), loudness=True).loudness_lufs is None


def test_a_webm_is_told_from_a_matroska(write_clip: Clip, tmp_path: Path) -> None:
    assert probe(write_clip(tmp_path / "a.mkv", [GREY] * 5)).format == "matroska"


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_picture_says_so(write_clip: Clip, tmp_path: Path, turn: int) -> None:
    found = probe(write_clip(tmp_path / "a.mp4", [GREY] * 5, rotation=turn))
    assert found.streams[0].rotation == (360 - turn) % 360


PLAYLISTS = {
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "smil": b"<smil><body><video src='file:///etc/passwd'/></body></smil>",
    "subtitles": b"1\n00:00:00,000 --> 00:00:01,000\nhi\n",
    "html": b"<!doctype html><script>alert(1)</script>",
    "gif": b"GIF89a" + bytes(100),
    "noise": bytes(range(1, 256)) * 40,
}


@pytest.mark.parametrize("content", PLAYLISTS.values(), ids=PLAYLISTS.keys())
def test_what_is_no_medium_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "innocent.mp4"
    path.write_bytes(content)
    with pytest.raises(UnknownFormat):
        probe(path)


def test_a_file_that_begins_like_a_video_and_goes_on_as_a_playlist(tmp_path: Path) -> None:
    path = tmp_path / "both.mp4"
    path.write_bytes(struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 0) + PLAYLISTS["hls"])
    with pytest.raises(BadMedia):
        probe(path)


def test_an_empty_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(Corrupt):
        probe(tmp_path / "empty.mp4")
    with pytest.raises(BadMedia, match="nowhere"):
        probe(tmp_path / "nowhere.mp4")


@pytest.mark.parametrize(
    "limits",
    [Limits(size=1000), Limits(duration=0.5), Limits(streams=1), Limits(side=128), Limits(pixels=5000)],
    ids=["bytes", "seconds", "tracks", "side", "pixels"],
)
def test_every_bound_is_kept(clip: Path, limits: Limits) -> None:
    with pytest.raises(TooLarge):
        probe(clip, limits=limits)


def test_many_tracks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("mjpeg", rate=Fraction(1)) for _ in range(40)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 16, 16, "yuvj420p"
        for stream in streams:
            frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="bgr24")
            container.mux(stream.encode(frame.reformat(format="yuvj420p")))
    with pytest.raises(TooLarge):
        probe(path)


def test_cut_at_every_twentieth_it_answers_or_refuses_with_a_type(clip: Path, tmp_path: Path) -> None:
    whole = clip.read_bytes()
    path = tmp_path / "cut.mp4"
    for twentieth in range(20):
        path.write_bytes(whole[: len(whole) * twentieth // 20])
        with pytest.raises(MediaError):
            probe(path, loudness=True)
