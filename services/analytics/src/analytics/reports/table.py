"""A report's rows as a file: for a spreadsheet, or with their types."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, get_args

from fastapi import Response
from pydantic import BaseModel

Format = Literal["json", "csv", "parquet"]

PARQUET = "application/vnd.apache.parquet"

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def file_of(form: Literal["csv", "parquet"], name: str, kind: type[BaseModel], rows: Sequence[BaseModel]) -> Response:
    """The rows, a column for each field of ``kind``."""
    said = [row.model_dump(mode="json") for row in rows]
    body, media_type = (_parquet(kind, said), PARQUET) if form == "parquet" else (_csv(kind, said), "text/csv")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return Response(body, media_type=media_type, headers=headers)


def _csv(kind: type[BaseModel], rows: Sequence[dict[str, Any]]) -> str:
    """One line a row, headed by the names of the fields. Nothing in it is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(kind.model_fields)
    for row in rows:
        writer.writerow(_harmless(row[name]) for name in kind.model_fields)
    return text.getvalue()


def _parquet(kind: type[BaseModel], rows: Sequence[dict[str, Any]]) -> bytes:
    """Amounts as decimals, days as days: the types are the fields', also where there are no rows."""
    # 12 MB: read by who asks for it.
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    # What the library makes no column of itself it reads from text.
    as_text = {
        Decimal: DataType.decimal128(20, 4),
        date: DataType.date32(),
        datetime: DataType.timestamp("us", tz="UTC"),
    }
    plain = {int: DataType.int64(), float: DataType.float64(), bool: DataType.bool()}
    columns = {}
    for name, field in kind.model_fields.items():
        [told] = [one for one in get_args(field.annotation) or (field.annotation,) if one is not NoneType]
        column = Array([row[name] for row in rows], plain.get(told, DataType.string()))
        columns[name] = column.cast(as_text[told]) if told in as_text else column
    file = io.BytesIO()
    write_parquet(Table.from_arrays([*columns.values()], names=[*columns]), file)
    return file.getvalue()


def _harmless(value: object) -> object:
    """Numbers stay; a text that a spreadsheet would reckon with is a text there too."""
    if not isinstance(value, str) or not value.startswith(_DANGEROUS):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
