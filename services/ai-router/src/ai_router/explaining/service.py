"""Computing choices again, as they were or under another policy. Pure but for reading what was stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from ai_router.catalogue.models import Catalogue
from ai_router.explaining import queries
from ai_router.explaining.schemas import CallOut, ChangedOut, ChoiceOut, RouteOut, SimulateIn, SimulationOut
from ai_router.routing.choose import Choice, choose
from ai_router.routing.router import Inputs
from chassis.data.database import Transaction
from contracts.enums import Capability

SHOWN = 50
"""Changed jobs that an answer lists."""


async def explain(tx: Transaction, job: Mapping[str, Any]) -> RouteOut:
    """Every choice that was made for a job, computed again from what it depended on; and what then was done."""
    kept = job["routing"] or {}
    capability = Capability(job["job_type"])
    stored = [(Inputs.of(capability, one["inputs"]), one) for one in kept.get("choices", ())]
    known = await queries.catalogues(tx, {inputs.catalogue for inputs, _ in stored})
    return RouteOut(
        job_id=job["id"],
        job_type=capability,
        status=job["status"],
        provider=job["provider"],
        from_cache=bool(kept.get("cache")),
        choices=[_told(inputs, one, known.get(inputs.catalogue)) for inputs, one in stored],
        calls=[CallOut.model_validate(dict(row)) for row in await queries.calls(tx, job["id"])],
    )


def _told(inputs: Inputs, stored: Mapping[str, Any], catalogue: Catalogue | None) -> ChoiceOut:
    again = None if catalogue is None else choose(inputs.request, catalogue, inputs.health, inputs.budget).document()
    same = None if again is None else again == {name: stored[name] for name in again}
    depended = {name: value for name, value in stored["inputs"].items() if name != "catalogue"}
    return ChoiceOut.model_validate(
        {
            "ranked": stored["ranked"],
            "dropped": stored["dropped"],
            "catalogue": inputs.catalogue,
            "depended_on": depended,
            "recomputed": same,
        }
    )


@dataclass(frozen=True, slots=True)
class Replayed:
    """A job's first choice, as it was and as it would have been."""

    job_id: UUID
    before: Choice
    after: Choice
    catalogue: Catalogue
    capability: Capability


async def simulate(tx: Transaction, body: SimulateIn) -> SimulationOut:
    """What stored jobs would have gone to under the policy and rules of ``body``, and what that would have cost."""
    start, end = body.period(tx.now)
    line = None if body.product_line is None else body.product_line.value
    wanted = None if body.capability is None else body.capability.value
    rows = await queries.first_choices(tx, start, end, wanted, line, body.limit)
    inputs = [(row, Inputs.of(Capability(row["job_type"]), row["choice"]["inputs"])) for row in rows]
    known = await queries.catalogues(tx, {one.catalogue for _, one in inputs})
    otherwise = {digest: changed(catalogue, body) for digest, catalogue in known.items()}
    replayed = [
        Replayed(
            row["id"],
            choose(one.request, known[one.catalogue], one.health, one.budget),
            choose(one.request, otherwise[one.catalogue], one.health, one.budget),
            known[one.catalogue],
            one.request.capability,
        )
        for row, one in inputs
        if one.catalogue in known
    ]
    return summed(replayed, missing=len(rows) - len(replayed))


def changed(catalogue: Catalogue, body: SimulateIn) -> Catalogue:
    """A catalogue with the policy, rates and rules that are tried."""
    policies, lines = dict(catalogue.policies), dict(catalogue.lines)
    if body.policy is not None and body.capability is not None:
        for line in {"", *lines, *(() if body.product_line is None else (body.product_line.value,))}:
            now = catalogue.policy(body.capability, line)
            policy = body.policy.over(now)
            if line:
                lines[line] = {**lines.get(line, {}), body.capability: policy}
            else:
                policies[body.capability] = policy
    offers = tuple(
        replace(offer, cost=body.rates.get(offer.provider, offer.cost)) if not offer.zero_cost else offer
        for offer in catalogue.offers
        if offer.provider not in body.without
    )
    rules = catalogue.rules
    if body.emergency is not None:
        rules = replace(rules, emergency=body.emergency)
    return Catalogue(offers, policies, rules, lines)


def summed(replayed: Sequence[Replayed], *, missing: int) -> SimulationOut:
    """What it comes to."""
    moved = [one for one in replayed if _first(one.before) != _first(one.after)]
    return SimulationOut(
        jobs=len(replayed),
        not_computable=missing,
        changed=len(moved),
        unserved_before=sum(not one.before.ranked for one in replayed),
        unserved_after=sum(not one.after.ranked for one in replayed),
        cost_before=sum((_cost(one.before) for one in replayed), Decimal(0)),
        cost_after=sum((_cost(one.after) for one in replayed), Decimal(0)),
        quality_before=_quality(replayed, [one.before for one in replayed]),
        quality_after=_quality(replayed, [one.after for one in replayed]),
        providers_before=dict(Counter(_first(one.before) for one in replayed)),
        providers_after=dict(Counter(_first(one.after) for one in replayed)),
        examples=[
            ChangedOut(job_id=one.job_id, before=_first(one.before), after=_first(one.after)) for one in moved[:SHOWN]
        ],
    )


def _first(choice: Choice) -> str:
    return choice.ranked[0].provider if choice.ranked else "nobody"


def _cost(choice: Choice) -> Decimal:
    return choice.ranked[0].estimated_cost if choice.ranked else Decimal(0)


def _quality(replayed: Sequence[Replayed], choices: Sequence[Choice]) -> float | None:
    found = [
        one.catalogue.offer(choice.ranked[0].provider, one.capability).quality
        for one, choice in zip(replayed, choices, strict=True)
        if choice.ranked
    ]
    return round(sum(found) / len(found), 2) if found else None
