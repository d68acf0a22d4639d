"""What a product is to the service: everything that differs between one product and the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from pydantic import BaseModel

from contracts.enums import WorkflowType
from workflow.engine.definition import Definition
from workflow.settings import Settings


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is expected to take. ``cost`` in the product line's currency, four places; ``seconds`` of waiting."""

    cost: Decimal
    credits: int
    seconds: float


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
    estimate: Callable[[Settings, int, Decimal | None, int], Estimate]
    """Expected cost and time: seconds of video, the plan's budget for a run, how many runs are before it."""
