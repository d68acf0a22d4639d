"""The compose file as Compose reads it: anchors resolved, variables put in, one environment for each container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).parents[1]

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z0-9_]+)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True)
class ComposeFile:
    """``docker-compose.yml``, with the values as they are written."""

    top: dict[str, Any]

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """By name."""
        return dict(self.top["services"])

    def variables(self) -> dict[str, str | None]:
        """Every variable that is read from the shell or ``.env``, with its default."""
        found: dict[str, str | None] = {}
        for text in _texts(self.top["services"]):
            found |= {match["name"]: match["default"] for match in _VARIABLE.finditer(text)}
        for service in self.services.values():
            found |= {name: None for name, value in service.get("environment", {}).items() if value is None}
        return found

    def environment(self, service: str, given: Mapping[str, str]) -> dict[str, str]:
        """What the containers of ``service`` get where ``given`` is the shell's environment."""
        written = self.services[service].get("environment", {})
        values = {
            name: given.get(name) if value is None else _filled(str(value), given) for name, value in written.items()
        }
        return {name: value for name, value in values.items() if value is not None}


def read() -> ComposeFile:
    """The file of this repository."""
    return ComposeFile(yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")))


def _filled(text: str, given: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: given.get(match["name"], "") or match["default"] or "", text)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
