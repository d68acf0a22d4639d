"""The use case of previews: what a run waits to be judged by, made small when its owner asks for it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from chassis.storage.port import ObjectStore
from contracts.objects import StoredObject
from media import errors as media_errors
from media.sandbox.places import Sandbox
from workflow.files.intake import busy

MADE_WITHIN_S = 20.0

_MAKING = "workflow.previews.making"
_KINDS = {"image": ("picture", "out.jpg", "image/jpeg"), "audio": ("speech", "out.wav", "audio/wav")}
"""By the first half of a type: what makes a preview, its file, its type."""


def can_be_shown(stored: StoredObject) -> bool:
    """Whether there are previews of this kind."""
    return _kind(stored) in _KINDS


async def preview(store: ObjectStore, sandbox: Sandbox, stored: StoredObject) -> tuple[bytes, str]:
    """A small picture or a recording of telephone quality, and its type. Raises ``InspectionBusy``,
    ``StoreUnavailable``."""
    function, name, mime_type = _KINDS[_kind(stored)]
    with TemporaryDirectory(prefix="preview-") as where:
        folder = Path(where)
        source = await store.fetch(stored, folder / "source")
        out = folder / name
        try:
            await sandbox.run(
                f"{_MAKING}:{function}", Path(source.name), Path(name), folder=folder, within_s=MADE_WITHIN_S
            )
        except media_errors.MediaError as failure:
            raise busy() from failure
        return out.read_bytes(), mime_type


def _kind(stored: StoredObject) -> str:
    return stored.mime_type.partition("/")[0]
