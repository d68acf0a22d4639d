"""What a message is: a frozen model with a name, an owner and readers. Every declared class registers itself."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

_NAME = re.compile(r"^(?P<owner>[a-z_]+)\.(?P<fact>[a-z_]+)\.v(?P<version>[1-9]\d*)$")


class Message(BaseModel):
    """Base of events and commands. Readers ignore fields they do not know (CON-12)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    NAME: ClassVar[str]
    """``<owner>.<fact or request>.v<n>``; also the routing key of an event."""
    READERS: ClassVar[tuple[str, ...]] = ()
    """Services that consume it."""

    @classmethod
    def owner(cls) -> str:
        """For an event the service that publishes it, for a command the one that carries it out."""
        return cls.NAME.split(".", 1)[0]

    @classmethod
    def schema_version(cls) -> int:
        """The number at the end of the name."""
        return int(cls.NAME.rsplit(".v", 1)[1])

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        name = cls.__dict__.get("NAME")
        if name is None:
            return
        if not _NAME.match(name):
            raise TypeError(f"{cls.__name__}.NAME {name!r} is not <owner>.<fact>.v<n>")
        known = REGISTRY.setdefault(name, cls)
        if known is not cls and known.__qualname__ != cls.__qualname__:
            raise TypeError(f"{name} is declared by {known.__name__} and by {cls.__name__}")


class Event(Message):
    """A fact, in the past tense, published by its owner."""


class Command(Message):
    """A request to one service to do one thing; travels in a lane."""

    SENDERS: ClassVar[tuple[str, ...]] = ()


MAY_BE_ABSENT = frozenset({"analytics"})
"""Readers whom nobody waits for: a message that only they would take is sent where none of them is, too (ANL-05)."""

REGISTRY: dict[str, type[Message]] = {}
"""Every declared message by name. Complete once :mod:`contracts.catalogue` has been imported."""
