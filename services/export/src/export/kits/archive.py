"""Writing a kit's archive. The same files give the same bytes: fixed order, times and permissions."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_WHEN = (2020, 1, 1, 0, 0, 0)
_COMPRESSED = (".txt", ".md", ".json", ".srt", ".vtt", ".html")
_CHUNK = 1 << 20
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive: its name inside, and its content as text or as a file."""

    name: str
    content: str | Path


def write(entries: Sequence[Entry], about: Mapping[str, object], out: Path) -> tuple[str, ...]:
    """Write ``entries`` and a manifest (``about``, and size and SHA-256 of each file) to ``out``; returns the names.

    The manifest comes first. Raises ``ValueError`` for two entries of one name.
    """
    names = [entry.name for entry in entries]
    if len(set(names)) != len(names):
        raise ValueError("two files of an archive have one name")
    files = {entry.name: _described(entry) for entry in entries}
    manifest = json.dumps({**about, "files": files}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    with zipfile.ZipFile(out, "w") as archive:
        for entry in (Entry(MANIFEST, manifest), *entries):
            _add(archive, entry)
    return (MANIFEST, *names)


def _add(archive: zipfile.ZipFile, entry: Entry) -> None:
    info = zipfile.ZipInfo(entry.name, _WHEN)
    info.external_attr = 0o644 << 16
    info.create_system = 3
    info.compress_type = zipfile.ZIP_DEFLATED if entry.name.endswith(_COMPRESSED) else zipfile.ZIP_STORED
    if isinstance(entry.content, str):
        archive.writestr(info, entry.content.encode())
        return
    info.file_size = entry.content.stat().st_size
    with entry.content.open("rb") as source, archive.open(info, "w") as target:
        while chunk := source.read(_CHUNK):
            target.write(chunk)


def _described(entry: Entry) -> dict[str, object]:
    digest = hashlib.sha256()
    size = 0
    if isinstance(entry.content, str):
        data = entry.content.encode()
        digest.update(data)
        size = len(data)
    else:
        with entry.content.open("rb") as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    return {"sha256": digest.hexdigest(), "size": size}
