"""Files say that a model made them, and are played as before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
from PIL import Image

from export.provenance.source_type import SOURCE_TYPE, mark_picture, mark_video, stated_in
from media.video.probe import probe


def test_a_video_says_what_it_is_and_stays_the_same_otherwise(tmp_path: Path, write_video: Callable[..., None]) -> None:
    write_video(path := tmp_path / "video.mp4", 1.0)
    before, plain = probe(path), path.read_bytes()
    assert stated_in(path) is None
    mark_video(path)
    assert stated_in(path) == SOURCE_TYPE
    marked = path.read_bytes()
    assert marked.startswith(plain)
    mark_video(path)
    assert path.read_bytes() == marked
    after = probe(path)
    assert (after.duration, after.streams, after.faststart) == (before.duration, before.streams, before.faststart)
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 15


def test_a_cover_says_what_it_is_to_readers_of_xmp(tmp_path: Path) -> None:
    path = tmp_path / "cover.jpg"
    Image.new("RGB", (64, 64), "teal").save(path)
    mark_picture(path)
    marked = path.read_bytes()
    mark_picture(path)
    assert path.read_bytes() == marked
    assert stated_in(path) == SOURCE_TYPE
    with Image.open(path) as image:
        image.load()
        assert SOURCE_TYPE.encode() in image.info["xmp"]


def test_what_is_neither_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "video.webm"
    path.write_bytes(b"x" * 100)
    mark_video(path)
    mark_picture(path)
    assert path.read_bytes() == b"x" * 100
