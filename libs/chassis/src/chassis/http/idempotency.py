"""Repeating a request without having its work done twice (PLT-21)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from starlette.responses import Response

from chassis.errors import Invalid

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        description="Any text that you use for one request only. Repeated within 24 hours it gets the first answer.",
    ),
]
"""The header ``Idempotency-Key``; the parameter is called ``idempotency_key`` and None by default."""

REPLAYED = "Idempotency-Replayed"


class KeyReused(Invalid):
    """This idempotency key was used for another request."""

    code = "idempotency_key_reused"


def key_reused() -> KeyReused:
    """What is raised for it."""
    return KeyReused("This Idempotency-Key was used for another request. Use a new key.")


def mark(response: Response, *, replayed: bool) -> None:
    """Say of an answer that it was given before."""
    if replayed:
        response.headers[REPLAYED] = "true"
