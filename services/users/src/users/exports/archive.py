"""Making one ZIP file of all parts: each JSON as it is, and the files that they name, one after the other."""

from __future__ import annotations

import asyncio
import re
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import structlog

from chassis.storage.port import ObjectMissing, ObjectStore
from contracts.objects import StoredObject

log = structlog.get_logger(__name__)

_UNFIT = re.compile(r"[^\w./ -]+")


async def put_archive(
    store: ObjectStore, key: str, own: Mapping[str, Any], parts: Mapping[str, StoredObject]
) -> StoredObject:
    """Store the archive under ``key``. Never more than one file of the person's is on this machine, none in memory."""
    with tempfile.TemporaryDirectory() as folder:
        out, piece = Path(folder, "archive.zip"), Path(folder, "piece")
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("users.json", _pretty(own))
            names: set[str] = set()
            for service, part in sorted(parts.items()):
                found = orjson.loads(await store.read(part))
                archive.writestr(f"{service}.json", _pretty(found["data"]))
                for file in found["files"]:
                    name = _unlike(_UNFIT.sub("_", file["name"]).replace("..", "_"), names)
                    try:
                        await store.fetch(StoredObject.model_validate(file["object"]), piece)
                    except ObjectMissing:
                        # It was removed since its part was made.
                        log.info("export.file_gone", key=file["object"]["key"])
                        continue
                    # Photos and videos do not get any smaller.
                    await asyncio.to_thread(archive.write, piece, f"files/{name}", zipfile.ZIP_STORED)
        return await store.put_file(out, key, "application/zip")


def _pretty(data: Any) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_INDENT_2, default=str)


def _unlike(name: str, names: set[str]) -> str:
    while name in names:
        name = f"_{name}"
    names.add(name)
    return name
