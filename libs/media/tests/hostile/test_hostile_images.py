"""S-20 for photos: the hostile are refused with a typed error or come out harmless, no honest one is refused."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from media.errors import BadMedia, Corrupt
from media.sandbox import parent as sandbox

LONGEST_S = 5.0
MOST_GROWTH = 8 << 20


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _prepare(path: Path, job_dir: Path) -> bytes:
    """What ``prepare`` makes of a file, in a confined child. Only typed refusals may escape."""
    shutil.copyfile(path, job_dir / "in")
    made = sandbox.run("media.images.photos:prepare", Path("in"), Path("out.jpg"), job_dir=job_dir)
    data = (job_dir / "out.jpg").read_bytes()
    assert made.size == len(data)
    assert max(made.width, made.height) <= 2048
    return data


def _assert_bare_jpeg(data: bytes, name: str) -> None:
    """Nothing but a picture: no EXIF, comment or profile segment, nothing behind the end."""
    assert data.startswith(b"\xff\xd8"), name
    assert data.endswith(b"\xff\xd9"), name
    position = 2
    while data[position + 1] != 0xDA:
        assert data[position] == 0xFF, name
        assert data[position + 1] in (0xE0, 0xDB, 0xC2, 0xC0, 0xC4), (name, hex(data[position + 1]))
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")


def test_hostile_images_are_refused_or_neutralised(corpus: ModuleType, hostile_folder: Path, job_dir: Path) -> None:
    paths = sorted(hostile_folder.glob("*/*"))
    assert len(paths) >= 200
    sandbox.warm_up(job_dir)
    gc.collect()
    before, slowest, outcomes = _resident_bytes(), 0.0, Counter[str]()
    wrong = []
    for path in paths:
        started = time.monotonic()
        try:
            data = _prepare(path, job_dir)
        except BadMedia as refusal:
            outcomes[refusal.code] += 1
        else:
            outcomes["neutralised"] += 1
            _assert_bare_jpeg(data, path.name)
            if path.parent.name == "refuse" or corpus.CANARY in data:
                wrong.append(path.name)
        slowest = max(slowest, time.monotonic() - started)
    gc.collect()
    assert wrong == []
    assert slowest <= LONGEST_S
    assert _resident_bytes() - before <= MOST_GROWTH
    assert outcomes["CORRUPT"] > 100
    assert outcomes["UNKNOWN_FORMAT"] > 40
    assert outcomes["TOO_LARGE"] > 10
    assert sorted(path.name for path in job_dir.iterdir()) == ["in", "out.jpg"]


def test_no_honest_image_is_refused(honest_folder: Path, job_dir: Path) -> None:
    paths = sorted(honest_folder.iterdir())
    assert len(paths) >= 200
    for path in paths:
        _assert_bare_jpeg(_prepare(path, job_dir), path.name)


def test_hostile_names_lead_nowhere(corpus: ModuleType, job_dir: Path, portrait_path: Path) -> None:
    shutil.copyfile(portrait_path, job_dir.parent / "outside.jpg")
    for name in corpus.HOSTILE_NAMES:
        with pytest.raises(Corrupt, match="cannot be read"):
            sandbox.run("media.images.photos:decode", Path(name), job_dir=job_dir)


RECORD = """
import sys
from pathlib import Path
import media.images.photos
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
try:
    media.images.photos.prepare(Path("in"), Path("out.jpg"))
except media.errors.BadMedia:
    pass
Path("opened.txt").write_text("\\n".join(opened))
"""


@pytest.mark.parametrize(
    "name", ["jpeg_zip.jpg", "icc_broken_0.jpg", "frames_10000.webp", "ztxt.png", "is_svg_file.jpg"]
)
def test_decoding_opens_nothing_but_its_input_and_output(hostile_folder: Path, job_dir: Path, name: str) -> None:
    (path,) = hostile_folder.glob(f"*/{name}")
    shutil.copyfile(path, job_dir / "in")
    sandbox.run("builtins:exec", RECORD, {}, job_dir=job_dir)
    opened = (job_dir / "opened.txt").read_text("utf-8").split()
    assert "in" in opened
    assert set(opened) <= {"in", "out.jpg", "opened.txt"}
