"""Every message there is. Importing this module completes the registry."""

from __future__ import annotations

from contracts import ai_router, billing, export, notify, users, workflow
from contracts.message import REGISTRY, Command, Event, Message

__all__ = ["MESSAGES", "ai_router", "billing", "commands", "events", "export", "notify", "users", "workflow"]

MESSAGES: dict[str, type[Message]] = REGISTRY


def events() -> list[type[Event]]:
    """All event classes, by name."""
    return [m for _, m in sorted(REGISTRY.items()) if issubclass(m, Event)]


def commands() -> list[type[Command]]:
    """All command classes, by name."""
    return [m for _, m in sorted(REGISTRY.items()) if issubclass(m, Command)]
