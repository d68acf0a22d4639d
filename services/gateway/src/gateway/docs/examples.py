"""What a value of a schema looks like, put together from what the schema says."""

from __future__ import annotations

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


def example_of(schema: Schema, schemas: Schema) -> Any:
    """A value of ``schema``, whose references lead into ``schemas``: its own example, or one made of its parts'."""
    schema = _resolved(schema, schemas)
    if "examples" in schema:
        return schema["examples"][0]
    for name in ("example", "const", "default"):
        if schema.get(name) is not None:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    for name in ("anyOf", "oneOf"):
        if name in schema:
            return example_of(schema[name][0], schemas)
    match schema.get("type"):
        case "object":
            return _object(schema, schemas)
        case "array":
            return [example_of(schema["items"], schemas)] if schema.get("items") else []
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "string":
            return _FORMATS.get(schema.get("format", ""), "text")
    return None


def _object(schema: Schema, schemas: Schema) -> Schema:
    shown = {name: example_of(part, schemas) for name, part in schema.get("properties", {}).items()}
    values = schema.get("additionalProperties")
    if not shown and isinstance(values, dict) and values:
        return {example_of(schema.get("propertyNames", {"const": "name"}), schemas): example_of(values, schemas)}
    return shown


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    """``schema`` with what it refers to; what it says itself counts."""
    if "$ref" not in schema:
        return schema
    target = schemas[schema["$ref"].rsplit("/", 1)[1]]
    return _resolved({**target, **{name: value for name, value in schema.items() if name != "$ref"}}, schemas)
