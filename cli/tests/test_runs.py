"""Runs that are interrupted, left alone, fetched, cancelled, tried again; and the folder that their files are in."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from talkingphoto import client, folder
from talkingphoto.main import app

COMMAND = "from talkingphoto.main import app; app(prog_name='talkingphoto')"


def ran(fake: Any, home: Path, *arguments: str) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url}
    return CliRunner().invoke(app, list(arguments), env=environment)


@contextmanager
def running(fake: Any, home: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"TALKINGPHOTO_HOME": str(home / "home")}
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments, "--server", fake.url],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def followed(fake: Any) -> Any:
    """The newest run, once somebody follows it."""
    fake.wait_for(lambda: any(run.followers for run in newest(fake)))
    return newest(fake)[0]


def newest(fake: Any) -> list[Any]:
    return list(fake.runs.values())[-1:]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_cancels_the_run_and_says_so(fake: Any, tmp_path: Path, photo: Path, number: int) -> None:
    fake.runs.clear()
    with running(
        fake, tmp_path, "make", str(photo), "--script", "It stays.", "--out", str(tmp_path / "out")
    ) as process:
        run = followed(fake)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, run.status) == (130, "cancelled")
    assert err == f"Stopped: Run {run.id} was cancelled. No credits were used.\n"
    assert "Traceback" not in out
    assert not (tmp_path / "out").exists()


def test_a_run_that_is_to_keep_going_is_left_and_fetched_later(fake: Any, tmp_path: Path, photo: Path) -> None:
    fake.runs.clear()
    arguments = ["make", str(photo), "--script", "It stays.", "--keep-going", "--out", str(tmp_path / "out")]
    with running(fake, tmp_path, *arguments) as process:
        run = followed(fake)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, run.status) == (130, "processing")
    assert err.startswith(f"Stopped: Run {run.id} goes on. Get its files with `talkingphoto get {run.id} ")
    early = ran(fake, tmp_path, "get", str(run.id))
    assert (early.exit_code, early.stderr.split("%")[0]) == (1, f"Error: Run {run.id} is not done yet, 30 ")
    assert f"`talkingphoto watch {run.id}" in early.stderr
    run.status = "completed"
    # What was said can be typed.
    typed = err.split("`")[1].removeprefix("talkingphoto ").split()
    got = ran(fake, tmp_path, *typed, "--out", str(tmp_path / "out"))
    assert got.exit_code == 0, got.output
    assert (tmp_path / "out" / "video.mp4").read_bytes() == fake.files(run)["video"][1]


def test_an_interruption_that_comes_too_late_says_how_to_get_the_files(fake: Any, tmp_path: Path, photo: Path) -> None:
    fake.runs.clear()
    with running(fake, tmp_path, "make", str(photo), "--script", "It stays, too late.", "--json") as process:
        run = followed(fake)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    error = json.loads(out)["error"]
    assert (process.returncode, error["code"]) == (130, "stopped")
    assert error["message"].startswith(f"Run {run.id} is done already. Get its files with `talkingphoto get {run.id}")


@pytest.fixture
def waiting(fake: Any) -> Iterator[Any]:
    """The platform, to be waited for where it waits, and let go."""
    fake.runs.clear()
    fake.waiting.clear()
    fake.go = False
    yield fake
    fake.go = True


def stopped(process: subprocess.Popen[str]) -> str:
    """What is said at the end of a command that was interrupted."""
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in out + err
    return err


def test_an_interruption_before_the_order_orders_nothing(waiting: Any, tmp_path: Path, photo: Path) -> None:
    slow = photo.rename(tmp_path / "slow.jpg")
    with running(waiting, tmp_path, "make", str(slow), "--script", "Hi.") as process:
        waiting.wait_for(lambda: waiting.waiting == ["upload"])
        process.send_signal(signal.SIGINT)
        assert stopped(process) == "Stopped: Nothing was ordered.\n"
    assert not waiting.runs


def test_an_order_that_is_on_its_way_is_cancelled_when_it_has_arrived(
    waiting: Any, tmp_path: Path, photo: Path
) -> None:
    with running(waiting, tmp_path, "make", str(photo), "--script", "It ponders and stays.") as process:
        waiting.wait_for(lambda: waiting.waiting == ["order"])
        process.send_signal(signal.SIGINT)
        waiting.go = True
        said = stopped(process)
    [run] = newest(waiting)
    assert run.status == "cancelled"
    assert said == f"Stopped: Run {run.id} was cancelled. No credits were used.\n"


def test_who_does_not_wait_for_the_cancellation_is_told_how_to_repeat_it(
    waiting: Any, tmp_path: Path, photo: Path
) -> None:
    with running(waiting, tmp_path, "make", str(photo), "--script", "It stays and clings.") as process:
        run = followed(waiting)
        process.send_signal(signal.SIGINT)
        waiting.wait_for(lambda: waiting.waiting == ["cancel"])
        process.send_signal(signal.SIGINT)
        said = stopped(process)
    assert said.startswith(f"Stopped: Run {run.id} goes on.")
    assert f"Stop it with `talkingphoto cancel {run.id}" in said


def test_an_interrupted_download_leaves_no_file_and_says_how_to_repeat_it(
    waiting: Any, tmp_path: Path, photo: Path
) -> None:
    out = tmp_path / "out"
    with running(waiting, tmp_path, "make", str(photo), "--script", "It stalls.", "--out", str(out)) as process:
        waiting.wait_for(lambda: waiting.waiting == ["download"])
        process.send_signal(signal.SIGINT)
        said = stopped(process)
    [run] = newest(waiting)
    assert said.startswith(f"Stopped: The files of run {run.id} are not here. Get them with `talkingphoto get {run.id}")
    assert not out.exists() or not list(out.iterdir())


def test_watching_is_ended_without_ending_what_is_watched(fake: Any, tmp_path: Path) -> None:
    fake.runs.clear()
    run_id = fake.add("It stays.", status="processing")
    with running(fake, tmp_path, "watch", run_id) as process:
        run = followed(fake)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, run.status) == (130, "processing")
    assert f"Run {run_id} goes on." in err


def test_a_platform_that_goes_away_leaves_the_run_and_the_way_to_its_files(
    fake: Any, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_PATIENCE_S", 0.2)

    async def gone(self: client.Client, run_id: str) -> Any:
        raise client.Unreachable("Nothing answers any more.")

    monkeypatch.setattr(client.Client, "run", gone)
    fake.runs.clear()
    result = ran(fake, tmp_path, "make", str(photo), "--script", "Hello.", "--out", str(tmp_path / "out"))
    [run] = newest(fake)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: Nothing answers any more. Run {run.id} goes on where the platform does")
    assert f"`talkingphoto get {run.id} --server {fake.url} --home {tmp_path / 'home'}`" in result.stderr


def test_a_run_is_cancelled_once_and_then_tried_again(fake: Any, tmp_path: Path) -> None:
    run_id = fake.add("It stays.", status="processing")
    cancelled = ran(fake, tmp_path, "cancel", run_id)
    assert (cancelled.exit_code, cancelled.stdout) == (0, f"Run {run_id} was cancelled. No credits were used.\n")
    again = ran(fake, tmp_path, "cancel", run_id)
    assert (again.exit_code, again.stderr.split(";")[0]) == (3, "Error: This workflow has ended")
    assert "talkingphoto retry" in ran(fake, tmp_path, "status", run_id).stdout
    retried = ran(fake, tmp_path, "retry", run_id, "--out", str(tmp_path / "out"))
    assert retried.exit_code == 0, retried.output
    assert (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize("command", ["get", "watch"])
def test_a_run_that_failed_says_why_and_what_can_be_done(fake: Any, tmp_path: Path, command: str) -> None:
    run_id = fake.add("It fails again.", status="failed")
    result = ran(fake, tmp_path, command, run_id)
    assert result.exit_code == 1
    assert "Use a photo that shows a face from the [front]. No credits were used. Try it again with" in result.stderr
    assert f"`talkingphoto retry {run_id}" in result.stderr


@pytest.mark.parametrize("command", ["get", "watch", "status"])
def test_a_run_of_somebody_else_is_no_run(fake: Any, tmp_path: Path, command: str) -> None:
    result = ran(fake, tmp_path, command, "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")
    assert (result.exit_code, result.stderr) == (3, "Error: There is no such workflow.\n")


def test_status_tells_of_a_part_that_is_dead(fake: Any, tmp_path: Path) -> None:
    run_id = fake.add("Done.")
    announced = {"url": fake.url, "operations": {"gateway": fake.url, "billing.worker": "http://127.0.0.1:1"}}
    with (tmp_path / "platform.json").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(announced, file)
        file.flush()
        environment = {"TALKINGPHOTO_HOME": str(tmp_path), "TALKINGPHOTO_SERVER": None}
        result = CliRunner().invoke(app, ["status"], env=environment)
    assert result.exit_code == 0
    assert run_id in result.stdout
    assert "Warning: billing.worker does not answer at http://127.0.0.1:1.\n" in result.stderr


def test_files_of_two_runs_are_never_mixed(fake: Any, tmp_path: Path, photo: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert ran(fake, tmp_path, "make", str(photo), "--script", "One.", "--out", str(out)).exit_code == 0
    arguments = ["--script", "Two.", "--platform", "tiktok", "--out", str(out)]
    assert ran(fake, tmp_path, "make", str(photo), *arguments).exit_code == 0
    summary = json.loads((out / "summary.json").read_text())
    assert {path.name for path in out.iterdir()} == {*summary["files"], "summary.json", "mine.txt"}
    assert "tiktok.mp4" in summary["files"]
    assert all((out / name).read_bytes().endswith(b"Two.") for name in summary["files"])


@pytest.mark.parametrize("script", ["It is damaged.", "It breaks off."])
def test_what_arrives_broken_leaves_the_old_files_as_they_are(
    fake: Any, tmp_path: Path, photo: Path, script: str
) -> None:
    out = tmp_path / "out"
    assert ran(fake, tmp_path, "make", str(photo), "--script", "One.", "--out", str(out)).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    result = ran(fake, tmp_path, "make", str(photo), "--script", script, "--out", str(out))
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    [run] = newest(fake)
    assert result.exit_code == 1
    assert f"Get them with `talkingphoto get {run.id}" in result.stderr
    assert "secret" not in result.stderr
    assert ("video.mp4 arrived damaged" in result.stderr) == (script == "It is damaged.")


def test_a_full_disk_names_the_file_and_leaves_the_old_ones(
    fake: Any, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert ran(fake, tmp_path, "make", str(photo), "--script", "One.", "--out", str(out)).exit_code == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    resource = __import__("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    # No file may be longer than half of the film: the write fails as on a full disk, in the middle of a file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        result = ran(fake, tmp_path, "make", str(photo), "--script", "Two.", "--out", str(out))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert result.exit_code == 1
    assert f"Error: {out / 'video.mp4'} cannot be written: File too large. The files of run" in result.stderr
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_summary_is_only_there_with_what_it_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    files: dict[str, Any] = {"a.mp4": {}, "b.mp4": {}, "c.mp4": {}}
    for number in (1, 2):
        with folder.staged(out, "run") as beside:
            for name in files:
                (beside / name).write_text(f"{number}")
            if number == 1:
                folder.deliver(beside, out, {"files": files})
                continue
            (beside / "b.mp4").unlink()
            with pytest.raises(folder.Unwritable, match=r"b\.mp4 cannot be written"):
                folder.deliver(beside, out, {"files": files})
    assert (out / "a.mp4").read_text() == "2"
    assert not (out / "summary.json").exists()


def test_an_earlier_summary_removes_nothing_outside_its_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "mine").write_text("mine")
    (out / "summary.json").write_text(json.dumps({"files": {"../mine": {}, "old.mp4": {}, "never.mp4": {}}}))
    (out / "old.mp4").write_text("old")
    with folder.staged(out, "run") as beside:
        (beside / "a.mp4").write_text("a")
        folder.deliver(beside, out, {"files": {"a.mp4": {}}})
    assert sorted(path.name for path in out.iterdir()) == ["a.mp4", "summary.json"]
    assert (tmp_path / "mine").exists()


def test_trying_a_folder_leaves_nothing(tmp_path: Path) -> None:
    folder.check(tmp_path / "new" / "er", ["video.mp4"])
    assert not list(tmp_path.iterdir())
    folder.check(tmp_path, ["video.mp4"])
    assert not list(tmp_path.iterdir())
