"""What a simulated language model says: an instance of the asked JSON Schema, made from the data in the user's turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulators.core import media
from simulators.core.faults import Fault


def structured(schema: Mapping[str, Any], turn: str, fault: Fault | None) -> str:
    """The text of the model's answer; cut off or unrelated prose where the fault says so."""
    try:
        data = json.loads(turn)
    except ValueError:
        data = {"text": turn}
    text = json.dumps(_Writer(schema.get("$defs", {})).instance(schema, data if isinstance(data, dict) else {}))
    match fault:
        case Fault.TRUNCATED:
            return media.cut(text.encode()).decode()
        case Fault.WRONG_MEDIA:
            return "I'm sorry, here is what I think about your video in plain words."
        case Fault.EMPTY:
            return ""
        case _:
            return text


@dataclass(frozen=True, slots=True)
class _Writer:
    """Follows a schema with the ``$defs`` of its root."""

    definitions: Mapping[str, Any]

    def instance(self, schema: Mapping[str, Any], data: Mapping[str, Any], name: str = "") -> Any:
        """Something that fits ``schema``, taken from ``data`` where the names agree."""
        if "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                return {each: self.instance(part, data, each) for each, part in schema.get("properties", {}).items()}
            case "array" if name == "hooks":
                until = data.get("duration", float("inf"))
                lines = [each for each in data.get("transcript") or [] if each["start"] < each["end"] <= until]
                made = [self.instance(schema["items"], {**data, **line}) for line in lines]
                return made[: int(data.get("count") or 3)]
            case "array":
                return [self.instance(schema["items"], data, name)]
            case "number":
                return data.get(name, 7)
            case "boolean":
                return True
            case _:
                return str(data.get(name) or data.get("text") or name)
