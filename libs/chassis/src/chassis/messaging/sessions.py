"""Every process that checks tokens hears when a session ends."""

from __future__ import annotations

from typing import Any

from chassis.bus.messages import Received
from chassis.identity.tokens import TokenVerifier, Verifier
from chassis.messaging.listeners import Listeners
from contracts.users import SessionRevoked


def session_listeners(service: str, verifier: Verifier) -> Listeners:
    """What ``service`` listens to at least: tokens of a session that has ended stop working at once."""
    registry = Listeners(service)

    @registry.on(SessionRevoked)
    def forget(received: Received[Any]) -> None:
        if isinstance(verifier, TokenVerifier):
            verifier.revoke_session(received.message.session_id)

    return registry
