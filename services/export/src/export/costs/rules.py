"""The cost calculator: formulas over prices, templates and tools. Pure (EXP-04).

For a step of AI work: the larger of the least that an order costs and price per unit times units. For a workflow: the
sum. For a month: videos times that, plus what tools cost a month. Time of a person: minutes of each platform's template
and of each tool, times videos.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from contracts.enums import Capability

CHARACTERS_A_SECOND = Decimal(15)
"""150 words a minute of six characters each."""

_HUNDREDTH = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Price:
    """The copy of ai-router's ``CapabilityPriced``."""

    least_cost: Decimal
    unit: str
    per_unit: Decimal
    model: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as it was named: what it costs a month, and the minutes it takes for each video."""

    name: str
    purpose: str
    rupees_a_month: Decimal
    minutes_a_video: int


@dataclass(frozen=True, slots=True)
class StepCost:
    """One step of a workflow. ``formula`` says how ``cost`` came to be, in figures."""

    step: str
    cost: Decimal
    formula: str
    source: str


@dataclass(frozen=True, slots=True)
class Costs:
    """What one way of working costs, in rupees and minutes."""

    steps: tuple[StepCost, ...]
    tools: tuple[Tool, ...]
    per_workflow: Decimal
    per_month: Decimal
    minutes_per_workflow: int
    minutes_per_month: int


_AI_STEPS = (
    ("enhance", Capability.IMAGE_ENHANCEMENT),
    ("speak", Capability.AUDIO_GENERATION),
    ("generate", Capability.VIDEO_GENERATION),
)


def costs(
    prices: Mapping[str, Price],
    minutes: Mapping[str, int],
    tools: Sequence[Tool],
    *,
    seconds: int,
    volume: int,
) -> Costs:
    """What ``volume`` videos a month of ``seconds`` cost; ``minutes`` of a person's time by platform."""
    steps = tuple(_steps(prices, list(minutes), seconds))
    per_workflow = sum((step.cost for step in steps), Decimal(0))
    fixed = sum((tool.rupees_a_month for tool in tools), Decimal(0))
    spent = sum(minutes.values()) + sum(tool.minutes_a_video for tool in tools)
    return Costs(steps, tuple(tools), per_workflow, rounded(per_workflow * volume + fixed), spent, spent * volume)


def units(unit: str, seconds: int) -> Decimal:
    """How many of a unit a video of so many seconds takes."""
    return {
        "second": Decimal(seconds),
        "minute": Decimal(seconds) / 60,
        "character": CHARACTERS_A_SECOND * seconds,
    }.get(unit, Decimal(1))


def _steps(prices: Mapping[str, Price], platforms: Sequence[str], seconds: int) -> Iterator[StepCost]:
    for step, capability in _AI_STEPS:
        price = prices.get(capability)
        if price is None:
            yield StepCost(step, Decimal(0), "no price is known: local providers cost nothing", "none told yet")
            continue
        count = units(price.unit, seconds)
        cost = rounded(max(price.least_cost, price.per_unit * count))
        formula = f"max({price.least_cost}, {price.per_unit} x {count:.10g} {price.unit})"
        yield StepCost(step, cost, formula, f"cheapest in the catalogue: {price.model}")
    for platform in platforms:
        yield StepCost(f"export {platform}", Decimal(0), "made on our own processors", "part of every run")


def rounded(value: Decimal) -> Decimal:
    """To a hundredth of a paisa."""
    return value.quantize(_HUNDREDTH)
