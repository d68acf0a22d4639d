"""What clients send, bounded before anything looks at it closer: how much it is, which characters, which times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

MOST_VALUES = 1000
"""Keys and elements of a whole body, where its class does not say more. An order of the largest kind has some two
hundred."""

DEEPEST = 20
"""Levels of objects and lists in one another."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?", re.IGNORECASE)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def written_decimal(value: object) -> object:
    """``value`` where it is an amount as it has to be sent: a number of JSON has lost its last digits on the way."""
    if value is not None and not isinstance(value, (str, Decimal)):
        raise PydanticCustomError("decimal_type", "has to be a decimal number in a string")
    return value


class Input(BaseModel):
    """The base of every body: unknown fields are refused, and so is what is too much or cannot be kept as text.

    That comes before the fields are looked at, so a hundred thousand of them cost no more than reading the JSON did,
    and no field of any kind, known or free, ever holds a NUL or half a surrogate pair, which neither a database nor
    UTF-8 takes.
    """

    model_config = ConfigDict(extra="forbid")

    most_values: ClassVar[int] = MOST_VALUES

    @model_validator(mode="before")
    @classmethod
    def _bounded(cls, value: Any) -> Any:
        _count(value, cls.most_values, ())
        return value


def _count(value: Any, left: int, at: tuple[str | int, ...]) -> int:
    """How many of ``left`` values are left after ``value``, which is ``at``; raises for too many, and for no text."""
    if isinstance(value, str):
        if not _is_text(value):
            raise PydanticCustomError("not_text", "has a character that is none", {"at": at})
        return left
    if not isinstance(value, dict | list):
        return left
    left -= len(value)
    if left < 0 or len(at) >= DEEPEST:
        raise PydanticCustomError("too_many_values", "has too many fields or elements, or too many levels")
    if isinstance(value, list):
        for index, part in enumerate(value):
            left = _count(part, left, (*at, index))
        return left
    for name, part in value.items():
        if not isinstance(name, str) or not _is_text(name):
            raise PydanticCustomError("not_text", "has a name with a character that is none", {"at": at})
        left = _count(part, left, (*at, name))
    return left


def _is_text(value: str) -> bool:
    return "\0" not in value and _SURROGATE.search(value) is None


def _written_as_time(value: Any) -> Any:
    # A number would be taken for seconds since 1970.
    if not isinstance(value, str | datetime) or _NUMBER.fullmatch(str(value).strip()):
        raise PydanticCustomError("datetime_parsing", "is no date and time as RFC 3339 writes it")
    return value


def _within_reach(value: datetime) -> datetime:
    # Without a zone it is Greenwich's: no server's own zone may change what a request means.
    moment = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    try:
        reachable = _EARLIEST <= moment < _LATEST
    except OverflowError:
        reachable = False
    if not reachable:
        raise PydanticCustomError("datetime_range", "lies before 2000 or after 2199")
    return moment


Moment = Annotated[
    datetime,
    BeforeValidator(_written_as_time),
    AfterValidator(_within_reach),
    Field(
        description="RFC 3339, from 2000 to 2199; without a zone UTC.",
        examples=["2026-11-29T08:30:00Z"],
        json_schema_extra={"pattern": "^2[01][0-9][0-9]-"},
    ),
]
"""A date and time from a client, always with a zone."""


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "is true or false, and has to be a whole number")
    return value


class _Bounded:
    """Says bounds in JSON Schema's words: behind a validator pydantic says them in its own, which nobody reads."""

    _WORDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {self._WORDS.get(word, word): value for word, value in handler(schema).items()}


Whole = Annotated[int, BeforeValidator(_no_truth), _Bounded()]
"""A whole number. In JSON ``true`` is none, which Python takes for 1.

Its bounds stand with it: ``Annotated[Whole, Field(ge=1)] | None``."""
