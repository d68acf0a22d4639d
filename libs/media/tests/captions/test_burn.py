"""Captions drawn into pictures: where they stand, what they leave alone, and what happens without a font."""

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from media.captions.burn import CaptionPainter, load, safe_area
from media.captions.fonts import (
    FONT_PACKAGES,
    can_shape,
    font_for,
    language_of,
    package_folders,
    system_folders,
)
from media.errors import NotUsable
from media.types import Cue, RenditionSpec
from media.video.captioned import burn
from media.video.probe import probe
from media.video.renditions import render_renditions

Clip = Callable[..., Path]
GREY = 120


def grey_frame(width: int, height: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), GREY, np.uint8), format="yuv420p")


def painted(width: int, height: int, text: str) -> np.ndarray:
    """The luma plane of a grey frame with the caption on it."""
    frame = grey_frame(width, height)
    CaptionPainter([Cue(text, 1.0, 2.0)], width, height).paint(frame, 1.5)
    return frame.to_ndarray()[:height]


@pytest.mark.parametrize(("width", "height"), [(1080, 1920), (1080, 1080), (1920, 1080), (320, 568)])
def test_the_text_stays_inside_the_safe_area(width: int, height: int) -> None:
    text = "When the morning comes around again,\nwe shall walk down to the sea together"
    luma = painted(width, height, text)
    rows, columns = np.nonzero(luma > 220)
    area = safe_area(width, height)
    assert len(rows) > 100
    assert columns.min() >= width * area.left
    assert columns.max() <= width * (1 - area.right)
    assert rows.min() >= height * area.top
    assert rows.max() <= height * (1 - area.bottom)


LONG = "https://www.example.com/this/is/a/very/long/address/that/does/not/end?with=query"


@pytest.mark.parametrize(("width", "height"), [(540, 960), (1920, 1080), (320, 568), (1080, 1080), (180, 320)])
@pytest.mark.parametrize("text", [LONG, "W" * 90, f"Go to {LONG} now", "Donaudampfschiff" * 9, "жизнь" * 24, "x" * 400])
def test_a_word_wider_than_the_frame_is_broken_inside_it(width: int, height: int, text: str) -> None:
    """All of it is seen, and none of it outside the safe area."""
    painter = CaptionPainter([Cue(text, 0.0, 1.0)], width, height)
    area = safe_area(width, height)
    room = width * (1 - area.left - area.right)
    size, lines = painter._lines(text, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(load(painter._face, size).getlength(line) <= room for line in lines)
    ink = np.asarray(painter.image(text).getchannel("L"))
    rows, columns = np.nonzero(ink > 220)
    assert columns.min() >= width * area.left
    assert columns.max() <= width * (1 - area.right)
    assert rows.min() >= height * area.top
    assert rows.max() <= height * (1 - area.bottom)


def test_a_broken_address_breaks_behind_its_signs() -> None:
    painter = CaptionPainter([Cue(LONG, 0.0, 1.0)], 540, 960)
    _, lines = painter._lines(LONG, 421.0)
    assert len(lines) == 3
    assert all(not line[-1].isalnum() for line in lines[:-1])


def test_white_letters_stand_on_black_edges() -> None:
    luma = painted(640, 360, "Hello")
    assert luma.max() > 230
    assert luma.min() < 25


def test_nothing_is_painted_before_and_after_a_cue() -> None:
    painter = CaptionPainter([Cue("Hello", 1.0, 2.0)], 640, 360)
    for time in (0.0, 0.99, 2.0, 9.0):
        frame = grey_frame(640, 360)
        painter.paint(frame, time)
        assert (frame.to_ndarray() == GREY).all()


def test_only_the_caption_changes() -> None:
    luma = painted(640, 360, "Hello")
    assert (luma[:200] == GREY).all()


def test_a_shared_picture_is_copied_before_it_is_painted() -> None:
    """Renditions of the same size share one decoded picture; only one of them may have captions."""
    graph = av.filter.Graph()
    source = graph.add("buffer", video_size="640x360", pix_fmt="yuv420p", time_base="1/30", pixel_aspect="1/1")
    sink = graph.add("buffersink")
    source.link_to(sink)
    graph.configure()
    original = grey_frame(640, 360)
    original.pts = 0
    source.push(original)
    CaptionPainter([Cue("Hello", 0.0, 2.0)], 640, 360).paint(sink.pull(), 1.0)
    assert (original.to_ndarray() == GREY).all()


def test_letters_of_a_right_to_left_script_join() -> None:
    """Shaped Arabic is narrower than its letters drawn one by one, and differs from the unshaped order."""
    assert can_shape()
    font = font_for("مرحبا").path
    from PIL import ImageFont

    shaped = ImageFont.truetype(str(font), 64, layout_engine=ImageFont.Layout.RAQM)
    assert shaped.getlength("مرحبا", direction="rtl") < 0.95 * sum(shaped.getlength(letter) for letter in "مرحبا")
    rows, columns = np.nonzero(painted(640, 360, "مرحبا بالعالم") > 220)
    assert len(rows) > 100
    assert columns.min() >= 640 * 0.08


def runs(luma: np.ndarray) -> list[int]:
    """Widths of the pieces of ink in the lowest line, from left to right, counted by columns without a gap."""
    rows = np.flatnonzero((luma > 220).any(axis=1))
    lowest = rows[np.flatnonzero(np.diff(rows, prepend=-9) > 3)[-1]]
    ink = np.diff((luma[lowest:] > 220).any(axis=0).astype(int), prepend=0, append=0)
    return (np.flatnonzero(ink == -1) - np.flatnonzero(ink == 1)).tolist()


def test_a_line_that_starts_with_a_foreign_word_keeps_the_direction_of_its_cue() -> None:
    """The exclamation mark ends the sentence: at the left of a right-to-left cue, at the right of another."""
    backwards = runs(painted(1280, 720, "שלום עולם, אני\nWOW!"))
    forwards = runs(painted(1280, 720, "Hello,\nWOW!"))
    assert backwards[0] == min(backwards) == forwards[-1] == min(forwards)
    assert backwards[-1] > 2 * backwards[0]


def test_a_pictograph_that_no_font_draws_is_left_out() -> None:
    np.testing.assert_array_equal(painted(640, 360, "Hi \U0001fae8"), painted(640, 360, "Hi "))


def tiny_font(folder: Path, letters: str) -> None:
    """A font file that says it draws ``letters`` (a character map and nothing else)."""
    codes = sorted(map(ord, letters))
    groups = b"".join(struct.pack(">III", code, code, 1) for code in codes)
    table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    header = struct.pack(">IHHHH", 0x00010000, 1, 16, 0, 0)
    (folder / "tiny.ttf").write_bytes(header + struct.pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap)


def test_a_font_is_chosen_by_what_it_draws(tmp_path: Path) -> None:
    tiny_font(tmp_path, "नमस्ते")
    assert font_for("नमस्ते", [tmp_path]).path.name == "tiny.ttf"


@pytest.mark.parametrize(
    ("text", "script", "step"),
    [
        ("नमस्ते", "Devanagari", "run pip install 'talkingphoto-media[devanagari]'"),
        ("今天！", "Chinese", "run pip install 'talkingphoto-media[cjk]'"),
        ("こんにちは、", "Hiragana", "run pip install 'talkingphoto-media[cjk]'"),
        ("안녕", "Hangul", "run pip install 'talkingphoto-media[cjk]'"),
        ("今 न", "Chinese, Devanagari", "run pip install 'talkingphoto-media[cjk,devanagari]'"),
        ("สวัสดี", "Thai", "install a font with Thai (Debian: apt install fonts-noto-core)"),
    ],
)
def test_a_script_without_a_font_is_named_with_the_next_step(tmp_path: Path, text: str, script: str, step: str) -> None:
    tiny_font(tmp_path, "abc")
    with pytest.raises(NotUsable, match=script) as refused:
        font_for(text, [tmp_path])
    assert refused.value.code == "NO_FONT"
    assert f"{step}, or deliver" in refused.value.advice


def test_scripts_that_no_one_font_has_together_are_told_apart_from_missing_ones(tmp_path: Path) -> None:
    for letters in ("abc", "今天"):
        (tmp_path / letters).mkdir()
        tiny_font(tmp_path / letters, letters)
    with pytest.raises(NotUsable, match="together with the rest") as refused:
        font_for("今天abc", [tmp_path])
    assert "one script only" in refused.value.advice


@pytest.mark.parametrize(
    ("text", "language"),
    [("直接", "zh-Hans"), ("直接です", "ja"), ("한국 直", "ko"), ("नमस्ते", None), ("Hello, 2024!", None)],
)
def test_chinese_characters_are_drawn_as_their_language_writes_them(text: str, language: str | None) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("package", FONT_PACKAGES)
def test_fonts_of_an_installed_package_are_used(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = "\U000104b0\U000104b1"  # Osage, which few fonts have
    folder = tmp_path / package / "fonts"
    folder.mkdir(parents=True)
    (tmp_path / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    tiny_font(folder, letters)
    assert font_for(letters, (*system_folders(), *package_folders())).path.is_relative_to(folder)


def test_damaged_fonts_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.ttf").write_bytes(b"\x00\x01\x00\x00\xff\xff")
    (tmp_path / "b.otf").write_bytes(b"ttcf" + bytes(3))
    tiny_font(tmp_path, "abc")
    assert font_for("cab", [tmp_path]).path.name == "tiny.ttf"


@pytest.fixture
def source(write_clip: Clip, speechlike: Clip, tmp_path: Path) -> Path:
    pictures = [np.full((568, 320, 3), GREY, np.uint8)] * 45
    return write_clip(tmp_path / "source.mp4", pictures, sound=speechlike(1.5))


def brightest(path: Path, at: float) -> int:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time >= at - 0.001:
                return int(frame.to_ndarray(format="gray").max())
    raise AssertionError("no frame at that time")


def test_burning_keeps_size_length_and_sound(source: Path, tmp_path: Path) -> None:
    made = burn(source, tmp_path / "out.mp4", [Cue("Hello there", 0.5, 1.0)])
    found = probe(made.path)
    assert (made.width, made.height) == (320, 568)
    assert found.duration == pytest.approx(1.5, abs=0.06)
    assert [stream.kind for stream in found.streams] == ["video", "audio"]
    assert brightest(made.path, 0.2) < 150
    assert brightest(made.path, 0.7) > 200
    assert brightest(made.path, 1.2) < 150


def test_renditions_burn_where_the_spec_says_so(source: Path, tmp_path: Path) -> None:
    specs = [RenditionSpec("with", 320, 568, burn_captions=True), RenditionSpec("without", 320, 568)]
    made = render_renditions(source, specs, tmp_path / "out", cues=[Cue("Hello there", 0.0, 1.4)], threads=2)
    assert [item.details["captions"] for item in made.values()] == ["burned", "sidecar"]
    assert brightest(made["with"].path, 0.5) > 200
    assert brightest(made["without"].path, 0.5) < 150


def test_renditions_fall_back_to_a_file_and_say_why(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.captions.fonts.system_folders", lambda: (tmp_path / "no-fonts",))
    monkeypatch.setattr("media.captions.fonts.package_folders", tuple)
    spec = RenditionSpec("hindi", 320, 568, burn_captions=True)
    made = render_renditions(source, [spec], tmp_path / "out", cues=[Cue("नमस्ते", 0.0, 1.4)])["hindi"]
    assert made.details["captions"] == "sidecar"
    assert "Devanagari" in str(made.details["captions_problem"])
    assert "pip install 'talkingphoto-media[devanagari]'" in str(made.details["captions_problem"])
    assert "नमस्ते" in made.path.with_suffix(".srt").read_text("utf-8")
