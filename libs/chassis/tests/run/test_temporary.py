"""What a process keeps for a while is gone when it is gone, also when it was killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from chassis.run.temporary import own_temporary_folder

_WORKS_UNTIL_KILLED = """
import signal, subprocess, sys, tempfile
from pathlib import Path
from chassis.run.temporary import own_temporary_folder

with own_temporary_folder(Path(sys.argv[1])):
    Path(tempfile.mkdtemp(), "film.mp4").write_bytes(b"half")
    show = [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"]
    print(subprocess.run(show, check=True, capture_output=True, text=True).stdout, end="", flush=True)
    signal.pause()
"""


def _removes_files_only(folder: Path, **_: object) -> None:
    for path in folder.iterdir():
        if path.is_file() and path.suffix != ".mp4":
            path.unlink()


def _working(root: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", _WORKS_UNTIL_KILLED, str(root)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_everything_is_kept_in_one_folder_and_goes_with_it(tmp_path: Path) -> None:
    before = tempfile.gettempdir(), os.environ.get("TMPDIR")
    with own_temporary_folder(tmp_path) as folder:
        kept = Path(tempfile.mkdtemp(prefix="attempt-"))
        (kept / "film.mp4").write_bytes(b"half")
        assert kept.parent == folder
    assert list(tmp_path.iterdir()) == []
    assert (tempfile.gettempdir(), os.environ.get("TMPDIR")) == before


def test_it_goes_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), own_temporary_folder(tmp_path):
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_start_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    killed, its_folder = _working(tmp_path)
    living, others_folder = _working(tmp_path)
    foreign = tmp_path / "tp-of-somebody-else"
    foreign.mkdir()
    try:
        # Processes that these start use their folders too.
        assert {its_folder, others_folder} == {path for path in tmp_path.iterdir() if path != foreign}
        killed.kill()
        killed.wait()
        assert list(its_folder.rglob("film.mp4"))
        with own_temporary_folder(tmp_path) as mine:
            assert set(tmp_path.iterdir()) == {others_folder, mine, foreign}
            assert list(others_folder.rglob("film.mp4"))
    finally:
        for process in (killed, living):
            process.kill()
            process.communicate()


def test_what_could_not_be_removed_is_found_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed, its_folder = _working(tmp_path)
    killed.kill()
    killed.communicate()
    with ExitStack() as next_process:
        with monkeypatch.context() as patch:
            # As when a worker that has outlived its parent writes on while its folder is being removed.
            patch.setattr(shutil, "rmtree", _removes_files_only)
            next_process.enter_context(own_temporary_folder(tmp_path))
        assert list(its_folder.rglob("film.mp4"))
    with own_temporary_folder(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_that_cannot_be_used_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError), own_temporary_folder(tmp_path / "missing"):
        pass
