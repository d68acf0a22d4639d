"""The studio's files: read once, compressed once, known by what is in them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import posixpath
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}
"""What is given out; a file of another kind is not there."""

_PACKED = frozenset({".png", ".woff2"})
"""Nothing is gained by compressing them again."""

_PARTS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_INLINE = re.compile(rb"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
_IMPORT = re.compile(r'^(?:import|export)\b[^;"]*"([./][^"]+)";', re.MULTILINE)
_HERE = b"/studio/here/"
"""Stands in the page for the folder of this version."""


@dataclass(frozen=True)
class File:
    """One file, as it is sent."""

    body: bytes
    media_type: str
    compresses: bool

    @cached_property
    def tag(self) -> str:
        """An ETag that changes with the content and with nothing else."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    @cached_property
    def compressed(self) -> bytes | None:
        """The same by gzip, where that is shorter."""
        packed = gzip.compress(self.body, compresslevel=9, mtime=0) if self.compresses else self.body
        return packed if len(packed) < len(self.body) else None


class Files:
    """What lies in a folder; changed files are read anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._read: dict[Path, tuple[tuple[int, int], File]] = {}
        self._page: tuple[str, File, str] | None = None

    def at(self, path: str) -> File | None:
        """The file at a path with slashes below the folder; None where none is, or where it leads out of it."""
        parts = path.split("/")
        if not all(_PARTS.fullmatch(part) for part in parts) or PurePosixPath(path).suffix not in MEDIA_TYPES:
            return None
        found = self._folder.joinpath(*parts)
        if not found.is_file() or not found.resolve().is_relative_to(self._folder):
            return None
        return self._file(found)

    @property
    def version(self) -> str:
        """Of all files together: another one as soon as one of them differs."""
        whole = hashlib.sha256()
        for path in sorted(self._folder.rglob("*")):
            if path.suffix in MEDIA_TYPES and path.is_file():
                whole.update(f"{path.relative_to(self._folder).as_posix()} {self._file(path).tag}\n".encode())
        return whole.hexdigest()[:16]

    def page(self) -> tuple[File, str]:
        """The one page, leading to the files of this version, and the hash of its import map for the policy."""
        version = self.version
        if self._page is None or self._page[0] != version:
            body = (self._folder / "index.html").read_bytes()
            links = "".join(f'<link rel="modulepreload" href="{_HERE.decode()}{name}">\n' for name in self._first())
            body = body.replace(b"</head>", f"{links}</head>".encode())
            body = body.replace(_HERE, f"/studio/~{version}/".encode())
            inline = _INLINE.search(body)
            digest = hashlib.sha256(inline[1] if inline else b"").digest()
            file = File(body, MEDIA_TYPES[".html"], compresses=True)
            self._page = version, file, f"sha256-{base64.b64encode(digest).decode()}"
        return self._page[1:]

    def _first(self) -> list[str]:
        """The modules that the page starts with: asked for at once, not as one leads to the next."""
        found, wanted = dict[str, None](), ["app.js"]
        while wanted:
            name = wanted.pop(0)
            if name not in found and (file := self.at(name)) is not None:
                found[name] = None
                wanted += [
                    posixpath.normpath(f"{posixpath.dirname(name)}/{imported}").lstrip("/")
                    for imported in _IMPORT.findall(file.body.decode())
                ]
        return list(found)

    def _file(self, path: Path) -> File:
        stat = path.stat()
        state = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(path)
        if known is None or known[0] != state:
            file = File(path.read_bytes(), MEDIA_TYPES[path.suffix], path.suffix not in _PACKED)
            self._read[path] = known = (state, file)
        return known[1]
