"""Clips of spoken films: who is in the picture, what is written when, and how each shape is filled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from libs.media.tools.talks import DIALOGUE, LECTURE, Talk, dialogue, film, lecture

from media.clips.edits import SIZES, EditList, Kept
from media.clips.render import CARD_S, Rendered, render_clip
from media.clips.speakers import HOLD_S
from media.clips.words import without_silence
from media.errors import BadMedia
from media.types import Word
from media.video.source import read_audio

SOURCE = "f" * 64
SMALL = 180


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Talk]:
    """A dialogue of two portraits, or a lecture with slides; made when first asked for."""

    @cache
    def make(name: str) -> Talk:
        folder = tmp_path_factory.mktemp(name)
        if name == "dialogue":
            return dialogue(folder / "film.mp4", DIALOGUE[:4], side=256)
        return lecture(folder / "film.mp4", LECTURE[:2])

    return make


def _pictures(made: Rendered) -> list[np.ndarray]:
    with av.open(str(made.made.path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(container.streams.video[0])]


def _whole(told: Talk, **look: object) -> EditList:
    end = told.sentences[-1].end + 0.3
    return EditList(SOURCE, (Kept(0.2, round(end, 2)),), captions="none").looking(**look)  # type: ignore[arg-type]


def test_who_speaks_is_in_the_picture_and_it_does_not_jump(talk: Callable[[str], Talk], tmp_path: Path) -> None:
    told = talk("dialogue")
    edit = _whole(told, aspect="vertical", layout="single")

    made = render_clip(told.path, edit, tmp_path / "clip.mp4", short_side=SMALL)

    # The left one is fair and the right one dark: which of them a picture shows is seen in its middle.
    shown = ["left" if picture[60:140, 50:130].mean() > 105 else "right" for picture in _pictures(made)]
    rate = len(shown) / made.made.duration
    speech = right = 0
    for number, who in enumerate(shown):
        time = number / rate + edit.kept[0].start
        for turn in told.turns:
            if turn.start <= time < turn.end:
                speech += 1
                right += who == turn.who
    assert right / speech >= 0.95
    changes = [number / rate for number, (one, other) in enumerate(pairwise(shown), 1) if one != other]
    assert len(changes) == 2
    assert all(later - earlier >= HOLD_S - 0.05 for earlier, later in pairwise([0.0, *changes]))
    assert {shot.layout for shot in made.shots} == {"single"}
    assert [shot.speaker for shot in made.shots] == [0, 1, 0]


def test_captions_are_written_when_the_words_are_heard(talk: Callable[[str], Talk], tmp_path: Path) -> None:
    """Through three cuts and a title card: the sound of each word in the clip is the one in the film, at its time."""
    told = talk("dialogue")
    edit = replace(_whole(told, layout="blur"), captions="karaoke", title="A title")
    edit = without_silence(
        edit.without(told.sentences[1].start - 0.1, told.sentences[1].end + 0.1), told.words, longest_s=0.3
    )
    edit = edit.saying(0, "Say why")
    assert len(edit.kept) > 2

    made = render_clip(told.path, edit, tmp_path / "clip.mp4", words=told.words, short_side=SMALL)

    assert made.made.duration == pytest.approx(edit.seconds + CARD_S, abs=0.05)
    assert made.words[0].text == "Say why"
    assert " ".join(cue.text for cue in made.cues).split() == [
        piece for word in made.words for piece in word.text.split()
    ]
    heard, film_sound = _mono(made.made.path), _mono(told.path)
    spoken = [word for word in told.words if not told.sentences[1].start <= word.start <= told.sentences[1].end]
    assert len(spoken) == len(made.words)
    for mine, theirs in zip(made.words, spoken, strict=True):
        if theirs.end - theirs.start >= 0.15:
            assert abs(_drift(heard, mine.start, film_sound, theirs)) <= 0.08
    starts = [cue.start for cue in made.cues]
    assert all(min(abs(cue - word.start) for word in made.words) <= 0.001 for cue in starts)


def _mono(path: Path) -> np.ndarray:
    found = read_audio(path, rate=16_000, mono=True)
    assert found is not None
    return found[0].reshape(-1)


def _drift(heard: np.ndarray, at: float, film_sound: np.ndarray, word: Word) -> float:
    """How much later than ``at`` the word's own sound is heard."""
    piece = film_sound[round(word.start * 16_000) : round(word.end * 16_000)]
    spare = 4_800
    first = round(at * 16_000)
    window = np.pad(heard, spare)[first : first + len(piece) + 2 * spare]
    likeness = np.correlate(window, piece, mode="valid")
    return float((int(np.argmax(likeness)) - spare) / 16_000)


def test_the_word_that_is_heard_is_coloured(talk: Callable[[str], Talk], tmp_path: Path) -> None:
    told = talk("dialogue")
    edit = replace(_whole(told, layout="blur"), captions="karaoke")

    made = render_clip(told.path, edit, tmp_path / "clip.mp4", words=told.words, short_side=SMALL)

    pictures = _pictures(made)
    rate = len(pictures) / made.made.duration
    word = next(word for word in made.words if word.end - word.start > 0.25)
    during = pictures[round((word.start + word.end) / 2 * rate)]
    pause = pictures[round((told.sentences[0].start - edit.kept[0].start) * rate) - 3]
    assert _yellow(during) > 15
    assert _yellow(pause) == 0


def _yellow(picture: np.ndarray) -> int:
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)
    return int(((abs(hsv[..., 0].astype(int) - 26) < 6) & (hsv[..., 1] > 140) & (hsv[..., 2] > 190)).sum())


@pytest.mark.parametrize("aspect", ["vertical", "square", "wide"])
def test_two_people_share_the_picture(talk: Callable[[str], Talk], tmp_path: Path, aspect: str) -> None:
    told = talk("dialogue")
    edit = replace(_whole(told, aspect=aspect, layout="split"), kept=(Kept(0.5, 2.0),))

    made = render_clip(told.path, edit, tmp_path / "clip.mp4", short_side=SMALL)

    width, height = (side * SMALL // 1080 for side in SIZES[edit.aspect])
    assert (made.made.width, made.made.height) == (width, height)
    assert [shot.layout for shot in made.shots] == ["split"]
    picture = _pictures(made)[20]
    assert picture.shape[:2] == (height, width)
    if aspect == "vertical":
        first, second = picture[: height // 2], picture[height // 2 :]
    else:
        first, second = picture[:, : width // 2], picture[:, width // 2 :]
    # The fair one is above or to the left.
    assert _middle(first) > _middle(second) + 20


def _middle(picture: np.ndarray) -> float:
    height, width = picture.shape[:2]
    return float(picture[height * 3 // 8 : height * 5 // 8, width * 3 // 8 : width * 5 // 8].mean())


def test_a_slide_stays_whole_above_who_explains_it(talk: Callable[[str], Talk], tmp_path: Path) -> None:
    told = talk("lecture")
    edit = replace(_whole(told, aspect="vertical"), kept=(Kept(0.3, 3.0),))

    made = render_clip(told.path, edit, tmp_path / "clip.mp4", short_side=SMALL)

    assert [shot.layout for shot in made.shots] == ["screen"]
    picture = _pictures(made)[20]
    with av.open(str(told.path)) as container:
        source = next(container.decode(container.streams.video[0])).to_ndarray(format="bgr24")
    slide = cv2.resize(source, (180, 102), interpolation=cv2.INTER_AREA)[:, :120]
    assert np.abs(picture[:102, :120].astype(int) - slide).mean() < 8
    # Under it the face: the colours of skin, and none of the page.
    assert (picture[102:].min(axis=2) > 235).mean() < 0.1

    wide = render_clip(told.path, edit.looking(aspect="wide"), tmp_path / "wide.mp4", short_side=SMALL)
    assert [shot.layout for shot in wide.shots] == ["blur"]


def test_a_film_without_people_stays_whole_and_says_so(tmp_path: Path) -> None:
    ground = np.zeros((90, 160, 3), np.uint8)
    ground[:, :80], ground[:, 80:] = (40, 40, 200), (200, 40, 40)
    film(tmp_path / "film.mp4", (ground for _ in range(50)), np.zeros(96_000, np.float32))
    edit = EditList(SOURCE, (Kept(0, 2),), layout="single", captions="none")

    made = render_clip(tmp_path / "film.mp4", edit, tmp_path / "clip.mp4", short_side=SMALL)

    assert [shot.layout for shot in made.shots] == ["blur"]
    assert made.warnings and "layout single needs" in made.warnings[0]
    picture = _pictures(made)[10]
    assert picture[160, 40, 2] > 150 and picture[160, 140, 0] > 150


def test_loudness_and_bytes_are_as_promised(talk: Callable[[str], Talk], tmp_path: Path) -> None:
    told = talk("dialogue")
    edit = replace(_whole(told, layout="single"), kept=(Kept(0.5, 2.5),), captions="plain")
    one, other = (
        render_clip(told.path, edit, tmp_path / f"{n}.mp4", words=told.words, short_side=SMALL) for n in (1, 2)
    )
    assert one.made.details["loudness_lufs"] == pytest.approx(-14.0, abs=0.3)
    assert one.made.details["edit"] == edit.digest
    assert one.made.path.read_bytes() == other.made.path.read_bytes()


def test_what_the_film_does_not_have_is_refused_and_what_is_stopped_leaves_nothing(
    talk: Callable[[str], Talk], tmp_path: Path
) -> None:
    told = talk("dialogue")
    with pytest.raises(BadMedia, match="behind its end"):
        render_clip(told.path, EditList(SOURCE, (Kept(500, 510),)), tmp_path / "clip.mp4")
    with pytest.raises(BadMedia, match="short_side 8"):
        render_clip(told.path, _whole(told), tmp_path / "clip.mp4", short_side=8)

    class Stopped(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise Stopped

    with pytest.raises(Stopped):
        render_clip(
            told.path,
            replace(_whole(told), kept=(Kept(0.5, 2.5),)),
            tmp_path / "clip.mp4",
            short_side=SMALL,
            progress=stop,
        )
    assert not list(tmp_path.iterdir())
