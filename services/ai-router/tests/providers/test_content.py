"""Whole media are recognised; cut, empty and foreign ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ai_router.providers.content import Damaged, Empty, inspect
from simulators.core import media

WHOLE = {
    "image/jpeg": lambda: media.image("image/jpeg", 64, 48),
    "image/png": lambda: media.image("image/png", 64, 48),
    "image/webp": lambda: media.image("image/webp", 64, 48),
    "audio/wav": lambda: media.wav(1.5),
    "audio/mpeg": lambda: media.mp3(1.5),
    "video/mp4": lambda: media.mp4(1.5),
}


@pytest.mark.parametrize("mime_type", WHOLE)
def test_whole_files(tmp_path: Path, mime_type: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(WHOLE[mime_type]())
    content = inspect(file)
    assert content.mime_type == mime_type
    if not mime_type.startswith("image/"):
        assert content.seconds == pytest.approx(1.5, abs=0.1)


@pytest.mark.parametrize("mime_type", WHOLE)
@pytest.mark.parametrize("share", [0.03, 0.5, 0.97])
def test_cut_files(tmp_path: Path, mime_type: str, share: float) -> None:
    """Cut early, in the middle or just before the end."""
    data = WHOLE[mime_type]()
    file = tmp_path / "file"
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(Damaged):
        inspect(file)


@pytest.mark.parametrize(
    "data", [media.HTML, b"{}", b"\xff\xd8", b"RIFF\x00\x00\x00\x00JUNK", b"\x00" * 100, b"\xff\xfb"]
)
def test_other_files(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    with pytest.raises(Damaged):
        inspect(file)


def test_nothing_is_empty(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(Empty):
        inspect(file)


def test_sound_without_a_picture_is_not_a_video(tmp_path: Path) -> None:
    """The box structure of an MP4 with sound only."""
    file = tmp_path / "file"
    file.write_bytes(media.mp4(1.0).replace(b"vmhd", b"smhd"))
    assert inspect(file).mime_type == "audio/mp4"


def test_a_streamed_wave_of_unknown_length_is_measured(tmp_path: Path) -> None:
    """A speech service writes the header before it knows the length."""
    data = media.wav(1.5)
    at = data.index(b"data") + 4
    file = tmp_path / "file"
    file.write_bytes(data[:4] + b"\xff\xff\xff\xff" + data[8:at] + b"\xff\xff\xff\xff" + data[at + 4 :])
    assert inspect(file).seconds == pytest.approx(1.5)
