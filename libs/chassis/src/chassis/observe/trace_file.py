"""Spans kept on this machine, a JSON object a line, in a folder that does not grow for ever.

A span has a line when it begins, with ``end_ns`` null, and another one when it ends, which replaces the first.

Each process writes files of its own, so that nobody waits for anybody; whoever begins a new one removes the oldest of
the folder beyond its size. Names begin with the time, so that they are ordered by it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind, StatusCode

SERVICE = "talkingphoto.service"
"""The attribute that says whose span it is."""

STATEMENT = "db.query.summary"
"""The attribute that only database statements have."""

_FILES = 8
"""So many files of the largest size fill the folder."""


class TraceFile(SpanExporter):
    """Writes spans as they end. ``most_bytes``: how large the folder may grow, for all processes together."""

    def __init__(self, folder: Path, service: str, *, most_bytes: int) -> None:
        self._folder = folder
        self._service = service
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._left = 0

    def began(self, span: ReadableSpan) -> None:
        """Append a span that has not ended: if its process is killed, this is what others are below.

        Nothing is ever below a message being published, nor below a statement.
        """
        if span.kind is not SpanKind.PRODUCER and STATEMENT not in (span.attributes or {}):
            self.export([span])

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans; what cannot be written is lost, and nobody waits for it."""
        lines = b"".join(orjson.dumps(_row(span, self._service), default=str) + b"\n" for span in spans)
        try:
            with self._lock:
                if self._file is None or self._left < len(lines):
                    self._begin()
                self._left -= len(lines)
                if self._file is not None:
                    self._file.write(lines)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _begin(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._folder.mkdir(parents=True, exist_ok=True)
        self._left = self._most_bytes // _FILES
        _make_room(self._folder, self._most_bytes - self._left)
        name = f"{time.time_ns():020d}-{self._service}-{os.getpid()}.jsonl"
        # Unbuffered: a line that was written survives the process.
        self._file = (self._folder / name).open("ab", buffering=0)


class TraceFileProcessor(SimpleSpanProcessor):
    """Hands spans to a :class:`TraceFile` at once, when they begin and when they end, and not in batches: what a killed
    process did is what one wants to see."""

    def __init__(self, file: TraceFile) -> None:
        super().__init__(file)
        self._traces = file

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Called where a span begins."""
        self._traces.began(span)


def _make_room(folder: Path, most_bytes: int) -> None:
    total = 0
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        # Another process may be making room at the same time.
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
            if total > most_bytes:
                path.unlink()


def _row(span: ReadableSpan, service: str) -> dict[str, Any]:
    attributes = dict(span.attributes or {})
    own, parent = span.context, span.parent
    return {
        "trace_id": f"{own.trace_id:032x}" if own else None,
        "span_id": f"{own.span_id:016x}" if own else None,
        "parent_id": f"{parent.span_id:016x}" if parent else None,
        "name": span.name,
        "kind": span.kind.name.lower(),
        "service": attributes.pop(SERVICE, service),
        "start_ns": span.start_time,
        "end_ns": span.end_time,
        "status": _status(span),
        "attributes": attributes,
    }


def _status(span: ReadableSpan) -> str:
    if span.end_time is None:
        return "unfinished"
    return "error" if span.status.status_code is StatusCode.ERROR else "ok"
