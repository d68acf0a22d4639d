"""Reckoning from what is known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chassis.data.database import Transaction
from contracts.ai_router import CapabilityPriced
from export.costs import queries, repository, rules
from export.costs.schemas import CostsIn, CostsOut, StepCostOut, ToolCostOut
from export.instructions import rules as instructions
from export.instructions.service import specifications
from export.platforms.models import PlatformSpecification
from export.templates.cache import TemplateCache


async def keep_price(tx: Transaction, event: CapabilityPriced) -> None:
    """Keep what a capability costs, unless something newer is known. Repeating it is harmless."""
    await repository.keep_price(tx, event)


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that a reckoning stands on. ``minutes`` of publishing one video, by platform."""

    prices: Mapping[str, rules.Price]
    rows: Mapping[str, PlatformSpecification]
    minutes: Mapping[str, int]
    tools: tuple[rules.Tool, ...]
    seconds: int
    volume: int

    def costs(self) -> rules.Costs:
        """What it costs."""
        return rules.costs(self.prices, self.minutes, self.tools, seconds=self.seconds, volume=self.volume)


async def known(tx: Transaction, cache: TemplateCache, body: CostsIn) -> Known:
    """What is known of a way of working. Raises ``PlatformUnknown``."""
    rows = await specifications(tx, list(dict.fromkeys(body.platforms)))
    templates = {row["platform"]: row for row in reversed(await cache.active(tx, workflow_type=body.workflow_type))}
    tools = tuple(
        rules.Tool(tool.name, tool.purpose, tool.monthly_cost, tool.minutes_per_video) for tool in body.named_tools()
    )
    minutes = {name: instructions.minutes_of(templates.get(name)) for name in rows}
    return Known(await queries.prices(tx), rows, minutes, tools, body.duration, body.volume)


def answer(costs: rules.Costs, body: CostsIn) -> CostsOut:
    """The calculator's answer."""
    tools = [
        ToolCostOut(
            name=tool.name,
            monthly_cost=tool.rupees_a_month,
            per_video=rules.rounded(tool.rupees_a_month / body.volume),
            minutes_per_video=tool.minutes_a_video,
        )
        for tool in costs.tools
    ]
    shares = sum((tool.per_video for tool in tools), Decimal(0))
    return CostsOut(
        steps=[StepCostOut(step=s.step, cost=s.cost, formula=s.formula, source=s.source) for s in costs.steps],
        tools=tools,
        total_per_workflow=costs.per_workflow + shares,
        total_per_month=costs.per_month,
        minutes_per_workflow=costs.minutes_per_workflow,
        minutes_per_month=costs.minutes_per_month,
    )
