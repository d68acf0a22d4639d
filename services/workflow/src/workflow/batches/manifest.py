"""Reading a manifest: what each row orders, or why it cannot. Pure."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from workflow.batches.errors import BadManifest, ManifestTooLong, NoManifest
from workflow.runs.schemas import WorkflowIn

MOST_ROWS = 200
MOST_BYTES = 1_000_000
LONGEST_REF = 100
_LISTS = frozenset({"target_platforms"})
_NUMBERS = frozenset({"target_duration", "max_credits", "seed"})


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """A row: ``order``, or ``fields`` with what is wrong. ``ref`` is how the client calls it, else its content."""

    line: int
    ref: str
    digest: str
    order: WorkflowIn | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def read(content_type: str, body: bytes) -> list[ManifestRow]:
    """The rows of a manifest. Raises ``NoManifest``, ``BadManifest``, ``ManifestTooLong``."""
    if len(body) > MOST_BYTES:
        raise ManifestTooLong(f"The manifest has {len(body)} bytes; at most {MOST_BYTES} are taken. Part it.")
    kind = content_type.partition(";")[0].strip().lower()
    reader = _READERS.get(kind)
    if reader is None:
        raise NoManifest("Send the manifest as text/csv, or as application/x-ndjson with one order a line.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadManifest("The manifest is not UTF-8.") from None
    raw = list(reader(text))
    if not raw:
        raise BadManifest("The manifest has no rows.")
    if len(raw) > MOST_ROWS:
        raise ManifestTooLong(f"The manifest has {len(raw)} rows; at most {MOST_ROWS} are taken. Part it.")
    return list(_rows(raw))


def _rows(raw: Sequence[tuple[int, Mapping[str, Any] | str]]) -> Iterator[ManifestRow]:
    seen: dict[str, int] = {}
    for line, values in raw:
        if isinstance(values, str):
            yield ManifestRow(line, f"line {line}", "", fields={"row": values})
            continue
        content = {name: value for name, value in values.items() if name != "ref"}
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
        given = values.get("ref")
        ref = str(given).strip() if given not in (None, "") else digest[:16]
        if len(ref) > LONGEST_REF or not ref.isprintable():
            yield ManifestRow(
                line, f"line {line}", digest, fields={"ref": f"at most {LONGEST_REF} printable characters"}
            )
        elif ref in seen:
            yield ManifestRow(line, ref, digest, fields={"ref": f"is that of line {seen[ref]} as well"})
        else:
            seen[ref] = line
            yield _checked(line, ref, digest, content)


def _checked(line: int, ref: str, digest: str, content: Mapping[str, Any]) -> ManifestRow:
    try:
        return ManifestRow(line, ref, digest, WorkflowIn.model_validate(content))
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])) or "row": one["msg"] for one in error.errors(include_input=False)}
        return ManifestRow(line, ref, digest, fields=wrong)


def _csv(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if len(set(names)) != len(names):
            raise BadManifest("Two columns of the manifest have the same name.")
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(names):
                yield reader.line_num, f"has {len(cells)} cells under {len(names)} columns"
                continue
            filled = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
            yield reader.line_num, {name: _value(name, cell.strip()) for name, cell in filled.items()}
    except csv.Error as error:
        raise BadManifest(f"Line {reader.line_num} is no CSV: {error}.") from None


def _value(name: str, cell: str) -> Any:
    if name in _LISTS:
        return cell.replace(";", " ").replace(",", " ").split()
    return int(cell) if name in _NUMBERS and cell.isdecimal() and len(cell) < 12 else cell


def _json_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    # Not ``splitlines``: a JSON string may have what that takes for the end of a line.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "is no JSON"
            continue
        yield number, values if isinstance(values, dict) else "is no JSON object"


_READERS = {"text/csv": _csv, "application/x-ndjson": _json_lines, "application/jsonl": _json_lines}
