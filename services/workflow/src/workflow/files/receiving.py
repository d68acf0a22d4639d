"""Receiving an upload: the part named ``file`` goes to disk as it arrives, hashed on the way and bounded."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from chassis.errors import Invalid
from workflow.files.errors import FileTooLarge, NoFile

MAX_FORM_OVERHEAD = 65_536
"""Boundaries, part headers and small fields, in bytes."""
FIELDS = ("purpose", "is_temporary", "project_id")
"""What a form may say besides its file."""
_MAX_FIELD = 1_000
_MAX_PARTS = 20
_HEAD = 512
_WRITE_AT = 1 << 20

JudgeHead = Callable[[bytes], None]
"""Raises when the first bytes are reason enough to refuse the rest."""


@dataclass(slots=True)
class Received:
    """A file that has arrived. ``name`` is what the client calls it; ``fields`` are the form's other parts."""

    path: Path
    name: str = ""
    size: int = 0
    sha256: str = ""
    fields: dict[str, str] = field(default_factory=dict)


async def receive(
    content_type: str, body: AsyncIterator[bytes], path: Path, *, limit: int, judge_head: JudgeHead
) -> Received:
    """Write the file of a multipart form to ``path``.

    Raises :class:`NoFile` for what is no such form, :class:`FileTooLarge` as soon as more than ``limit`` bytes of the
    file have come, ``Invalid`` for a field that is not in :data:`FIELDS`, and what ``judge_head`` raises as soon as the
    head is there. Nothing more is read then.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise NoFile("Send the file as multipart/form-data in a part named file.")
    with await asyncio.to_thread(path.open, "wb") as target:
        form = _Form(target, Received(path), limit, judge_head)
        try:
            parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": form.part_begins,
                    "on_header_field": form.header_name,
                    "on_header_value": form.header_value,
                    "on_header_end": form.header_ends,
                    "on_headers_finished": form.headers_end,
                    "on_part_data": form.data,
                    "on_part_end": form.part_ends,
                    "on_end": form.ends,
                },
            )
            async for chunk in body:
                parser.write(chunk)
                if len(form.buffer) >= _WRITE_AT:
                    await asyncio.to_thread(form.flush)
            await asyncio.to_thread(form.flush)
        except FormParserError as malformed:
            raise NoFile("The multipart form cannot be read.") from malformed
    return form.finished()


class _Form:
    """Callbacks of the parser. Only one part named ``file`` is taken; other parts are short fields."""

    def __init__(self, target: BinaryIO, received: Received, limit: int, judge_head: JudgeHead) -> None:
        self.buffer = bytearray()
        self._target = target
        self._received = received
        self._limit = limit
        self._judge_head = judge_head
        self._digest = hashlib.sha256()
        self._head = b""
        self._judged = False
        self._parts = 0
        self._complete = False
        self._has_file = False
        self._in_file = False
        self._name = ""
        self._unknown: str | None = None
        self._value = bytearray()
        self._header = (bytearray(), bytearray())
        self._disposition = b""

    def part_begins(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise NoFile("The form has too many parts.")
        self._disposition = b""
        self._value.clear()

    def header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])
        if len(self._header[1]) > _MAX_FIELD * 4:
            raise NoFile("A header of the form is too long.")

    def header_ends(self) -> None:
        if bytes(self._header[0]).lower() == b"content-disposition":
            self._disposition = bytes(self._header[1])
        self._header = (bytearray(), bytearray())

    def headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = self._name == "file"
        if not self._in_file and self._name not in FIELDS and self._unknown is None:
            self._unknown = self._name[:50]
        if self._in_file:
            if self._has_file:
                raise NoFile("Send one file at a time.")
            self._has_file = True
            self._received.name = options.get(b"filename", b"").decode("utf-8", "replace")
        if self._has_file and self._unknown is not None:
            raise Invalid(
                f"An upload has no field {self._unknown!r}. Send file, and if you like {', '.join(FIELDS)}.",
                fields={self._unknown: "is unknown"},
            )

    def data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if not self._in_file:
            self._value.extend(piece)
            if len(self._value) > _MAX_FIELD:
                raise NoFile(
                    f"The field {self._name[:50]!r} is too long. Send the file in a part named 'file'.",
                    fields={self._name[:50]: f"at most {_MAX_FIELD} bytes; the file goes into 'file'"},
                )
            return
        self._received.size += len(piece)
        if self._received.size > self._limit:
            raise FileTooLarge(
                f"The file is larger than {self._limit:,} bytes. Send larger sound and video in parts, "
                "to /api/v1/files/multipart.",
                fields={"file": f"at most {self._limit:,} bytes"},
            )
        self.buffer.extend(piece)
        if len(self._head) < _HEAD:
            self._head += piece[: _HEAD - len(self._head)]
            if len(self._head) == _HEAD:
                self._judge()

    def part_ends(self) -> None:
        if self._in_file:
            self._judge()
        elif self._name:
            self._received.fields[self._name] = self._value.decode("utf-8", "replace")

    def ends(self) -> None:
        self._complete = True

    def flush(self) -> None:
        """Write and hash what has come; runs in a thread while nothing else touches the form."""
        self._target.write(self.buffer)
        self._digest.update(self.buffer)
        self.buffer.clear()

    def finished(self) -> Received:
        """What has arrived; raises :class:`NoFile` when it is not whole."""
        if not self._has_file or not self._complete:
            found = ", ".join(repr(name[:50]) for name in self._received.fields) or "none"
            raise NoFile(
                f"The form has no complete part named 'file'. Parts that came: {found}.", fields={"file": "is missing"}
            )
        self._received.sha256 = self._digest.hexdigest()
        return self._received

    def _judge(self) -> None:
        if not self._judged:
            self._judged = True
            self._judge_head(self._head)
