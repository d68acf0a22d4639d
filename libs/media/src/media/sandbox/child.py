"""The other side of ``media.sandbox.parent``: a warm template process that forks one confined child for each job.

Started as ``python -m media.sandbox.child FD``; it ends when the parent closes its end of that socket. The template
holds no secrets (it gets an empty environment), has one thread, no network, and never touches a job's data itself.
"""

from __future__ import annotations

import gc
import importlib
import os
import pickle
import selectors
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
from PIL import Image

from media import errors
from media.sandbox import limits, wire

WARM = (
    "media.images.photos",
    "media.faces.preflight",
    "media.video.probe",
    "media.video.thumbnails",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
    "PIL.WebPImagePlugin",
)


@dataclass(frozen=True, slots=True)
class Job:
    """One call: the function as ``module:name``, its arguments, limits and folder."""

    function: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    memory_mb: int
    cpu_s: float
    wall_s: float
    job_dir: Path
    wants_progress: bool = False


@dataclass(slots=True)
class _Template:
    control: socket.socket
    network: str
    readable: tuple[Path, ...]
    running: dict[int, socket.socket] = field(default_factory=dict)

    def serve(self) -> None:
        """Fork a child for every socket that arrives, tell each parent how its child ended, until the control ends."""
        wake_in, wake_out = socket.socketpair()
        wake_in.setblocking(False)
        wake_out.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_out.fileno())
        with selectors.DefaultSelector() as selector:
            selector.register(self.control, selectors.EVENT_READ)
            selector.register(wake_in, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is wake_in:
                        wake_in.recv(4096)
                        self._reap()
                    elif not self._start():
                        return

    def _start(self) -> bool:
        data, descriptors, _, _ = socket.recv_fds(self.control, 1, 1)
        if not data:
            return False
        connection = socket.socket(fileno=descriptors[0])
        child = os.fork()
        if child == 0:
            self._become_child(connection)
        self.running[child] = connection
        return True

    def _become_child(self, connection: socket.socket) -> None:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            limits.die_with_parent()
            keep = connection.fileno()
            os.closerange(3, keep)
            os.closerange(keep + 1, 4096)
            _work(connection, self.network, self.readable)
            status = 0
        finally:
            os._exit(status)

    def _reap(self) -> None:
        while self.running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child == 0:
                return
            with self.running.pop(child) as connection:
                connection.settimeout(1.0)
                try:
                    wire.send(connection, wire.EXIT, pickle.dumps(os.waitstatus_to_exitcode(status)))
                except OSError as gone:
                    print(f"sandbox: parent left before its child ended ({gone})", file=sys.stderr)


def _work(connection: socket.socket, network: str, readable: tuple[Path, ...]) -> None:
    frame = wire.receive(connection, most=1 << 31)
    if frame is None:
        return
    job: Job = pickle.loads(frame[1])  # noqa: S301 (comes from our own parent)
    os.chdir(job.job_dir)
    try:
        isolation = _confine(job, network, readable)
        if job.function == "isolation":
            answer: object = isolation
        else:
            module, _, name = job.function.partition(":")
            answer = getattr(importlib.import_module(module), name)(*job.args, **_with_progress(job, connection))
        payload = pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL)
    except errors.MediaError as refusal:
        wire.send(connection, wire.ERROR, pickle.dumps(refusal))
    except MemoryError:
        _send_error(connection, errors.ResourceExceeded(f"The work needed more than {job.memory_mb} MB."))
    except Exception as failure:
        _send_error(connection, _translated(failure, job))
    else:
        wire.send(connection, wire.RESULT, payload)


def _confine(job: Job, network: str, readable: tuple[Path, ...]) -> dict[str, str]:
    limits.limit_resources(memory_mb=job.memory_mb, cpu_s=job.cpu_s, wall_s=job.wall_s)
    libraries = tuple(path for path in readable if not job.job_dir.is_relative_to(path))
    files = limits.confine_files(job.job_dir, libraries)
    limits.install_audit_hook(job.job_dir, libraries)
    return {"network": network, "files": files}


def _with_progress(job: Job, connection: socket.socket) -> dict[str, Any]:
    if not job.wants_progress:
        return job.kwargs

    def report(done: float) -> None:
        wire.send(connection, wire.PROGRESS, pickle.dumps(float(done)))

    return {**job.kwargs, "progress": report}


def _send_error(connection: socket.socket, error: errors.MediaError) -> None:
    wire.send(connection, wire.ERROR, pickle.dumps(error))


def _translated(failure: Exception, job: Job) -> errors.MediaError:
    if isinstance(failure, cv2.error) and failure.code == cv2.Error.StsNoMem:
        return errors.ResourceExceeded(f"The work needed more than {job.memory_mb} MB.")
    return errors.EngineFailed(f"{job.function} failed: {type(failure).__name__}: {failure}")


def main(descriptor: int, *more: str) -> None:
    """Serve jobs that arrive on the socket ``descriptor``; the modules in ``more`` are imported before the first."""
    cv2.setNumThreads(1)
    for name in (*WARM, *more):
        importlib.import_module(name)
    Image.preinit()
    readable = limits.readable_roots()
    network = limits.enter_empty_network()
    gc.freeze()
    with socket.socket(fileno=descriptor) as control:
        _Template(control, network, readable).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
