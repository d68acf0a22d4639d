"""What a value of a schema looks like, put together from what the schema says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_FORMATS = {
    "uuid": "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b",
    "date-time": "2026-11-29T08:30:00Z",
    "uri": "https://example.com/photo",
    "email": "asha@example.com",
    "password": "monsoon-42-lamp",
    "binary": "",
}


class Endless(Exception):
    """The schema is a part of itself."""


def example_of(schema: Schema, schemas: Schema, *, inside: frozenset[str] = frozenset()) -> Any:
    """A value of ``schema``, whose references lead into ``schemas``: its own example, or one made of its parts'.

    ``inside``: the references that led here. Raises ``Endless`` for a schema that is among them.
    """
    while "$ref" in schema:
        if schema["$ref"] in inside:
            raise Endless(schema["$ref"])
        inside |= {schema["$ref"]}
        # What stands beside a reference counts.
        own = {name: value for name, value in schema.items() if name != "$ref"}
        schema = {**schemas[schema["$ref"].rsplit("/", 1)[1]], **own}
    if "examples" in schema:
        return schema["examples"][0]
    for name in ("example", "const", "default"):
        if schema.get(name) is not None:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return example_of(schema[name][0], schemas, inside=inside)
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, inside)
        case "array":
            return list(_if_any(schema.get("items"), schemas, inside))
        case "integer":
            return int(schema.get("minimum", 1))
        case "number":
            return schema.get("minimum", 1.5)
        case "boolean":
            return False
        case "string":
            return _FORMATS.get(schema.get("format", ""), "text")
    return None


def _object(schema: Schema, schemas: Schema, inside: frozenset[str]) -> Schema:
    named = schema.get("properties", {})
    if not named:
        return dict(zip(["name"], _if_any(schema.get("additionalProperties"), schemas, inside), strict=False))
    return {name: value for name, part in named.items() for value in _if_any(part, schemas, inside)}


def _if_any(schema: Any, schemas: Schema, inside: frozenset[str]) -> Iterator[Any]:
    if not isinstance(schema, dict) or not schema:
        return
    try:
        yield example_of(schema, schemas, inside=inside)
    except Endless:
        return
