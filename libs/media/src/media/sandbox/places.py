"""Confined children from within an event loop, a few at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from media.errors import MediaError
from media.sandbox import parent

MEMORY_MB = 1024
"""A photo of the largest accepted sides is decoded twice and turned within this."""


class Sandbox:
    """Calls functions in confined children, ``at_once`` of them side by side; others wait.

    ``modules`` are those that the functions are in: imported once, not by each child.
    """

    def __init__(self, at_once: int, *modules: str) -> None:
        self._places = asyncio.Semaphore(at_once)
        parent.preload(*modules)

    @contextlib.asynccontextmanager
    async def warm(self) -> AsyncIterator[None]:
        """Get what all children come from ready beside the rest, so that the first file does not wait for imports."""
        warming = asyncio.create_task(asyncio.to_thread(_warm_up))
        yield
        await warming

    async def run(self, function: str, /, *args: object, folder: Path, within_s: float, **kwargs: object) -> Any:
        """The result of ``function`` (``module:name``) in a child that sees ``folder`` alone; paths are within it.

        Raises what the function raises of ``media.errors``, and ``ResourceExceeded`` past ``within_s``.
        """
        call = partial(
            parent.run,
            function,
            *args,
            memory_mb=MEMORY_MB,
            cpu_s=within_s,
            wall_s=within_s,
            job_dir=folder,
            **kwargs,  # type: ignore[arg-type]
        )
        async with self._places:
            return await asyncio.to_thread(call)


def _warm_up() -> None:
    # Whoever needs it then tries again, and is told why it does not work.
    with TemporaryDirectory(prefix="warm-") as folder, contextlib.suppress(MediaError):
        parent.warm_up(Path(folder))
