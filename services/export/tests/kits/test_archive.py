"""The archive: the same bytes for the same files, and a manifest that tells the truth."""

from __future__ import annotations

import json
import os
import time
import zipfile
from pathlib import Path

import pytest

from export.kits.archive import Entry, write


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    """Whenever and wherever it is written."""
    media = tmp_path / "video.mp4"
    media.write_bytes(bytes(range(256)) * 9000)
    entries = [Entry("a/video.mp4", media), Entry("a/caption.txt", "Grüße, こんにちは\n")]
    assert write(entries, {"title": "x"}, tmp_path / "1.zip") == ("manifest.json", "a/video.mp4", "a/caption.txt")
    os.utime(media, (time.time() - 86_400, time.time() - 86_400))
    write(entries, {"title": "x"}, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.testzip() is None
        assert archive.read("a/caption.txt").decode() == "Grüße, こんにちは\n"
        assert archive.getinfo("a/video.mp4").compress_type == zipfile.ZIP_STORED
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["title"] == "x"
    assert manifest["files"]["a/video.mp4"]["size"] == 256 * 9000


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """One of them would be lost."""
    with pytest.raises(ValueError, match="one name"):
        write([Entry("a", "1"), Entry("a", "2")], {}, tmp_path / "x.zip")
