"""Media inside JSON: out into a file, in pieces, and the rest decoded."""

from __future__ import annotations

import base64
import json
import tracemalloc
from pathlib import Path

import pytest

from ai_router.providers.inline import NoMedia, take


def _answer(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "answer.json"
    file.write_text(text)
    return file


@pytest.mark.parametrize("size", [1, 2, 3, 1000, 3_000_000, 7_000_001])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_every_length_comes_out_whole(tmp_path: Path, size: int, encode: object) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    text = encode(data[:size]).decode()  # type: ignore[operator]
    file = _answer(tmp_path, json.dumps({"done": True, "videos": [{"bytes": text, "mimeType": "video/mp4"}], "n": 1}))
    rest = take(file, "bytes", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == data[:size]
    assert rest == {"done": True, "videos": [{"bytes": "", "mimeType": "video/mp4"}], "n": 1}


@pytest.mark.parametrize(
    "text", ["", '{"a": 1}', '{"bytes": "AAAA', '{"bytes": "AA!A"}', '{"bytes": "AAAA"', '{"bytes": null}']
)
def test_what_is_not_whole_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(NoMedia):
        take(_answer(tmp_path, text), "bytes", tmp_path / "out")


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    """A clip of 40 MB passes through a few megabytes."""
    file = tmp_path / "answer.json"
    with file.open("wb") as out:
        out.write(b'{"bytes": "')
        for _ in range(40):
            out.write(base64.b64encode(bytes(1_048_575)))
        out.write(b'"}')
    tracemalloc.start()
    take(file, "bytes", tmp_path / "out")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "out").stat().st_size == 40 * 1_048_575
    assert peak < 16_000_000
