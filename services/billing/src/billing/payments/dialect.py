"""How one payment processor's reports are checked and read; what follows from them is the same for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from billing.payments.events import Event, Fact, envelope, fact_of
from billing.payments.stripe.signature import verify


class Verify(Protocol):
    """Returns when ``header`` signs ``body`` under one of ``secrets``; raises ``BadSignature`` otherwise."""

    def __call__(self, body: bytes, header: str | None, secrets: Sequence[str], *, now: float) -> None:
        """``now`` in Unix seconds, for signatures that carry a time."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One processor's reports. ``header`` is the one that carries the signature."""

    name: str
    header: str
    verify: Verify
    envelope: Callable[[bytes], Event]
    """Raises ``Unreadable``. Of the same body it is the same."""
    fact_of: Callable[[Event], Fact | None]
    """None for types that are none of ours; raises ``Unreadable``."""


STRIPE = Dialect("stripe", "stripe-signature", verify, envelope, fact_of)
