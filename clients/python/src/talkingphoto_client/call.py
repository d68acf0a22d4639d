"""What to ask, before anybody asks it; and whether asking it again can do harm."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

T = TypeVar("T")

IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent whole."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and the type of what is answered. ``repeatable``: it takes an ``Idempotency-Key``."""

    method: str
    template: str
    body: Any = None
    upload: Upload | None = None
    content: bytes | None = None
    content_type: str | None = None
    path: Mapping[str, object] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    repeatable: bool = False
    answers: Literal["json", "bytes", "nothing"] = "json"

    @property
    def url(self) -> str:
        """The path with its parameters in it."""
        return self.template.format(**{name: quote(str(value), safe="") for name, value in self.path.items()})

    @property
    def harmless(self) -> bool:
        """Whether it may be sent again when nobody knows what became of it."""
        return self.repeatable or self.method in ("GET", "PUT", "DELETE")

    def arguments(self) -> dict[str, Any]:
        """What httpx is told. What is None is not sent; an order gets a key of its own where it has none."""
        headers = {name: str(value) for name, value in self.header.items() if value is not None}
        if self.repeatable and not any(name.lower() == IDEMPOTENCY_KEY.lower() for name in headers):
            headers[IDEMPOTENCY_KEY] = secrets.token_hex(16)
        told: dict[str, Any] = {
            "params": {name: _said(value) for name, value in self.query.items() if value is not None}
        }
        if self.body is not None:
            told["json"] = self.body
        if self.upload is not None:
            told["files"] = {"file": (self.upload.name, self.upload.content, self.upload.media_type)}
        if self.content is not None:
            told["content"] = self.content
            if self.content_type is not None:
                headers["Content-Type"] = self.content_type
        return told | {"headers": headers}


def _said(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
