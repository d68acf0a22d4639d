"""A film's fingerprint stays when it is compressed, made smaller and cut at its ends, and costs what it may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from media.errors import NotUsable, UnknownFormat
from media.fingerprints import look as looking
from media.fingerprints.look import look
from media.images.perceptual import BITS, hash_of
from media.types import Fingerprint, RenditionSpec
from media.video.renditions import render_renditions

Clip = Callable[..., Path]


def scene(seed: int, seconds: float = 4.0, rate: int = 10) -> Iterator[np.ndarray]:
    """A picture of large soft areas, another one each second, over which something passes."""
    dice = np.random.default_rng(seed)
    for index in range(round(seconds * rate)):
        if index % rate == 0:
            ground = cv2.resize(dice.integers(0, 256, (6, 4, 3), np.uint8), (180, 320), interpolation=cv2.INTER_CUBIC)
        picture = ground.copy()
        cv2.circle(picture, (20 + 3 * index % 160, 160), 24, (250, 250, 250), -1)
        yield picture


def copied(source: Path, to: Path, *, crf: int = 28, scale: float = 0.5, start: float = 0.0) -> Path:
    """Encoded anew, smaller, without metadata."""
    with av.open(str(source)) as given, av.open(str(to), "w") as made:
        stream = given.streams.video[0]
        out = made.add_stream("libx264", rate=15, options={"crf": str(crf), "preset": "veryfast"})
        out.width, out.height = (round(side * scale / 2) * 2 for side in (stream.width, stream.height))
        out.pix_fmt = "yuv420p"
        for frame in given.decode(video=0):
            if frame.time >= start - 1e-6:
                small = frame.reformat(out.width, out.height, "yuv420p")
                small.pts, small.time_base = round((frame.time - start) * 90_000), Fraction(1, 90_000)
                made.mux(out.encode(small))
        made.mux(out.encode(None))
    return to


def furthest(one: Fingerprint, other: Fingerprint, shift: int = 0) -> int:
    """The most bits that pictures of the same time differ by."""
    by_slot = dict(other.pictures)
    return max((found ^ by_slot[slot + shift]).bit_count() for slot, found in one.pictures if slot + shift in by_slot)


def test_a_copy_differs_by_a_few_bits_and_another_film_by_many(write_clip: Clip, tmp_path: Path) -> None:
    source = write_clip(tmp_path / "source.mp4", scene(1), frame_rate=10)
    found = look(source)
    assert (found.kind, found.seconds) == ("video", pytest.approx(4.0, abs=0.1))
    assert [slot for slot, _ in found.pictures] == list(range(8))
    assert all(0 <= value < 1 << BITS for _, value in found.pictures)
    assert furthest(look(copied(source, tmp_path / "copy.mp4")), found) <= 7
    assert furthest(look(copied(source, tmp_path / "late.mp4", start=1.0)), found, 2) <= 7
    other = look(write_clip(tmp_path / "other.mp4", scene(2), frame_rate=10))
    assert min((a ^ b).bit_count() for (_, a), (_, b) in zip(found.pictures, other.pictures, strict=True)) > 11


def test_what_is_taken_while_a_film_is_made_is_what_is_seen_in_it(write_clip: Clip, tmp_path: Path) -> None:
    from media.images.perceptual import Sampler

    source = write_clip(tmp_path / "source.mp4", scene(3), frame_rate=10)
    seen = Sampler()
    (out := tmp_path / "out").mkdir()
    made = render_renditions(source, [RenditionSpec("wide", 320, 180, fit="pad")], out, seen=seen)["wide"]
    found = look(made.path)
    assert [slot for slot, _ in made.pictures] == [slot for slot, _ in found.pictures]
    assert furthest(Fingerprint("video", made.pictures, 4.0), found) <= 4
    assert furthest(Fingerprint("video", seen.pictures(), 4.0), look(source)) <= 4


def test_a_turned_recording_is_seen_upright(write_clip: Clip, tmp_path: Path) -> None:
    pictures = list(scene(4, 1.0))
    upright = look(write_clip(tmp_path / "up.mp4", pictures, frame_rate=10))
    lying = [np.ascontiguousarray(np.rot90(one, -1)) for one in pictures]
    assert furthest(look(write_clip(tmp_path / "phone.mp4", lying, frame_rate=10, rotation=90)), upright) <= 4


def test_a_picture_and_its_copies(portrait_path: Path, tmp_path: Path) -> None:
    image = cv2.imread(str(portrait_path))
    found = look(portrait_path)
    assert (found.kind, found.seconds, found.pictures) == ("picture", 0.0, ((0, hash_of(image)),))
    for name, encoded in (("small.jpg", [cv2.IMWRITE_JPEG_QUALITY, 30]), ("small.png", []), ("small.webp", [])):
        cv2.imwrite(str(tmp_path / name), cv2.resize(image, None, fx=0.4, fy=0.4), encoded)
        assert (look(tmp_path / name).pictures[0][1] ^ found.pictures[0][1]).bit_count() <= 6


def test_plain_areas_say_nothing(write_clip: Clip, tmp_path: Path) -> None:
    black = look(write_clip(tmp_path / "black.mp4", [np.zeros((64, 64, 3), np.uint8)] * 20))
    assert black.pictures == ()
    cv2.imwrite(str(tmp_path / "white.png"), np.full((64, 64, 3), 255, np.uint8))
    assert look(tmp_path / "white.png").pictures == ()


def test_of_a_long_film_only_key_frames_are_decoded_after_a_while(
    write_clip: Clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_clip(tmp_path / "source.mp4", scene(5), frame_rate=10)
    monkeypatch.setattr(looking, "DENSE_S", 1.0)
    slots = [slot for slot, _ in look(source).pictures]
    assert slots[:3] == [0, 1, 2]
    # x264 puts a key frame where the scene changes.
    assert 2 < len(slots) < 8
    monkeypatch.setattr(looking, "DENSE_S", 30.0)
    monkeypatch.setattr(looking, "DENSE_PIXELS", 180 * 320)
    assert len(look(source).pictures) < 8
    monkeypatch.setattr(looking, "DENSE_PIXELS", 1 << 40)
    monkeypatch.setattr(looking, "MOST_PICTURES", 4)
    assert [slot for slot, _ in look(source).pictures] == [0, 2, 4, 6]


def test_sound_and_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sound.mp3").write_bytes(b"ID3" + bytes(200))
    with pytest.raises(NotUsable):
        look(tmp_path / "sound.mp3")
    (tmp_path / "text.txt").write_text("hello " * 30)
    with pytest.raises(UnknownFormat):
        look(tmp_path / "text.txt")
