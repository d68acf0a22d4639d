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
    rate_limits: dict[str, int] = field(default_factory=dict)
    """Requests an hour by what is limited, where they are not everybody's (CFL-29)."""
    trial_days: int = 0
    version: int = 1
    is_active: bool = True
    """Sold; who has a plan keeps it when it is not."""


_YEAR = 10
"""Months' prices that a year costs, as Pixie's does."""


_FOR_PROGRAMS = {"api_access": True, "customer_webhooks": True}

FREE_STORAGE_MB, PAID_STORAGE_MB = 1_024, 20_480
"""What may be stored (FIL-27)."""


def _stored(plan_type: str) -> dict[str, int]:
    return {"storage_mb": FREE_STORAGE_MB if plan_type == "free" else PAID_STORAGE_MB}


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
        price_yearly=_a_year(price),
        currency="INR",
        quotas={"workflows": workflows},
        credits_per_month=credits_per_month,
        run_budget=Decimal(budget),
        priority=priority,
        max_video_seconds=60,
        features={**features, **_stored(plan_type)},
    )


def _reely(plan_type: str, price: str, trims: int, hooks: int, minutes: int, priority: Priority, text: str) -> Plan:
    return Plan(
        product_line=ProductLineKey.REELY,
        plan_type=plan_type,
        name=plan_type.capitalize(),
        description=text,
        price_monthly=Decimal(price),
        price_yearly=_a_year(price),
        currency="USD",
        quotas={"trims": trims, "auto_hooks": hooks},
        run_budget=Decimal("10.00"),
        priority=priority,
        max_video_seconds=minutes * 60,
        features={
            "api_access": plan_type != "free",
            "all_features": plan_type != "free",
            "customer_webhooks": plan_type == "premium",
            **_stored(plan_type),
            "upload_mb": 2_048 if plan_type == "premium" else 500,
        },
    )


def _filmstudio(plan_type: str, price: str, credits_per_month: int, minutes: int, priority: Priority) -> Plan:
    videos = credits_per_month // 3
    return Plan(
        product_line=ProductLineKey.FILMSTUDIO,
        plan_type=plan_type,
        name=plan_type.capitalize(),
        description=f"{videos} minute{'s' if videos > 1 else ''} of film a month, {minutes} at once.",
        price_monthly=Decimal(price),
        price_yearly=_a_year(price),
        currency="USD",
        quotas={},
        credits_per_month=credits_per_month,
        credits_per_minute=3,
        run_budget=Decimal("10.00") * minutes,
        priority=priority,
        max_video_seconds=minutes * 60,
        features=_stored(plan_type),
    )


def _pixie(plan_type: str, price: str, credits_per_month: int, priority: Priority, text: str) -> Plan:
    return Plan(
        product_line=ProductLineKey.PIXIE,
        plan_type=plan_type,
        name=plan_type.capitalize(),
        description=text,
        price_monthly=Decimal(price),
        price_yearly=_a_year(price),
        currency="USD",
        quotas={},
        credits_per_month=credits_per_month,
        run_budget=Decimal("10.00"),
        priority=priority,
        features=_stored(plan_type),
    )


def _a_year(price: str) -> Decimal | None:
    return Decimal(price) * _YEAR or None


STARTING_CATALOGUE: tuple[Plan, ...] = (
    _talkingphoto("free", "0", 3, 3, "0.10", Priority.LOW, "Three talking videos a month."),
    _talkingphoto("starter", "499", 30, 30, "0.50", Priority.NORMAL, "Thirty talking videos a month."),
    _talkingphoto("pro", "1499", UNLIMITED, 0, "2.00", Priority.NORMAL, "As many videos as you like.", **_FOR_PROGRAMS),
    _talkingphoto(
        "enterprise", "4999", UNLIMITED, 0, "10.00", Priority.HIGH, "Everything, first in the queue.", **_FOR_PROGRAMS
    ),
    _reely("free", "0", 5, 3, 5, Priority.LOW, "Five trims and three hook detections a month."),
    _reely("pro", "9.99", 100, 50, 30, Priority.NORMAL, "A hundred trims, fifty hook detections, and the API."),
    _reely("premium", "29.99", UNLIMITED, UNLIMITED, 120, Priority.HIGH, "As much as you like, first in the queue."),
    _filmstudio("free", "0", 3, 1, Priority.LOW),
    _filmstudio("standard", "39", 30, 10, Priority.NORMAL),
    _filmstudio("pro", "49", 60, 20, Priority.NORMAL),
    _filmstudio("enterprise", "99", 120, 40, Priority.HIGH),
    _pixie("free", "0", 25, Priority.LOW, "Twenty-five images a month."),
    _pixie("premium", "9.99", 500, Priority.NORMAL, "Five hundred images a month."),
)
"""Plans of all four product lines. In which of them accounts can be opened is said by ``contracts.product_lines``."""
