"""Posters, previews and waveforms: looked at through their pixels."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from media.errors import BadMedia, NotUsable
from media.video.thumbnails import poster, preview, waveform

Clip = Callable[..., Path]


def growing(count: int = 60) -> Iterator[np.ndarray]:
    """Pictures whose blue tells their number: 2 for each frame."""
    for index in range(count):
        frame = np.zeros((120, 160, 3), np.uint8)
        frame[..., 0] = 2 * index
        frame[40:80, 60:100] = 200
        yield frame


def blue(path: Path) -> float:
    return float(cv2.imread(str(path))[5:30, 5:30, 0].mean())


@pytest.mark.parametrize("at", [0.0, 0.5, 1.0, 1.9])
def test_a_poster_is_the_picture_at_that_time(write_clip: Clip, tmp_path: Path, at: float) -> None:
    clip = write_clip(tmp_path / "a.mp4", growing())
    made = poster(clip, tmp_path / "poster.jpg", at=at)
    assert (made.width, made.height) == (160, 120)
    assert blue(made.path) == pytest.approx(60 * at, abs=6)
    assert made.details["at"] == pytest.approx(at, abs=0.04)


def test_a_black_beginning_is_no_poster(write_clip: Clip, tmp_path: Path) -> None:
    black = [np.zeros((120, 160, 3), np.uint8)] * 12
    scene = list(growing(24))
    made = poster(write_clip(tmp_path / "a.mp4", [*black, *scene[12:]]), tmp_path / "poster.jpg")
    assert cv2.imread(str(made.path)).mean() > 10


def test_a_poster_is_not_larger_than_asked(write_clip: Clip, tmp_path: Path) -> None:
    made = poster(write_clip(tmp_path / "a.mp4", growing(3)), tmp_path / "poster.jpg", max_side=80)
    assert (made.width, made.height) == (80, 60)


@pytest.mark.parametrize(("at", "error"), [(-1.0, BadMedia), (float("nan"), BadMedia), (99.0, NotUsable)])
def test_a_time_outside_is_refused(write_clip: Clip, tmp_path: Path, at: float, error: type[Exception]) -> None:
    with pytest.raises(error):
        poster(write_clip(tmp_path / "a.mp4", growing(3)), tmp_path / "poster.jpg", at=at)


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_a_preview_loops_through_that_part(write_clip: Clip, tmp_path: Path, kind: str) -> None:
    clip = write_clip(tmp_path / "a.mp4", growing(90))
    made = preview(clip, tmp_path / f"preview.{kind}", seconds=1.0, format=kind, at=1.0, width=80, frame_rate=10)
    with Image.open(made.path) as image:
        assert (image.format.lower(), image.size, image.info["loop"]) == (kind, (80, 60), 0)
        blues = []
        for number in range(image.n_frames):
            image.seek(number)
            colour = np.asarray(image.convert("RGB"))[5:15, 5:15, 2].mean()
            # Pictures that hardly differ are stored as one that stays longer.
            blues += [colour] * (image.info["duration"] // 100)
    assert blues == pytest.approx([60 + 6 * number for number in range(10)], abs=15)
    assert made.duration == pytest.approx(1.0)


def test_a_preview_is_no_longer_than_its_video(write_clip: Clip, tmp_path: Path) -> None:
    assert preview(write_clip(tmp_path / "a.mp4", growing(15)), tmp_path / "p.webp").duration == pytest.approx(0.5)


def test_still_parts_of_a_gif_do_not_flicker(write_clip: Clip, tmp_path: Path) -> None:
    made = preview(write_clip(tmp_path / "a.mp4", growing(30)), tmp_path / "p.gif", format="gif", width=160)
    with Image.open(made.path) as image:
        first, last = (np.asarray((image.seek(n), image.convert("RGB"))[1], int) for n in (0, image.n_frames - 1))
    assert np.abs(first[50:70, 70:90] - last[50:70, 70:90]).max() <= 8


def test_the_same_preview_has_the_same_bytes(write_clip: Clip, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", growing(15))
    files = [preview(clip, tmp_path / f"{name}.webp", seconds=0.4).path.read_bytes() for name in "ab"]
    assert files[0] == files[1]


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": 99}, {"width": 5}, {"frame_rate": 0}, {"format": "bmp"}])
def test_impossible_previews_are_refused(write_clip: Clip, tmp_path: Path, wrong: dict) -> None:
    with pytest.raises(BadMedia):
        preview(write_clip(tmp_path / "a.mp4", growing(3)), tmp_path / "p.webp", **wrong)


def test_a_waveform_is_high_where_it_is_loud(write_clip: Clip, tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 220 * np.arange(48_000) / 48_000)
    sound = np.concatenate([0.5 * tone, 0.02 * tone, 0 * tone])
    clip = write_clip(tmp_path / "a.mp4", growing(90), sound=sound)
    made = waveform(clip, tmp_path / "wave.png", width=600, height=100)
    with Image.open(made.path) as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (600, 100))
        inked = (np.asarray(image)[..., 3] > 128).sum(axis=0)
    heights = [inked[a:b].max() for a, b in ((20, 180), (220, 380), (430, 580))]
    assert heights[0] > 90
    assert 15 < heights[1] < 40
    assert heights[2] < 12


def test_a_waveform_needs_sound_and_colours(write_clip: Clip, speechlike: Clip, tmp_path: Path) -> None:
    with pytest.raises(NotUsable):
        waveform(write_clip(tmp_path / "mute.mp4", growing(3)), tmp_path / "w.png")
    clip = write_clip(tmp_path / "a.mp4", growing(3), sound=speechlike(0.2))
    with pytest.raises(BadMedia):
        waveform(clip, tmp_path / "w.png", colour="no colour")
    assert waveform(clip, tmp_path / "w.png", background="#ffffff").path.exists()
