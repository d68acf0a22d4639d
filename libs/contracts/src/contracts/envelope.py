"""The envelope of every message: CloudEvents 1.0 attributes with our extensions (CON-02).

On the wire the attributes are AMQP application headers with the prefix of the CloudEvents AMQP binding, and the
body is the contract model as JSON. The in-process bus carries the same headers and bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

PREFIX = "cloudEvents:"
SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
SCHEMA_BASE = "https://schemas.talkingphoto.ai/"


class BadEnvelope(ValueError):
    """Headers that are no envelope of ours. Delivering them again will not help."""


class Envelope(NamedTuple):
    """Who says what, when, about whom and because of what. ``time`` is UTC."""

    id: UUID
    source: str
    type: str
    time: datetime
    subject: str
    correlation_id: str
    causation_id: str | None = None
    product_line: str | None = None
    user_id: UUID | None = None
    traceparent: str | None = None

    def to_headers(self) -> dict[str, str]:
        """The envelope as AMQP headers; absent extensions are left out."""
        headers = {
            "cloudEvents:specversion": SPEC_VERSION,
            "cloudEvents:id": str(self.id),
            "cloudEvents:source": self.source,
            "cloudEvents:type": self.type,
            "cloudEvents:time": self.time.isoformat(),
            "cloudEvents:subject": self.subject,
            "cloudEvents:dataschema": SCHEMA_BASE + self.type,
            "cloudEvents:correlationid": self.correlation_id,
        }
        if self.causation_id is not None:
            headers["cloudEvents:causationid"] = self.causation_id
        if self.product_line is not None:
            headers["cloudEvents:productline"] = self.product_line
        if self.user_id is not None:
            headers["cloudEvents:userid"] = str(self.user_id)
        if self.traceparent is not None:
            headers["cloudEvents:traceparent"] = self.traceparent
        return headers

    @classmethod
    def from_headers(cls, headers: Mapping[str, object], *, read_id: Callable[[str], UUID] = UUID) -> Envelope:
        """Read an envelope back. Raises :class:`BadEnvelope` naming what is missing or malformed.

        ``read_id``: makes an identifier of its text, or raises ``ValueError``.
        """
        try:
            user = headers.get("cloudEvents:userid")
            return cls(
                id=read_id(_text(headers, "cloudEvents:id")),
                source=_text(headers, "cloudEvents:source"),
                type=_text(headers, "cloudEvents:type"),
                time=datetime.fromisoformat(_text(headers, "cloudEvents:time")).astimezone(UTC),
                subject=_text(headers, "cloudEvents:subject"),
                correlation_id=_text(headers, "cloudEvents:correlationid"),
                causation_id=_optional(headers, "cloudEvents:causationid"),
                product_line=_optional(headers, "cloudEvents:productline"),
                user_id=read_id(str(user)) if user is not None else None,
                traceparent=_optional(headers, "cloudEvents:traceparent"),
            )
        except ValueError as error:
            raise BadEnvelope(str(error)) from error


def _text(headers: Mapping[str, object], name: str) -> str:
    value = headers.get(name)
    if not isinstance(value, str) or not value:
        raise BadEnvelope(f"header {name} is missing or not text")
    return value


def _optional(headers: Mapping[str, object], name: str) -> str | None:
    value = headers.get(name)
    return value if isinstance(value, str) else None
