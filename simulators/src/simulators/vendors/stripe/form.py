"""Stripe's nested form parameters, read back, and the shape of its errors."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class Wrong(Exception):
    """What Stripe answers to a request it will not carry out: a status and the ``error`` object."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: Json = {"type": type, "message": message, **more}
        if code is not None:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param is not None:
            self.error["param"] = param


def nested(text: str) -> Json:
    """``a[b][0][c]=1`` as ``{"a": {"b": [{"c": "1"}]}}``. Raises :class:`Wrong` for names that do not nest."""
    root: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found = _NAME.fullmatch(name)
        if found is None:
            raise Wrong(f"Invalid parameter name: {name}", param=name)
        path = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        inner = root
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise Wrong(f"Invalid object: {name}", param=name)
        last = path[-1] or str(len(inner))
        inner[last] = value
    made = _listed(root)
    return made if isinstance(made, dict) else {}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)]
    return {key: _listed(inner) for key, inner in value.items()}


def whole(params: Json, name: str, *, least: int = 0) -> int | None:
    """The whole number under ``name``. Raises :class:`Wrong` for anything else."""
    value = params.get(name)
    if value is None or value == "":
        return None
    if not re.fullmatch(r"-?\d{1,12}", str(value)):
        raise Wrong(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    if int(value) < least:
        raise Wrong(
            f"This value must be greater than or equal to {least}.", code="parameter_invalid_integer", param=name
        )
    return int(value)


def yes(params: Json, name: str) -> bool | None:
    """The boolean under ``name``. Raises :class:`Wrong` for anything else."""
    value = params.get(name)
    if value is None:
        return None
    if value not in ("true", "false"):
        raise Wrong(f"Invalid boolean: {value}", param=name)
    return bool(value == "true")


def required(params: Json, *names: str) -> None:
    """Raise :class:`Wrong` for the first of ``names`` that is missing."""
    for name in names:
        if params.get(name) in (None, ""):
            raise Wrong(f"Missing required param: {name}.", code="parameter_missing", param=name)


def known(params: Json, allowed: frozenset[str]) -> None:
    """Raise :class:`Wrong` for parameters the method does not have."""
    for name in params:
        if name not in allowed:
            raise Wrong(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def public(thing: Json) -> Json:
    """An object, or a list of them, without what only the simulator knows."""
    if isinstance(thing.get("data"), list):
        return {**thing, "data": [public(each) for each in thing["data"]]}
    return {name: value for name, value in thing.items() if not name.startswith("_")}
