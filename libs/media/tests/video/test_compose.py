"""Composed clips are as long as promised, show what was asked at the right time, and sound right."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from media.errors import BadMedia, NotUsable
from media.sound.ducking import duck, looped
from media.sound.loudness import integrated_lufs
from media.video.compose import concatenate, crossfade, cut, mix_music, overlay, title_card
from media.video.probe import probe
from media.video.source import read_audio

WIDTH, HEIGHT = 320, 568
RATE = 48_000
RED, BLUE = (0, 0, 200), (200, 0, 0)
Clip = Callable[..., Path]


def plain(
    colour: tuple[int, int, int], seconds: float, width: int = WIDTH, height: int = HEIGHT
) -> Iterator[np.ndarray]:
    for _ in range(round(seconds * 30)):
        yield np.full((height, width, 3), colour, np.uint8)


def counting(seconds: float) -> Iterator[np.ndarray]:
    """Grey pictures that get lighter by 2 each frame."""
    for index in range(round(seconds * 30)):
        yield np.full((HEIGHT, WIDTH, 3), 20 + 2 * index, np.uint8)


def tone(frequency: float, seconds: float, level: float = 0.2) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def picture_at(path: Path, time: float) -> np.ndarray:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            if frame.time >= time - 0.001:
                return frame.to_ndarray(format="bgr24")
    raise AssertionError(f"no picture at {time}")


def colour_at(path: Path, time: float) -> list[int]:
    return [round(value / 50) * 50 for value in picture_at(path, time)[250:320, 100:200].mean(axis=(0, 1))]


def pitch_at(path: Path, start: float, end: float) -> float:
    found = read_audio(path, mono=True)
    assert found is not None
    piece = found[0][round(start * RATE) : round(end * RATE), 0]
    return float(np.argmax(np.abs(np.fft.rfft(piece * np.hanning(len(piece))))) * RATE / len(piece))


@pytest.fixture
def red(write_clip: Clip, tmp_path: Path) -> Path:
    return write_clip(tmp_path / "red.mp4", plain(RED, 1.0), sound=tone(440, 1.0))


@pytest.fixture
def blue(write_clip: Clip, tmp_path: Path) -> Path:
    return write_clip(tmp_path / "blue.mp4", plain(BLUE, 1.0), sound=tone(880, 1.0))


def test_clips_play_one_after_the_other(red: Path, blue: Path, tmp_path: Path) -> None:
    made = concatenate([red, blue, red], tmp_path / "out.mp4")
    assert made.duration == pytest.approx(3.0, abs=0.05)
    assert [colour_at(made.path, at) for at in (0.5, 1.5, 2.5)] == [[0, 0, 200], [200, 0, 0], [0, 0, 200]]
    assert pitch_at(made.path, 0.2, 0.8) == pytest.approx(440, abs=3)
    assert pitch_at(made.path, 1.2, 1.8) == pytest.approx(880, abs=3)
    assert all(stream.duration == pytest.approx(3.0, abs=0.06) for stream in probe(made.path).streams)


def test_another_shape_is_padded_and_silence_stays_silent(red: Path, write_clip: Clip, tmp_path: Path) -> None:
    wide = write_clip(tmp_path / "wide.mp4", plain(BLUE, 1.0, 320, 180))
    made = concatenate([red, wide], tmp_path / "out.mp4", width=160, height=284)
    assert (made.width, made.height) == (160, 284)
    assert picture_at(made.path, 1.5)[142, 80, 0] > 150
    found = read_audio(made.path, mono=True)
    assert found is not None
    assert np.abs(found[0][round(1.1 * RATE) : round(1.9 * RATE)]).max() < 0.01


def test_a_cut_is_exact_to_the_frame(write_clip: Clip, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "a.mp4", counting(3.0), sound=np.concatenate([tone(440, 1.5), tone(880, 1.5)]))
    made = cut(source, tmp_path / "out.mp4", start=1.0, end=2.0)
    assert made.duration == pytest.approx(1.0, abs=0.001)
    for at in (0.0, 0.5, 29 / 30):
        assert picture_at(made.path, at).mean() == pytest.approx(picture_at(source, 1.0 + at).mean(), abs=0.7)
    assert pitch_at(made.path, 0.05, 0.45) == pytest.approx(440, abs=5)
    assert pitch_at(made.path, 0.55, 0.95) == pytest.approx(880, abs=5)


@pytest.mark.parametrize(("start", "end"), [(2.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (9.0, 10.0)])
def test_nothing_to_cut_is_refused(red: Path, tmp_path: Path, start: float, end: float) -> None:
    with pytest.raises(BadMedia):
        cut(red, tmp_path / "out.mp4", start=start, end=end)


def test_a_cross_fade_mixes_half_and_half_in_the_middle(red: Path, blue: Path, tmp_path: Path) -> None:
    made = crossfade(red, blue, tmp_path / "out.mp4", seconds=0.5)
    assert made.duration == pytest.approx(1.5, abs=0.05)
    assert colour_at(made.path, 0.2) == [0, 0, 200]
    middle = picture_at(made.path, 0.75)[300, 160]
    assert abs(int(middle[0]) - int(middle[2])) < 40
    assert colour_at(made.path, 1.3) == [200, 0, 0]
    with pytest.raises(BadMedia):
        crossfade(red, blue, tmp_path / "no.mp4", seconds=2.0)


def test_a_picture_in_a_picture(red: Path, blue: Path, tmp_path: Path) -> None:
    made = overlay(red, blue, tmp_path / "out.mp4", corner="top-left", share=0.4, start=0.5, sounds="inset")
    before, after = picture_at(made.path, 0.3), picture_at(made.path, 0.8)
    assert before[60, 60, 2] > 150
    assert after[100, 80, 0] > 150
    assert after[500, 280, 2] > 150
    assert after[14, 14, 2] > 100, "the corner of the inset is round: the base shows"
    assert pitch_at(made.path, 0.6, 0.95) == pytest.approx(880, abs=5)


def test_a_title_card_has_readable_text_and_fades(tmp_path: Path) -> None:
    made = title_card(
        tmp_path / "out.mp4", title="Hello world", subtitle="a talking photo", seconds=1, width=320, height=568
    )
    middle = picture_at(made.path, 0.5)
    assert (middle.min(axis=2) > 200).mean() > 0.01
    assert picture_at(made.path, 0.0).mean() < 0.4 * middle.mean()
    assert [stream.kind for stream in probe(made.path).streams] == ["video", "audio"]


def test_a_card_needs_a_title_and_a_font(tmp_path: Path) -> None:
    with pytest.raises(BadMedia):
        title_card(tmp_path / "a.mp4", title=" ")
    with pytest.raises(NotUsable, match="Latin"):
        title_card(tmp_path / "a.mp4", title="Hello", font_folders=[tmp_path])
    with pytest.raises(BadMedia):
        title_card(tmp_path / "a.mp4", title="Hello", colours=("no", "colours"))


def test_a_card_over_a_photo(portrait_path: Path, tmp_path: Path) -> None:
    made = title_card(tmp_path / "o.mp4", title="Ada", seconds=0.5, width=320, height=320, picture=portrait_path)
    assert picture_at(made.path, 0.25).std() > 20


def test_a_card_joins_a_clip(red: Path, tmp_path: Path) -> None:
    card = title_card(tmp_path / "card.mp4", title="Hello", seconds=0.5, width=320, height=568)
    made = concatenate([card.path, red], tmp_path / "out.mp4")
    assert made.duration == pytest.approx(1.5, abs=0.05)


@pytest.fixture
def speaking(write_clip: Clip, speechlike: Clip, tmp_path: Path) -> Path:
    """Four seconds; somebody speaks during the first two."""
    voice = np.concatenate([speechlike(2.0), np.zeros(2 * RATE)])
    return write_clip(tmp_path / "speaking.mp4", plain(RED, 4.0), sound=voice)


@pytest.fixture
def music(tmp_path: Path, write_clip: Clip) -> Path:
    return write_clip(tmp_path / "music.mp4", plain(BLUE, 0.2), sound=tone(330, 5.0, 0.5))


def test_music_lies_under_speech_and_steps_back(speaking: Path, music: Path, tmp_path: Path) -> None:
    made = mix_music(speaking, music, tmp_path / "out.mp4", music_lufs=-20.0, duck_db=-15.0, fade_out=0.2)
    assert made.details["loudness_lufs"] == pytest.approx(-14.0, abs=0.3)
    assert made.details["ducked_share"] == pytest.approx(0.55, abs=0.15)
    found = read_audio(made.path, mono=True)
    assert found is not None
    spectrum = [
        np.abs(np.fft.rfft(found[0][round(a * RATE) : round(b * RATE), 0] * np.hanning(RATE)))[330]
        for a, b in ((0.6, 1.6), (2.9, 3.9))
    ]
    assert 20 * np.log10(spectrum[1] / spectrum[0]) == pytest.approx(15.0, abs=3.0)


def test_the_pictures_are_copied_not_encoded_again(speaking: Path, music: Path, tmp_path: Path) -> None:
    made = mix_music(speaking, music, tmp_path / "out.mp4")

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    assert packets(made.path) == packets(speaking)
    assert probe(made.path).faststart


def test_silent_music_is_refused(speaking: Path, write_clip: Clip, tmp_path: Path) -> None:
    silent = write_clip(tmp_path / "s.mp4", plain(RED, 0.2), sound=np.zeros(RATE))
    with pytest.raises(NotUsable):
        mix_music(speaking, silent, tmp_path / "out.mp4")


def test_a_loop_has_no_gap_and_the_wanted_loudness() -> None:
    music = np.repeat(tone(330, 2.0)[:, None], 2, axis=1).astype(np.float32)
    made = looped(music, RATE, 7 * RATE, -20.0)
    assert made.shape == (7 * RATE, 2)
    assert integrated_lufs(made, RATE) == pytest.approx(-20.0, abs=1.0)
    blocks = np.sqrt(np.square(made[:, 0]).reshape(-1, RATE // 10).mean(axis=1))
    assert blocks.min() > 0.5 * np.median(blocks)


def test_ducking_begins_before_the_word_and_ends_after_it() -> None:
    speech = np.concatenate([np.zeros(RATE), tone(200, 1.0), np.zeros(2 * RATE)])[:, None].astype(np.float32)
    gain = duck(speech, RATE, -12.0)
    down = 10 ** (-12 / 20)
    assert gain[: round(0.6 * RATE)].min() == 1.0
    assert gain[RATE] == pytest.approx(down, abs=0.02)
    assert gain[round(1.9 * RATE)] == pytest.approx(down, abs=0.02)
    assert gain[round(3.2 * RATE) :].min() == 1.0
    assert np.abs(np.diff(gain)).max() < 1e-3, "no click"
    assert (duck(np.zeros((RATE, 1), np.float32), RATE, -12.0) == 1).all()


def test_the_same_request_gives_the_same_bytes(red: Path, blue: Path, tmp_path: Path) -> None:
    def digest(name: str) -> str:
        return hashlib.sha256(crossfade(red, blue, tmp_path / name).path.read_bytes()).hexdigest()

    assert digest("a.mp4") == digest("b.mp4")
