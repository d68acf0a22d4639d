"""Stripe's request bodies: nested parameters written flat (``stripe-python``, ``stripe/_encode.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]
Params = Mapping[str, Value]


def flat(params: Params) -> list[tuple[str, str]]:
    """``{"a": [{"b": True}]}`` as ``a[0][b]=true``. None is left out; an empty text is sent, as it unsets a value."""
    return [pair for name, value in params.items() for pair in _pairs(name, value)]


def _pairs(name: str, value: Value) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, bool):
        yield name, str(value).lower()
    elif isinstance(value, int):
        yield name, str(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _pairs(f"{name}[{key}]", inner)
    else:
        for index, inner in enumerate(value):
            yield from _pairs(f"{name}[{index}]", inner)
