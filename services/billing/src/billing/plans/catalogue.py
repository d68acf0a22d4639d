"""The starting catalogue (BIL-31 to BIL-43): data that the initial-data step loads and an owner may edit later."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from contracts.enums import Priority, ProductLineKey

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan of one product line. ``quotas``: units a month by meter, -1 is unlimited."""

    product_line: str
    plan_type: str
    name: str
    description: str
    price_monthly: Decimal
    currency: str
    quotas: dict[str, int]
    run_budget: Decimal
    priority: Priority
    price_yearly: Decimal | None = None
    credits_per_month: int = 0
    credits_per_minute: int | None = None
    max_video_seconds: int | None = None
    features: dict[str, Any] = field(default_factory=dict)
    is_active: bool = True
    """Sold; who has a plan keeps it when it is not."""


def _talkingphoto(
    plan_type: str,
    price: str,
    workflows: int,
    credits_per_month: int,
    budget: str,
    priority: Priority,
    text: str,
    **features: bool,
) -> Plan:
    return Plan(
        product_line=ProductLineKey.TALKINGPHOTO,
        plan_type=plan_type,
        name=plan_type.capitalize(),
        description=text,
        price_monthly=Decimal(price),
        currency="INR",
        quotas={"workflows": workflows},
        credits_per_month=credits_per_month,
        run_budget=Decimal(budget),
        priority=priority,
        max_video_seconds=60,
        features=features,
    )


STARTING_CATALOGUE: tuple[Plan, ...] = (
    _talkingphoto("free", "0", 3, 3, "0.10", Priority.LOW, "Three talking videos a month."),
    _talkingphoto("starter", "499", 30, 30, "0.50", Priority.NORMAL, "Thirty talking videos a month."),
    _talkingphoto("pro", "1499", UNLIMITED, 0, "2.00", Priority.NORMAL, "As many videos as you like.", api_access=True),
    _talkingphoto(
        "enterprise", "4999", UNLIMITED, 0, "10.00", Priority.HIGH, "Everything, first in the queue.", api_access=True
    ),
)
"""The other product lines' plans arrive with their products, here and in ``contracts.product_lines``."""
