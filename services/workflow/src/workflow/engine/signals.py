"""What can happen to a run, in words of the engine's own: no contract, no transport."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from contracts.objects import StoredObject
from workflow.engine.state import Failure, Offer


@dataclass(frozen=True, slots=True)
class Started:
    """The run may begin. ``at_once``: with its creation, whose event then tells how far it is."""

    at_once: bool = False
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Offered:
    """Results of an earlier run, by step and part, which may be used again. Comes before everything else."""

    results: dict[str, dict[str, Offer]]
    kind: Literal["offered"] = "offered"


@dataclass(frozen=True, slots=True)
class Decided:
    """The owner has decided what ``step`` asked. ``waits``: there is no place for the run yet."""

    step: str
    approved: bool
    waits: bool = False
    kind: Literal["decided"] = "decided"


@dataclass(frozen=True, slots=True)
class Answered:
    """Somebody answered a command. ``type`` is the contract's name, which says what it means for which step.

    ``failure`` is set when the answer is a no.
    """

    type: str
    ref: UUID
    outputs: dict[str, StoredObject] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    provider: str | None = None
    model: str | None = None
    score: float | None = None
    cost: Decimal = Decimal(0)
    seconds: float = 0.0
    repeatable: bool = True
    warnings: tuple[str, ...] = ()
    failure: Failure | None = None
    kind: Literal["answered"] = "answered"


@dataclass(frozen=True, slots=True)
class Progressed:
    """Work that was asked for got further; ``fraction`` is 0.0 to 1.0."""

    ref: UUID
    fraction: float
    provider: str | None = None
    kind: Literal["progressed"] = "progressed"


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """The owner wants no more of it."""

    kind: Literal["cancel_requested"] = "cancel_requested"


@dataclass(frozen=True, slots=True)
class RetryRequested:
    """The owner wants another round of a run that failed or was cancelled. ``waits``: there is no place for it yet."""

    waits: bool = False
    kind: Literal["retry_requested"] = "retry_requested"


@dataclass(frozen=True, slots=True)
class UndoRetryRequested:
    """An operator wants what could not be undone to be tried again."""

    kind: Literal["undo_retry_requested"] = "undo_retry_requested"


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""

    kind: Literal["ticked"] = "ticked"


@dataclass(frozen=True, slots=True)
class Faulted:
    """The run cannot go on because of a fault of ours: undo what was done and end."""

    reason: str
    kind: Literal["faulted"] = "faulted"


Signal = (
    Offered
    | Started
    | Answered
    | Decided
    | Progressed
    | CancelRequested
    | RetryRequested
    | UndoRetryRequested
    | Ticked
    | Faulted
)

_ADAPTER: TypeAdapter[Signal] = TypeAdapter(Annotated[Signal, Field(discriminator="kind")])


def dump_signal(signal: Signal) -> str:
    """A signal as JSON, without what has its default value but with its kind."""
    fields = _ADAPTER.dump_json(signal, exclude_defaults=True).decode()[1:]
    return f'{{"kind":"{signal.kind}"{"" if fields == "}" else ","}{fields}'


def load_signal(text: str | bytes) -> Signal:
    """The inverse of :func:`dump_signal`."""
    return _ADAPTER.validate_json(text)
