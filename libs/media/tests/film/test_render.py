"""Shots as files: exact to the frame, repeatable, and made to be joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from media.errors import BadMedia, NotUsable
from media.film import depth
from media.film.join import join
from media.film.plan import Kind, Motion, Shot, Target
from media.film.render import render_shot
from media.film.speech import in_shot, narrate, placed
from media.types import Cue, Speech

TARGET = Target(width=256, height=144)


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A harbour of sorts: sky, sun, water, a mast."""
    image = np.zeros((300, 420, 3), np.uint8)
    image[:180] = (200, 150, 80)
    image[180:] = (120, 80, 30)
    cv2.circle(image, (300, 90), 35, (90, 220, 255), -1)
    cv2.rectangle(image, (120, 60), (130, 220), (30, 40, 60), -1)
    path = tmp_path_factory.mktemp("pictures") / "harbour.png"
    cv2.imwrite(str(path), image)
    return path


@pytest.fixture(scope="module")
def narration(tmp_path_factory: pytest.TempPathFactory) -> Speech:
    """Two seconds of a sentence, by the fast voice."""
    shot = Shot("001", Kind.PORTRAIT, "Good morning to you. ", "Good morning to you.", 60)
    return narrate(shot, tmp_path_factory.mktemp("voice") / "001.wav", language="en", engine="espeak-ng")


def _shot(kind: Kind = Kind.PICTURE, frames: int = 36, **fields: object) -> Shot:
    return Shot("001", kind, "", "", frames, **fields)  # type: ignore[arg-type]


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def _packets(path: Path) -> Iterator[bytes]:
    with av.open(str(path)) as container:
        yield from (bytes(packet) for packet in container.demux(video=0) if packet.dts is not None)


@pytest.mark.parametrize("motion", [Motion.PUSH_IN, Motion.PAN_LEFT, Motion.STILL])
def test_a_picture_is_as_long_as_its_shot_and_moves(tmp_path: Path, picture: Path, motion: Motion) -> None:
    made = render_shot(_shot(frames=75, motion=motion), tmp_path / "shot.mp4", target=TARGET, picture=picture)
    again = render_shot(_shot(frames=75, motion=motion), tmp_path / "again.mp4", target=TARGET, picture=picture)

    frames = _frames(made.path)
    assert len(frames) == 75
    assert made.duration == pytest.approx(2.5)
    assert frames[0].shape == (144, 256, 3)
    moved = np.abs(frames[0].astype(int) - frames[-1].astype(int)).mean()
    assert moved < 0.9 if motion is Motion.STILL else moved > 1.5
    assert made.path.read_bytes() == again.path.read_bytes()


def test_the_shots_of_a_picture_look_at_it_once(tmp_path: Path, picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Known by its content: a copy is the same picture, whatever it is called."""
    looked: list[tuple[int, ...]] = []
    monkeypatch.setattr(depth, "look_at", lambda image: looked.append(image.shape) or depth.Look(None, None))
    other, copy = tmp_path / "other.png", tmp_path / "copy.png"
    cv2.imwrite(str(other), cv2.imread(str(picture))[:, ::-1])
    copy.write_bytes(other.read_bytes())
    for number, shown in enumerate((other, other, copy)):
        render_shot(_shot(frames=3), tmp_path / f"{number}.mp4", target=TARGET, picture=shown)
    assert looked == [(300, 420, 3)]


def test_colours_are_the_picture_s(tmp_path: Path, picture: Path) -> None:
    made = render_shot(_shot(motion=Motion.STILL), tmp_path / "shot.mp4", target=TARGET, picture=picture)

    assert _frames(made.path)[10][5, 20] == pytest.approx([200, 150, 80], abs=6)


@pytest.mark.parametrize("title", ["The Harbour", "مرحبا بالعالم", "הנמל בבוקר"])
def test_a_card_shows_its_title_and_fades(tmp_path: Path, title: str) -> None:
    made = render_shot(_shot(Kind.CARD, 40, title=title), tmp_path / "card.mp4", target=TARGET)

    frames = _frames(made.path)
    assert len(frames) == 40
    assert (frames[20].min(axis=2) > 200).sum() > 150
    assert frames[0].mean() < 0.3 * frames[20].mean() > frames[-1].mean()


def test_without_a_picture_the_words_are_shown(tmp_path: Path) -> None:
    shot = replace(_shot(), spoken="Then we built a ladder of fire.")
    frames = _frames(render_shot(shot, tmp_path / "words.mp4", target=TARGET).path)

    assert (frames[-1].min(axis=2) > 200).sum() > 150
    long = replace(shot, spoken="words " * 80)
    assert len(_frames(render_shot(long, tmp_path / "many.mp4", target=TARGET).path)) == 36


def test_a_vendor_s_clip_is_cut_or_held(tmp_path: Path, write_clip: Callable[..., Path]) -> None:
    pictures = [np.full((120, 160, 3), 40 + 4 * number, np.uint8) for number in range(30)]
    clip = write_clip(tmp_path / "clip.mp4", pictures, frame_rate=24)

    shorter, longer = (
        _frames(render_shot(_shot(frames=count), tmp_path / f"{count}.mp4", target=TARGET, picture=clip).path)
        for count in (20, 60)
    )

    assert (len(shorter), len(longer)) == (20, 60)
    assert shorter[-1].mean() == pytest.approx(40 + 4 * 15, abs=8)
    assert longer[-1].mean() == pytest.approx(40 + 4 * 29, abs=5)
    assert longer[45].mean() == pytest.approx(longer[-1].mean(), abs=1)


def test_a_portrait_speaks_with_its_subtitle_and_can_be_joined(
    tmp_path: Path, picture: Path, portrait_path: Path, narration: Speech
) -> None:
    frames = round(30 * narration.duration) + 12
    shot = Shot("002", Kind.PORTRAIT, "", "Good morning to you.", frames, said_s=narration.duration, picture="face")
    cues = [Cue("Good morning to you.", 0.2, 1.2)]
    plain = render_shot(shot, tmp_path / "plain.mp4", target=TARGET, picture=portrait_path, narration=narration)
    burned = render_shot(
        shot,
        tmp_path / "burned.mp4",
        target=replace(TARGET, burn_subtitles=True),
        picture=portrait_path,
        narration=narration,
        cues=cues,
    )
    other = render_shot(_shot(), tmp_path / "other.mp4", target=TARGET, picture=picture)

    seen = _frames(plain.path)
    assert len(seen) == frames
    assert np.abs(seen[0].astype(int) - seen[20].astype(int)).mean() > 0.2
    low = slice(100, 136)
    assert (_frames(burned.path)[20][low].min(axis=2) > 225).sum() > (seen[20][low].min(axis=2) > 225).sum() + 50
    film = join([plain.path, other.path, burned.path], None, tmp_path / "film.mp4")
    assert film.details["frames"] == 2 * frames + 36
    joined = _frames(film.path)
    assert np.array_equal(np.array(joined[:frames]), np.array(seen))


def test_a_portrait_without_a_face_or_a_voice_is_told_so(tmp_path: Path, picture: Path, narration: Speech) -> None:
    shot = _shot(Kind.PORTRAIT, 90)
    with pytest.raises(NotUsable) as refusal:
        render_shot(shot, tmp_path / "a.mp4", target=TARGET, picture=picture, narration=narration)
    assert refusal.value.code == "NO_FACE"
    with pytest.raises(BadMedia, match="narration"):
        render_shot(shot, tmp_path / "a.mp4", target=TARGET, picture=picture)
    assert list(tmp_path.iterdir()) == []


def test_packets_are_copied_and_times_go_on(tmp_path: Path, picture: Path) -> None:
    clips = [
        render_shot(_shot(frames=count, motion=motion), tmp_path / f"{count}.mp4", target=TARGET, picture=picture).path
        for count, motion in ((31, Motion.PUSH_IN), (1, Motion.STILL), (64, Motion.PAN_RIGHT))
    ]
    card = render_shot(_shot(Kind.CARD, 33, title="End"), tmp_path / "end.mp4", target=replace(TARGET, crf=30)).path

    film = join([*clips, card], None, tmp_path / "film.mp4")

    assert list(_packets(film.path)) == [packet for clip in (*clips, card) for packet in _packets(clip)]
    with av.open(str(film.path)) as container:
        stream = container.streams.video[0]
        times = [frame.pts * frame.time_base * 30 for frame in container.decode(stream)]
        assert float(stream.duration * stream.time_base) == pytest.approx(129 / 30, abs=1e-6)
    assert times == list(range(129))
    again = join([*clips, card], None, tmp_path / "again.mp4")
    assert again.path.read_bytes() == film.path.read_bytes()


def test_shots_of_another_size_and_nothing_are_not_joined(tmp_path: Path, picture: Path) -> None:
    one = render_shot(_shot(), tmp_path / "one.mp4", target=TARGET, picture=picture).path
    other = render_shot(_shot(), tmp_path / "other.mp4", target=Target(width=144, height=256), picture=picture).path
    with pytest.raises(BadMedia, match=r"other\.mp4") as refusal:
        join([one, other], None, tmp_path / "film.mp4")
    assert refusal.value.code == "CANNOT_JOIN"
    with pytest.raises(BadMedia, match="nothing to join"):
        join([], None, tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize("side", [31, 145, 5000])
def test_odd_and_absurd_sizes_are_refused(tmp_path: Path, side: int) -> None:
    with pytest.raises(BadMedia, match="sides must be even"):
        render_shot(_shot(), tmp_path / "a.mp4", target=Target(width=256, height=side))


def test_a_narration_is_placed_and_sped_up_at_its_pitch(tmp_path: Path, narration: Speech) -> None:
    frames = round(30 * narration.duration) + 30
    shot = Shot("001", Kind.PICTURE, "", "Good morning to you.", frames, said_s=narration.duration)
    fast = replace(shot, squeeze=1.2)

    normal, quick = placed(shot, narration.path), placed(fast, narration.path)

    assert len(normal) == len(quick) == frames * 1600
    ends = [np.flatnonzero(np.abs(samples) > 0.01)[-1] / 48_000 for samples in (normal, quick)]
    starts = [np.flatnonzero(np.abs(samples) > 0.01)[0] / 48_000 for samples in (normal, quick)]
    assert starts[0] >= shot.speech_at
    assert (ends[0] - starts[0]) / (ends[1] - starts[1]) == pytest.approx(1.2, rel=0.04)
    assert np.array_equal(quick, placed(fast, narration.path))
    said = in_shot(fast, narration, tmp_path / "said.wav")
    assert said.duration == pytest.approx(frames / 30)
    assert [word.text for word in said.words] == [word.text for word in narration.words]
    assert said.words[-1].end == pytest.approx(fast.speech_at + narration.words[-1].end / 1.2)
