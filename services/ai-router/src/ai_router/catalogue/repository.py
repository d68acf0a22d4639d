"""The catalogue's SQL, and the snapshot in memory that routing reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import asyncpg
import orjson

from ai_router.catalogue.models import Catalogue, Offer, Policy, Rules, Usage
from ai_router.catalogue.starting import LINE_POLICIES, MODELS, OFFERS, POLICIES, RULES
from ai_router.metrics import COST_LIMIT, COST_TODAY, COST_WARNING, PROVIDER_HEALTHY, may_be_called
from ai_router.routing.breaker import Key, SharedBreaker, key_of
from chassis import ids
from chassis.data.database import Database, Transaction
from contracts.enums import Capability, Priority, ServiceHealth

_COLUMNS = (
    "key, capability, cost, cost_unit, quality, speed_s, max_clip_s, requests_per_hour, base_url, priority, "
    "listing, zero_cost, deterministic, allowed_tiers, is_active, calls_at_once"
)


async def load_starting_catalogue(database: Database) -> None:
    """Add the starting rows that are missing and change none: the repeatable initial-data step."""
    async with database.transaction() as tx:
        for offer in OFFERS:
            await tx.execute(
                f"INSERT INTO providers ({_COLUMNS}) "  # noqa: S608  a constant
                "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING",
                str(offer.provider),
                str(offer.capability),
                offer.cost,
                offer.cost_unit,
                Decimal(str(offer.quality)),
                Decimal(str(offer.speed_s)),
                None if offer.max_clip_s is None else Decimal(str(offer.max_clip_s)),
                offer.requests_per_hour,
                offer.base_url,
                offer.priority,
                offer.listing,
                offer.zero_cost,
                offer.deterministic,
                sorted(offer.allowed_tiers),
                offer.is_active,
                offer.calls_at_once,
            )
        listed = [("", policy) for policy in POLICIES]
        listed += [(str(line), policy) for line, policies in LINE_POLICIES.items() for policy in policies]
        for line, policy in listed:
            await put_policy(tx, line, policy, anew=False)
        for name, value in RULES.items():
            await tx.execute(
                "INSERT INTO routing_rules (name, value) VALUES ($1, $2::jsonb) ON CONFLICT DO NOTHING",
                name,
                orjson.dumps(value).decode(),
            )
        for model in MODELS:
            await tx.execute(
                "INSERT INTO ai_models (id, name, provider, model_type, description, parameters, credits_per_use) "
                "VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7) ON CONFLICT DO NOTHING",
                ids.uuid7(),
                model.name,
                str(model.provider),
                str(model.model_type),
                model.description,
                orjson.dumps(dict(model.parameters)).decode(),
                model.credits_per_use,
            )


async def put_policy(tx: Transaction, line: str, policy: Policy, *, anew: bool = True) -> None:
    """Keep how a capability is routed in a product line (``""``: in all that have none of their own)."""
    otherwise = (
        "UPDATE SET primary_provider = excluded.primary_provider, premium_provider = excluded.premium_provider, "
        "minimum_quality = excluded.minimum_quality, fallback_score = excluded.fallback_score, "
        "chain = excluded.chain, updated_at = now()"
    )
    await tx.execute(
        "INSERT INTO routing_policies (product_line, capability, primary_provider, premium_provider, minimum_quality, "  # noqa: S608
        "fallback_score, chain) VALUES ($1, $2, $3, $4, $5, $6, $7) "
        f"ON CONFLICT (product_line, capability) DO {otherwise if anew else 'NOTHING'}",
        line,
        str(policy.capability),
        policy.primary,
        policy.premium,
        Decimal(str(policy.minimum_quality)),
        Decimal(str(policy.fallback_score)),
        None if policy.chain is None else list(policy.chain),
    )


async def drop_policy(tx: Transaction, line: str, capability: Capability) -> bool:
    """Route a capability in a product line as in all others again. False where it was."""
    row = await tx.fetchrow(
        "DELETE FROM routing_policies WHERE product_line = $1 AND capability = $2 RETURNING capability",
        line,
        capability.value,
    )
    return row is not None


async def put_rule(tx: Transaction, name: str, value: Any) -> None:
    """Keep a rule over all capabilities."""
    await tx.execute(
        "INSERT INTO routing_rules (name, value) VALUES ($1, $2::jsonb) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()",
        name,
        orjson.dumps(value).decode(),
    )


# A minute that began an hour ago counts whole.
_USED = """
SELECT provider, coalesce(calls, 0) AS calls, coalesce(cost, 0) AS cost, coalesce(under_way, 0) AS under_way FROM (
    SELECT provider,
        coalesce(sum(calls) FILTER (WHERE minute > $1::timestamptz - interval '61 minutes'), 0)::int AS calls,
        coalesce(sum(cost) FILTER (WHERE minute >= date_trunc('day', $1::timestamptz, 'UTC')), 0) AS cost
    FROM paid_minutes WHERE minute > $1::timestamptz - interval '25 hours' GROUP BY provider
) AS used FULL JOIN (
    SELECT provider, count(*)::int AS under_way FROM provider_calls WHERE paid AND state IN ('calling', 'accepted')
    GROUP BY provider
) AS going USING (provider)
"""


async def usage_for_one_more(tx: Transaction) -> Usage:
    """What paid providers have been used for. Until the commit nobody else is told, so that what is begun by it counts
    before the next one looks. Ask for it before any lock of a row."""
    await tx.execute("SELECT pg_advisory_xact_lock(hashtext('ai_router.paid_calls'))")
    return _usage(await tx.fetch(_USED, tx.now))


class CatalogueBook:
    """The newest catalogue and usage, read again when older than ``max_age_s`` (AIR-56).

    ``extra`` are offers of providers that a composition root added; they count while the tables have none for them.
    ``fallback``: without it nobody goes on with another provider, whatever the tables say.
    """

    def __init__(
        self, database: Database, *, max_age_s: float, extra: Sequence[Offer] = (), fallback: bool = True
    ) -> None:
        self._database = database
        self._max_age_s = max_age_s
        self._extra = tuple(extra)
        self._fallback = fallback
        self._read_at = float("-inf")
        self.unwell: frozenset[str] = frozenset()
        """Providers whose last check went wrong, whoever made it; one that was never checked is taken to be well."""
        self._changes = 0
        self._reading = asyncio.Lock()
        self._catalogue = Catalogue(offers=())
        self._usage = Usage()
        self._kept = ""
        self.breakers: Mapping[Key, SharedBreaker] = {}
        """What all processes know of providers that are not asked at the moment."""

    def now(self) -> datetime:
        """The service's clock, by which shared breakers are read."""
        return self._database.clock.now()

    @property
    def catalogue(self) -> Catalogue:
        """The snapshot that was read last."""
        return self._catalogue

    async def current(self) -> tuple[Catalogue, Usage]:
        """The snapshot; raises what the database raises."""
        asked_at = time.monotonic()
        if asked_at - self._read_at > self._max_age_s:
            async with self._reading:
                # One reads for all who ask at the same moment.
                if self._read_at < asked_at:
                    await self._read()
        return self._catalogue, self._usage

    def begun(self, provider: str, calls: int, cost: Decimal) -> None:
        """Count paid calls that this process has just written down, until the tables are read again."""
        self._usage = self._usage.and_also(provider, calls, cost)

    def expire(self) -> None:
        """Read the tables again at the next look: this process has just changed what they say."""
        self._changes += 1
        self._read_at = float("-inf")

    async def _read(self) -> None:
        began_at, changes = time.monotonic(), self._changes
        now = self._database.clock.now()
        async with self._database.connection() as connection:
            offers = await connection.fetch(f"SELECT {_COLUMNS} FROM providers ORDER BY priority, key")  # noqa: S608
            policies = await connection.fetch("SELECT * FROM routing_policies")
            rules = await connection.fetch("SELECT name, value FROM routing_rules")
            usage = _usage(await connection.fetch(_USED, now))
            checked = await connection.fetch("SELECT provider, status FROM provider_health")
            breakers = await connection.fetch(
                "SELECT provider, capability, model, opened_until, probe_until, probe_by, reset_at FROM breakers"
            )
            guard = await connection.fetchrow("SELECT lifted_to FROM daily_guard WHERE day = $1", now.date())
        listed = tuple(_offer(row) for row in offers)
        known = {(offer.provider, offer.capability) for offer in listed}
        unlisted = tuple(offer for offer in self._extra if (offer.provider, offer.capability) not in known)
        self._catalogue = Catalogue(
            offers=listed + unlisted,
            policies={Capability(row["capability"]): _policy(row) for row in policies if not row["product_line"]},
            rules=lifted(_rules({row["name"]: row["value"] for row in rules}, fallback=self._fallback), guard),
            lines=_by_line(policies),
        )
        await self._keep_version()
        self._usage = usage
        self._hear(checked)
        self.breakers = {key_of(row): SharedBreaker.of(row) for row in breakers}
        for offer in listed:
            if offer.is_active:
                may_be_called(offer.provider, offer.capability)
        COST_TODAY.set(float(usage.cost_today))
        COST_LIMIT.set(float(self._catalogue.rules.daily_limit))
        COST_WARNING.set(float(self._catalogue.rules.daily_warning))
        if changes == self._changes:
            self._read_at = began_at

    async def _keep_version(self) -> None:
        """Keep each catalogue that choices are made from, so that they can be computed again."""
        digest = self._catalogue.digest
        if digest == self._kept:
            return
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO catalogue_versions (digest, document) VALUES ($1, $2::jsonb) ON CONFLICT DO NOTHING",
                digest,
                self._catalogue.document().decode(),
            )
        self._kept = digest

    def _hear(self, checked: Sequence[asyncpg.Record]) -> None:
        well = {row["provider"]: row["status"] == ServiceHealth.HEALTHY for row in checked}
        for provider, is_well in well.items():
            PROVIDER_HEALTHY.labels(provider).set(is_well)
        self.unwell = frozenset(provider for provider, is_well in well.items() if not is_well)


def _usage(rows: Sequence[asyncpg.Record]) -> Usage:
    return Usage(
        cost_today=sum((row["cost"] for row in rows), Decimal(0)),
        calls_last_hour={row["provider"]: row["calls"] for row in rows if row["calls"]},
        under_way={row["provider"]: row["under_way"] for row in rows if row["under_way"]},
    )


def _offer(row: asyncpg.Record) -> Offer:
    return Offer(
        provider=row["key"],
        capability=Capability(row["capability"]),
        cost=row["cost"],
        cost_unit=row["cost_unit"],
        quality=float(row["quality"]),
        speed_s=float(row["speed_s"]),
        priority=row["priority"],
        max_clip_s=None if row["max_clip_s"] is None else float(row["max_clip_s"]),
        requests_per_hour=row["requests_per_hour"],
        base_url=row["base_url"],
        listing=row["listing"],
        zero_cost=row["zero_cost"],
        deterministic=row["deterministic"],
        allowed_tiers=frozenset(row["allowed_tiers"]),
        is_active=row["is_active"],
        calls_at_once=row["calls_at_once"],
    )


def _policy(row: asyncpg.Record) -> Policy:
    return Policy(
        capability=Capability(row["capability"]),
        primary=row["primary_provider"],
        premium=row["premium_provider"],
        minimum_quality=float(row["minimum_quality"]),
        fallback_score=float(row["fallback_score"]),
        chain=None if row["chain"] is None else tuple(row["chain"]),
    )


def _by_line(rows: Sequence[asyncpg.Record]) -> dict[str, dict[Capability, Policy]]:
    lines: dict[str, dict[Capability, Policy]] = {}
    for row in rows:
        if row["product_line"]:
            lines.setdefault(row["product_line"], {})[Capability(row["capability"])] = _policy(row)
    return lines


def lifted(rules: Rules, guard: Mapping[str, Any] | None) -> Rules:
    """The rules of a day on which an administrator allowed more."""
    if guard is None or guard["lifted_to"] is None:
        return rules
    return replace(rules, daily_limit=max(rules.daily_limit, guard["lifted_to"]))


def _rules(values: Mapping[str, Any], *, fallback: bool = True) -> Rules:
    known = {**RULES, **values}
    return Rules(
        premium_tiers=frozenset(known["premium_tiers"]),
        priorities={plan: Priority(lane) for plan, lane in known["priorities"].items()},
        fallback=fallback and bool(known["fallback"]),
        emergency=bool(known["emergency"]),
        daily_warning=Decimal(str(known["daily_warning"])),
        daily_limit=Decimal(str(known["daily_limit"])),
        patience_s={Priority(lane): float(seconds) for lane, seconds in known["patience_s"].items()},
        jobs_at_once={plan: int(most) for plan, most in known["jobs_at_once"].items()},
    )
