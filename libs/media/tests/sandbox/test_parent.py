"""The confined child: what it may do, what it may not, and how each end is told to the caller."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from media.errors import Corrupt, EngineFailed, ResourceExceeded, UnknownFormat
from media.sandbox import parent as sandbox


def test_result_comes_back_and_the_working_directory_is_the_job_folder(job_dir: Path, portrait_path: Path) -> None:
    (job_dir / "photo.jpg").write_bytes(portrait_path.read_bytes())
    image = sandbox.run("media.images.photos:decode", Path("photo.jpg"), job_dir=job_dir)
    assert image.shape == (512, 512, 3)
    assert image.dtype == np.uint8
    assert sandbox.run("os:getcwd", job_dir=job_dir) == str(job_dir.resolve())


def test_modules_in_the_folder_one_is_in_are_not_ours(job_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("types", "json", "random", "numpy"):
        (job_dir.parent / f"{name}.py").write_text("raise RuntimeError('somebody else is called that')")
    monkeypatch.chdir(job_dir.parent)
    monkeypatch.setattr(sandbox, "_current", None)
    assert sandbox.run("builtins:abs", -3, job_dir=job_dir) == 3


def test_typed_errors_cross_the_border_with_all_fields(job_dir: Path) -> None:
    with pytest.raises(UnknownFormat) as caught:
        sandbox.run("media.images.photos:decode", b"MZ not a photo", job_dir=job_dir)
    assert caught.value.code == "UNKNOWN_FORMAT"
    assert "JPEG" in caught.value.advice


@pytest.mark.parametrize(
    ("function", "argument", "limits"),
    [
        pytest.param("builtins:bytearray", 700 << 20, {"memory_mb": 256}, id="memory"),
        pytest.param("numpy:ones", (30_000, 30_000), {"memory_mb": 256}, id="array"),
        pytest.param("builtins:eval", "[0 for _ in iter(int, 1)]", {"cpu_s": 1, "memory_mb": 2048}, id="cpu"),
        pytest.param("time:sleep", 60, {"wall_s": 0.3}, id="wall"),
    ],
)
def test_limits_end_the_child_with_a_typed_error(
    job_dir: Path, function: str, argument: object, limits: dict[str, int]
) -> None:
    with pytest.raises(ResourceExceeded):
        sandbox.run(function, argument, job_dir=job_dir, **limits)  # type: ignore[arg-type]
    assert sandbox.run("builtins:abs", -1, job_dir=job_dir) == 1


def test_a_crash_in_native_code_is_the_inputs_fault(job_dir: Path) -> None:
    with pytest.raises(Corrupt) as caught:
        sandbox.run("ctypes:string_at", 0, job_dir=job_dir)
    assert caught.value.code == "DECODER_CRASHED"
    assert not caught.value.retryable


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def test_no_connection_leaves_the_child_not_even_from_native_code(job_dir: Path, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with pytest.raises(EngineFailed, match="not allowed"):
        sandbox.run("socket:create_connection", ("127.0.0.1", port), 1, job_dir=job_dir)
    address = b"\\x02\\x00" + b"".join(b"\\x%02x" % byte for byte in port.to_bytes(2, "big")) + b"\\x7f\\x00\\x00\\x01"
    native = (
        "(lambda c: c.connect(c.socket(2, 1, 0), b'" + address.decode("ascii") + "' + bytes(8), 16))"
        "(__import__('ctypes').CDLL(None))"
    )
    assert sandbox.run("builtins:eval", native, job_dir=job_dir) == -1
    with pytest.raises(TimeoutError):
        listener.accept()


def test_files_outside_the_job_folder_are_closed_even_to_native_code(job_dir: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("canary", encoding="ascii")
    with pytest.raises(EngineFailed, match="outside the job folder"):
        sandbox.run("builtins:open", str(secret), job_dir=job_dir)
    (job_dir / "link").symlink_to(secret)
    with pytest.raises(Corrupt):
        sandbox.run("media.images.photos:decode", Path("link"), job_dir=job_dir)
    if sandbox.isolation(job_dir)["files"] == "landlock":
        native = f"__import__('ctypes').CDLL(None).open({os.fsencode(secret)!r}, 0)"
        assert sandbox.run("builtins:eval", native, job_dir=job_dir) == -1


def test_isolation_says_what_protects(job_dir: Path) -> None:
    found = sandbox.isolation(job_dir)
    assert found["network"] in ("namespace", "audit hook")
    assert found["files"] in ("landlock", "audit hook")


def test_secrets_of_the_parent_are_not_in_the_child(job_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "canary")
    assert "canary" not in sandbox.run("builtins:eval", "str(dict(__import__('os').environ))", job_dir=job_dir)


def test_only_plain_values_come_back(job_dir: Path) -> None:
    with pytest.raises(EngineFailed, match="may not come out"):
        sandbox.run("builtins:eval", "__import__('os').system", job_dir=job_dir)


def test_programs_cannot_be_started(job_dir: Path) -> None:
    with pytest.raises(EngineFailed, match="not allowed"):
        sandbox.run("os:system", "true", job_dir=job_dir)


def test_progress_is_reported_and_can_cancel(job_dir: Path, portrait_path: Path) -> None:
    (job_dir / "photo.jpg").write_bytes(portrait_path.read_bytes())
    seen: list[float] = []
    arguments = (Path("photo.jpg"), Path("better.jpg"))
    made = sandbox.run("media.enhance.photo:enhance_file", *arguments, job_dir=job_dir, progress=seen.append)
    assert made.width == 512
    assert (job_dir / "better.jpg").stat().st_size == made.size
    assert seen == sorted(seen)
    assert seen[-1] == 1.0

    class CancelledError(Exception):
        pass

    def cancel(_: float) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        sandbox.run("media.enhance.photo:enhance_file", *arguments, job_dir=job_dir, progress=cancel)


def test_calls_from_several_threads_do_not_mix(job_dir: Path) -> None:
    answers: dict[int, int] = {}

    def call(number: int) -> None:
        answers[number] = sandbox.run("builtins:pow", number, 2, job_dir=job_dir)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == {number: number * number for number in range(12)}


def test_a_killed_template_is_replaced(job_dir: Path) -> None:
    template = sandbox._template()
    template.process.kill()
    template.process.wait(5)
    assert sandbox.run("builtins:abs", -2, job_dir=job_dir) == 2
