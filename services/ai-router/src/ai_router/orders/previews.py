"""A quick look at what a recipe makes of a picture, while somebody waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ai_router.orders.errors import PreviewBusy, RecipeRefused
from ai_router.providers.local import work
from chassis.storage.port import ObjectStore
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.objects import StoredObject
from media.errors import BadMedia, MediaError

WITHIN_S = 15.0
"""From the request to the picture: whoever has waited so long is told to come again."""
AT_ONCE = 4
"""So many have their files here, and wait for the worker; others wait for nothing but their turn."""


class Previews:
    """Makes them in worker processes, in that for short work."""

    def __init__(self, store: ObjectStore, processes: ProcessPool) -> None:
        self._store = store
        self._processes = processes
        self._places = asyncio.Semaphore(AT_ONCE)

    async def of(self, inputs: Mapping[str, StoredObject], recipe: Sequence[Mapping[str, Any]]) -> bytes:
        """A JPEG, within ``WITHIN_S``. Raises ``RecipeRefused``, ``PreviewBusy``, ``StoreUnavailable``."""
        try:
            async with asyncio.timeout(WITHIN_S), self._places:
                return await self._made(inputs, recipe)
        except (MediaError, WorkerDied, TimeoutError) as error:
            raise PreviewBusy("The preview could not be made in time. Try again.", retry_after_s=2) from error

    async def _made(self, inputs: Mapping[str, StoredObject], recipe: Sequence[Mapping[str, Any]]) -> bytes:
        with TemporaryDirectory(prefix="preview-") as name:
            folder = Path(name)
            files = {role: await self._store.fetch(stored, folder / role) for role, stored in inputs.items()}
            photo, out = files.pop("image"), folder / "preview.jpg"
            try:
                await self._processes.run(
                    work.preview, photo, out, list(recipe), files, deadline_s=WITHIN_S, quick=True
                )
            except BadMedia as error:
                raise RecipeRefused(
                    f"{error.message} {error.advice}".strip(), details={"reason": error.code}
                ) from error
            return await asyncio.to_thread(out.read_bytes)
