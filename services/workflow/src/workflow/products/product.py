"""What a product is to the service: everything that differs between one product and the next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from pydantic import BaseModel

from contracts.enums import ProductLineKey, WorkflowType
from workflow.engine.definition import Definition
from workflow.paces.models import Paces
from workflow.prices.models import Amount
from workflow.settings import Settings


class Ahead(NamedTuple):
    """What runs that are there already may still take: each that is being made, and all that wait."""

    left_s: Sequence[float] = ()
    waiting_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take. ``cost`` in the line's currency, four places; ``seconds`` until it is there."""

    cost: Decimal
    credits: int
    seconds: float

    def behind(self, ahead: Ahead, places: int, machines: int) -> Estimate:
        """With the wait for the runs ahead: those that are made at the same time share the machines, and where there is
        no place, all of them come first."""
        left = [min(each, self.seconds) for each in ahead.left_s] if len(ahead.left_s) < places else ahead.left_s
        return replace(self, seconds=round(self.seconds + (sum(left) + ahead.waiting_s) / machines, 1))


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the registry."""

    types: frozenset[WorkflowType]
    """What an order asks for it by."""
    definition: Callable[[Settings], Definition]
    input: type[BaseModel]
    """What of an order is kept with the run; takes the fields it knows."""
    meter: str
    """Which quota of the month a run counts for."""
    estimate: Callable[[Settings, Definition, Paces, float, int, Decimal | None, Collection[str] | None], Estimate]
    """Expected cost, and time where nobody else is before it: what has been learned, seconds of film, platforms, the
    plan's budget for a run, and which steps are made; None for all."""
    amounts: Callable[[float, int], Mapping[str, Amount]]
    """What its steps want of ai-router for so many seconds of film and characters of script."""
    as_order: Callable[[Mapping[str, Any]], dict[str, Any]] | None = None
    """The order that a run's input came from, in the fields of the API; None where no run is made of another one."""
    alone: bool = False
    """Whether only one run of a project is made at a time."""
    credits: int = 1
    """What is held for a run of it."""
    line: ProductLineKey = ProductLineKey.TALKINGPHOTO
    """Where it can be ordered."""
    ordered_at: str | None = None
    """Its own path, where it is not ordered as a photo with a script is."""
    former: Callable[[Settings], Sequence[Definition]] = field(default=lambda _: ())
    """Earlier versions of its definition that runs may still be on."""
