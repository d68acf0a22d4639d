"""Servers and services as children of this process."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO

_PR_SET_PDEATHSIG = 1
_NOBODY_ELSE = 0o077


async def spawn(
    *command: str,
    environment: Mapping[str, str],
    output: int | IO[bytes],
    on_our_end: signal.Signals,
    folder: Path | None = None,
) -> asyncio.subprocess.Process:
    """Start a child in a session of its own: Ctrl-C is for us, who then stop it in order.

    If we end without doing so (killed), the kernel sends it ``on_our_end``; elsewhere than on Linux it stays. What it
    says goes to ``output``, and its files are readable by this user alone.
    """
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
    return await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        umask=_NOBODY_ELSE,
        preexec_fn=(lambda: prctl(_PR_SET_PDEATHSIG, on_our_end)) if prctl is not None else None,
    )


def how_it_ended(code: int) -> str:
    """An exit code in words: ``was killed (SIGKILL)``, ``ended with exit code 3``."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"was killed ({name})"
