"""What a greeting is made from: of an order it takes the fields it knows."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from contracts.enums import Priority, Quality
from contracts.objects import StoredObject


class GreetingInput(BaseModel):
    """Checked when the run was accepted; kept with the run, never changed."""

    model_config = ConfigDict(frozen=True)

    image: StoredObject
    script: str
    quality: Quality
    enhancement_type: str
    title: str
    priority: Priority = Priority.NORMAL
    estimated_cost: Decimal = Decimal(0)
    credits: int = 2


def as_order(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The order that ``kept`` came from."""
    order = {name: kept[name] for name in ("script", "enhancement_type", "title")}
    return {**order, "quality_preference": kept["quality"]}
