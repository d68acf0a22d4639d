"""What a provider is to us: a small port with our own words on both sides.

A provider's vocabulary stops at its own module. There are two shapes and an adapter picks the one its vendor has:

- :class:`Performs`: one call does the work (speech, one image, every local provider);
- :class:`Submits`: the vendor takes the job, gives an id, and is asked again until it is done.

Whoever calls an adapter has written the attempt down first. ``request.attempt_id`` is the idempotency key for
that one attempt; an answer that got lost is resolved by ``lookup``, never by a second ``submit``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

from contracts.enums import Capability
from contracts.objects import StoredObject


class FailureClass(StrEnum):
    """Why an attempt failed; this alone decides what happens next."""

    INPUT = "input"
    """The vendor cannot work with what was sent. Another provider may; the same one will not."""
    MODERATION_INPUT = "moderation_input"
    """Prompt, script or photo was refused. The user has to change it."""
    MODERATION_OUTPUT = "moderation_output"
    """The result was withheld. Another seed or provider may pass."""
    TRANSIENT = "transient"
    """Nothing was accepted; the same call may work in a moment."""
    THROTTLED = "throttled"
    """Too fast; ``retry_after_s`` says when to come back."""
    QUOTA = "quota"
    """The account's allowance is used up until ``until`` (or until someone pays)."""
    AUTH = "auth"
    """Our key is wrong, revoked or lacks a permission. An operator has to act."""
    EMPTY = "empty"
    """A success answer with nothing in it."""
    BAD_OUTPUT = "bad_output"
    """Something came back that is not what was asked for: truncated, the wrong type, the wrong length."""
    STUCK = "stuck"
    """Accepted and never finished within its deadline."""
    UNKNOWN_OUTCOME = "unknown_outcome"
    """The answer was lost after the request may have been accepted. Look it up; never submit again."""


class ProviderFailure(Exception):
    """An attempt failed. The text is for operators and holds no secret; ``user_message`` is for the person."""

    def __init__(
        self,
        failure: FailureClass,
        message: str,
        *,
        user_message: str = "",
        retry_after_s: float | None = None,
        until: str | None = None,
        vendor_code: str | None = None,
        http_status: int | None = None,
        vendor_job_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.user_message = user_message
        self.retry_after_s = retry_after_s
        self.until = until
        """RFC 3339 time at which a quota opens again, where the vendor says so."""
        self.vendor_code = vendor_code
        self.http_status = http_status
        self.vendor_job_id = vendor_job_id


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a provider says of itself for one capability."""

    capability: Capability
    models: tuple[str, ...]
    honours: frozenset[str]
    """Names of request parameters it acts on; the rest is reported in ``ProviderResult.ignored``."""
    price_unit: Literal["image", "second", "job", "character", "token"]
    idempotency: Literal["key", "lookup", "none"]
    """``key``: the vendor takes our key. ``lookup``: a lost answer can be found. ``none``: neither."""
    max_seconds: float | None = None
    clip_lengths: tuple[int, ...] = ()
    """Seconds a clip may be ordered for, shortest first; empty: whatever is asked for is made."""
    max_input_bytes: int | None = None
    max_characters: int | None = None
    languages: frozenset[str] | None = None
    """None: not limited."""
    cancels: bool = False

    def ordered_s(self, seconds: object) -> int:
        """What is ordered for a clip of ``seconds``: the shortest offered length that is not shorter, else the longest.
        Only where there are :attr:`clip_lengths`."""
        wanted = seconds if isinstance(seconds, int | float) else self.clip_lengths[-1]
        return next((each for each in self.clip_lengths if each >= wanted), self.clip_lengths[-1])


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """One attempt at one job. ``inputs`` are stored media by role (``image``, ``audio``, ``video``, ``mask``)."""

    attempt_id: UUID
    job_id: UUID
    capability: Capability
    model: str | None
    inputs: Mapping[str, StoredObject] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Our names: ``prompt script language voice duration width height seed enhancement_type factor style speed`` ..."""
    deadline_s: float = 600.0


@dataclass(frozen=True, slots=True)
class ProviderResult:
    """A finished attempt. ``raw`` is the vendor's answer for audit, secrets and media bytes removed."""

    outputs: Mapping[str, StoredObject]
    """By role: ``image`` (``image_2`` ...), ``audio``, ``video``, ``timings`` (JSON), ``document`` (JSON)."""
    units: Decimal
    """In the declaration's ``price_unit``: what was delivered, not what was asked for."""
    cost: Decimal | None = None
    """The vendor's own figure in its currency when the answer has one; else the catalogue price is used."""
    ordered_s: float | None = None
    """How long a clip was ordered, where the vendor makes only certain lengths. Filled in by who called."""
    vendor_job_id: str | None = None
    model: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    """Structured results: hooks, phoneme and word timings, applied enhancements."""
    ignored: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The vendor has the job. Written down before the first poll."""

    vendor_job_id: str
    poll_after_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Running:
    """Not finished. ``progress`` is 0.0 to 1.0 where the vendor tells, else None."""

    progress: float | None = None
    poll_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Finished at the vendor; ``fetch`` brings the result here. ``raw`` is what poll answered."""

    raw: Mapping[str, Any] = field(default_factory=dict)


class Workspace(Protocol):
    """How an adapter reads inputs and keeps results: files in a private folder, objects in the store."""

    @property
    def directory(self) -> Path:
        """Exists, is empty at the start and is removed after the attempt."""
        ...

    async def fetch(self, stored: StoredObject) -> Path:
        """A local file with the object's bytes, SHA-256 verified."""
        ...

    async def keep(self, path: Path, mime_type: str, *, role: str) -> StoredObject:
        """Store a finished file and say where."""
        ...


Report = Callable[[float], None]
"""Called with 0.0 to 1.0 as work goes on; thread-safe; may be called often."""


@runtime_checkable
class Provider(Protocol):
    """What every provider has."""

    key: str
    declarations: tuple[Declaration, ...]

    async def healthy(self) -> None:
        """Return when the provider can take work; raise :class:`ProviderFailure` else. Costs nothing."""
        ...


@runtime_checkable
class Performs(Provider, Protocol):
    """One call does the work. Cancelling the awaiting task ends the work."""

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """Do the work, or raise :class:`ProviderFailure`."""
        ...


@runtime_checkable
class Submits(Provider, Protocol):
    """The vendor takes the job and is asked again until it is done."""

    async def submit(self, request: ProviderRequest, workspace: Workspace) -> Accepted:
        """Hand the job over once. A lost answer raises ``UNKNOWN_OUTCOME``; nothing here submits again."""
        ...

    async def poll(self, vendor_job_id: str, request: ProviderRequest) -> Running | Ready:
        """Ask how far it is. A job that failed at the vendor raises :class:`ProviderFailure`."""
        ...

    async def fetch(
        self, vendor_job_id: str, ready: Ready, request: ProviderRequest, workspace: Workspace
    ) -> ProviderResult:
        """Bring the finished media here. Repeatable; an expired link is asked for anew by polling again."""
        ...

    async def cancel(self, vendor_job_id: str) -> bool:
        """Ask the vendor to stop. False when it cannot or is past it."""
        ...

    async def lookup(self, request: ProviderRequest) -> Accepted | None:
        """Find the job of an attempt whose answer was lost. None: the vendor has certainly not got it.

        Raises ``UNKNOWN_OUTCOME`` where the vendor offers no way to tell.
        """
        ...


@runtime_checkable
class Watches(Submits, Protocol):
    """The vendor tells of a job while somebody listens, so that nobody waits out the pause between two questions."""

    async def watch(self, vendor_job_id: str) -> None:
        """Return when the job has ended, well or not; polling says which. Cancelling stops listening.

        Raises :class:`ProviderFailure` when there is nothing to listen to; that says nothing about the job.
        """
        ...
