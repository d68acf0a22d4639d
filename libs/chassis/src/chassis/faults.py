"""Named crash points: ``FAULT=<point>:<nth>`` ends this process at the nth passage of that point.

A point that many pass may be narrowed by its scope, a service or a queue:
``FAULT=billing.transaction.before_commit:3``.

``FAULT_LOG=<file>`` writes down there what is passed instead, a line each, scope first.

Every commit, publish, acknowledgement, vendor call and file rename has a point before and after it; a test
reads the sources and fails when one is missing. Without either in the environment ``point`` does nothing.
"""

from __future__ import annotations

import os
from collections import Counter

EXIT_CODE = 137
"""What a process killed by SIGKILL reports; supervisors treat both alike."""

_passed: Counter[str] = Counter()


def point(name: str, scope: str = "") -> None:
    """Pass the crash point ``name`` in ``scope``. Names are ``<subject>.<before|after>_<act>``."""


def _armed(spec: str) -> None:
    target, _, nth = spec.rpartition(":")
    occurrence = int(nth)

    def armed(name: str, scope: str = "") -> None:
        if target in (name, f"{scope}.{name}"):
            _passed[target] += 1
            if _passed[target] == occurrence:
                # No clean-up of any kind: buffers, finally blocks and exit handlers must not run.
                os._exit(EXIT_CODE)

    globals()["point"] = armed


def _logging(path: str) -> None:
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def logged(name: str, scope: str = "") -> None:
        # One write a line: threads pass points side by side.
        os.write(log, f"{scope}.{name}\n".removeprefix(".").encode())

    globals()["point"] = logged


if spec := os.environ.get("FAULT"):
    _armed(spec)
elif path := os.environ.get("FAULT_LOG"):
    _logging(path)
