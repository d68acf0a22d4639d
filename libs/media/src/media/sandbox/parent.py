"""Run a function of this library on a stranger's bytes, in a process that can do nothing else.

Each call has a process of its own, forked from a warm template (imports are paid once, a call costs a few
milliseconds), with limits on memory, CPU and wall time, no network, and one folder: see ``media.sandbox.limits`` for
what enforces which. The template starts at the first call and ends with this process.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from media.errors import Corrupt, EngineFailed, MediaError, ResourceExceeded
from media.sandbox import wire
from media.sandbox.child import Job

GRACE_S = 3.0
"""How much longer than ``wall_s`` we wait: the kernel ends the child at ``wall_s``, this covers a busy machine."""

_CRASHES = frozenset({signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL})


def run(
    function: str,
    /,
    *args: object,
    memory_mb: int = 512,
    cpu_s: float = 10,
    wall_s: float = 15,
    job_dir: Path,
    progress: Callable[[float], None] | None = None,
    **kwargs: object,
) -> Any:
    """The result of ``function`` (``"media.images.photos:decode"``) called in a confined child; the working
    directory there is ``job_dir``, the only folder it can read (besides libraries) or write.

    Arguments are pickled; results may be numbers, text, containers, paths, arrays and this library's dataclasses.
    ``memory_mb`` is what the call itself may allocate. Raises what the function raises, ``ResourceExceeded`` at a
    limit, ``Corrupt`` (``DECODER_CRASHED``) when the input crashed the child, ``EngineFailed`` for other failures.
    An exception from ``progress`` ends the child and is passed on. Safe to call from several threads at once.
    """
    job = Job(function, args, kwargs, memory_mb, cpu_s, wall_s, job_dir.resolve(), progress is not None)
    request = pickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)
    until = time.monotonic() + wall_s + GRACE_S
    with _template().open_job() as connection:
        try:
            connection.settimeout(wall_s + GRACE_S)
            wire.send(connection, b"J", request)
            del request
            return _answer(connection, job, until, progress)
        except TimeoutError as late:
            raise ResourceExceeded(f"{function} took longer than {wall_s} s.") from late
        except (BrokenPipeError, ConnectionResetError) as gone:
            raise EngineFailed("The sandbox ended unexpectedly.") from gone


def preload(*modules: str) -> None:
    """Have these modules imported by the template, so that no call pays for them; before the first call."""
    _preloaded.extend(name for name in modules if name not in _preloaded)


def isolation(job_dir: Path) -> dict[str, str]:
    """What keeps a child from the ``network`` and other ``files`` on this machine: ``namespace``, ``landlock``, or
    ``audit hook`` where the kernel offers neither."""
    found: dict[str, str] = run("isolation", job_dir=job_dir)
    return found


def _answer(connection: socket.socket, job: Job, until: float, progress: Callable[[float], None] | None) -> Any:
    most = (job.memory_mb + 64) << 20
    outcome: tuple[bytes, bytearray] | None = None
    while (frame := wire.receive(connection, most=most, until=until)) is not None:
        kind, payload = frame
        if kind == wire.PROGRESS and progress is not None:
            progress(float(wire.load_plain(payload)))
        elif kind == wire.EXIT:
            return _outcome(outcome, int(wire.load_plain(payload)), job)
        elif kind in (wire.RESULT, wire.ERROR):
            outcome = frame
    raise EngineFailed("The sandbox ended unexpectedly.")


def _outcome(outcome: tuple[bytes, bytearray] | None, code: int, job: Job) -> Any:
    if outcome is None:
        raise _death(code, job)
    value = wire.load_plain(outcome[1])
    if outcome[0] == wire.RESULT:
        return value
    raise value if isinstance(value, MediaError) else EngineFailed("The sandbox answered with something unreadable.")


def _death(code: int, job: Job) -> MediaError:
    """The error for a child that ended without an answer."""
    if -code in _CRASHES:
        return Corrupt(f"{job.function} crashed on this file.", code="DECODER_CRASHED")
    if code == -signal.SIGALRM:
        return ResourceExceeded(f"{job.function} took longer than {job.wall_s} s.")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return ResourceExceeded(f"{job.function} used more than {job.cpu_s} s of CPU time or was killed.")
    if code in (-signal.SIGABRT, -signal.SIGXFSZ):
        return ResourceExceeded(f"{job.function} needed more than {job.memory_mb} MB or wrote too much.")
    return EngineFailed(f"The sandbox ended with code {code}.")


class _TemplateProcess:
    """The warm process that forks the children, and the socket to it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-s", "-P", "-m", "media.sandbox.child", str(theirs.fileno()), *_preloaded],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )

    def alive(self) -> bool:
        """Whether it serves this very process (not the one we were forked from) and still runs."""
        return self.owner == os.getpid() and self.process.poll() is None

    def open_job(self) -> socket.socket:
        """A connection to a new child."""
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._lock:
                socket.send_fds(self.control, [b"j"], [theirs.fileno()])
        except OSError as failure:
            ours.close()
            raise EngineFailed("The sandbox does not answer.") from failure
        return ours

    def close(self) -> None:
        """End the template; children of unfinished calls end with it."""
        self.control.close()
        if self.owner == os.getpid():
            try:
                self.process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _environment() -> dict[str, str]:
    """Nothing of ours but where the libraries are; numeric libraries with one thread."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }


_preloaded: list[str] = []
_current: _TemplateProcess | None = None
_starting = threading.Lock()


def _template() -> _TemplateProcess:
    global _current
    with _starting:
        if _current is None or not _current.alive():
            if _current is not None:
                _current.close()
            _current = _TemplateProcess()
            atexit.register(_current.close)
        return _current


def warm_up(job_dir: Path) -> None:
    """Start the template now, so that the first caller does not wait for imports."""
    isolation(job_dir)
