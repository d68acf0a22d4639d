"""A report's rows as a file for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Literal

from fastapi import Response
from pydantic import BaseModel

Format = Literal["json", "csv"]

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def csv_of(name: str, kind: type[BaseModel], rows: Sequence[BaseModel]) -> Response:
    """One line a row, headed by the names of the fields. Nothing in it is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(kind.model_fields)
    for row in rows:
        said = row.model_dump(mode="json")
        writer.writerow(_harmless(said[name]) for name in kind.model_fields)
    return Response(
        text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _harmless(value: object) -> object:
    """Numbers stay; a text that a spreadsheet would reckon with is a text there too."""
    if not isinstance(value, str) or not value.startswith(_DANGEROUS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
