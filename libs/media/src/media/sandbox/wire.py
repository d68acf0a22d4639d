"""Frames between a sandbox's parent and child: a kind, a length, a pickle that may hold only plain values.

What comes back from a child that decoded a stranger's bytes is not trusted: the parent unpickles numbers, text,
containers, arrays and this library's own dataclasses and errors, and refuses every other name.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
import time
from typing import Any

from media.errors import EngineFailed, ResourceExceeded

RESULT, ERROR, PROGRESS, EXIT = b"R", b"E", b"P", b"X"

_HEADER = struct.Struct("<cQ")
_ALLOWED = {
    "pathlib": {"Path", "PosixPath"},
    "numpy": {"ndarray", "dtype"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "collections": {"OrderedDict"},
    "builtins": {"complex", "frozenset", "set", "slice", "range"},
}
_OURS = ("media.types", "media.errors")


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Only plain values and our own types."""
        ours = module in _OURS and not name.startswith("__") and "." not in name
        if not ours and name not in _ALLOWED.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} may not come out of a sandbox")
        return super().find_class(module, name)


def load_plain(data: bytes | bytearray) -> Any:
    """The value pickled in ``data``. Raises ``EngineFailed`` for anything but plain values and our own types."""
    try:
        return _PlainUnpickler(io.BytesIO(data)).load()
    except Exception as failure:
        raise EngineFailed(f"The sandbox answered with something unreadable: {failure}") from failure


def send(connection: socket.socket, kind: bytes, payload: bytes) -> None:
    """Send one frame."""
    connection.sendall(_HEADER.pack(kind, len(payload)))
    connection.sendall(payload)


def receive(connection: socket.socket, *, most: int, until: float | None = None) -> tuple[bytes, bytearray] | None:
    """The next frame, or None at the end. ``until`` is a ``time.monotonic`` deadline (``TimeoutError`` after it).
    Raises ``ResourceExceeded`` for a frame longer than ``most`` bytes."""
    header = _exactly(connection, _HEADER.size, until)
    if header is None:
        return None
    kind, length = _HEADER.unpack(header)
    if length > most:
        raise ResourceExceeded(f"The answer has {length:,} bytes; at most {most:,} are taken.")
    payload = _exactly(connection, length, until)
    return None if payload is None else (kind, payload)


def _exactly(connection: socket.socket, length: int, until: float | None) -> bytearray | None:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        connection.settimeout(None if until is None else max(0.001, until - time.monotonic()))
        try:
            count = connection.recv_into(view)
        except ConnectionResetError:
            return None
        if count == 0:
            return None
        view = view[count:]
    return data
