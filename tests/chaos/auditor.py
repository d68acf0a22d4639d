"""The auditor: reads every database and the object store after a fault and says which promise was broken.

The invariants are those of the fault suite. It knows tables, not code: what a service believes of itself is no
evidence. It is run when everything accepted should have ended; ``settle`` waits for that first.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from tests.chaos import correspondence

from chassis.testing.pace import slowness

FINAL = ("completed", "failed", "cancelled")
MESSAGING = ("users", "billing", "workflow", "ai_router", "export", "notify", "analytics")
DOCUMENTED_STATUSES = {200, 201, 202, 204, 400, 401, 402, 403, 404, 409, 410, 413, 415, 422, 423, 429, 503, 504}
SLOWEST_ANSWER_S = 5.0
"""On a usual laptop, while things break and begin again."""

_BY_ITSELF = "hold IS NOT NULL"
"""Jobs that somebody ordered; the others are steps of runs."""
_UNCLEARED = "cleared_at IS NULL AND status IN ('failed', 'cancelled')"
"""Jobs for which nobody has looked yet whether their attempts have left something. Their objects begin as their ids."""
_KEY = re.compile(r"(?<![\w.-])[\w.-]++(?:/[\w.-]++)+")
"""An object's key, wherever in a row it stands. Begun only where a word begins: rows hold bytes by the megabyte."""


@dataclass(frozen=True)
class Violation:
    """One broken promise."""

    invariant: str
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: {self.text}"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer as a client saw it."""

    method: str
    path: str
    status: int
    seconds: float
    body: Any
    retry_after: str | None = None


@dataclass
class Witness:
    """What clients were told: the other half of the evidence."""

    accepted: set[UUID] = field(default_factory=set)
    jobs: set[UUID] = field(default_factory=set)
    by_key: dict[str, set[str]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """Requests that got no answer at all."""

    def saw_run(self, key: str, run_id: str) -> None:
        """An order with this idempotency key was accepted as this run."""
        self.accepted.add(UUID(run_id))
        self.by_key.setdefault(key, set()).add(run_id)

    def saw_job(self, key: str, job_id: str) -> None:
        """An order of a single job with this idempotency key was accepted as this job."""
        self.jobs.add(UUID(job_id))
        self.by_key.setdefault(key, set()).add(job_id)


class Auditor:
    """Reads the databases behind ``urls`` (SQLAlchemy URLs by service name), and the objects of a folder store."""

    def __init__(self, urls: Mapping[str, str], objects: Path | None = None) -> None:
        self._objects = objects
        self._urls = {name: url.replace("postgresql+asyncpg://", "postgresql://") for name, url in urls.items()}

    async def watch(self) -> None:
        """Keep what is committed from now on; before the load, and again as often as one likes."""
        for url in self._urls.values():
            connection = await asyncpg.connect(url, timeout=5)
            try:
                await correspondence.watch(connection)
            finally:
                await connection.close()

    async def settle(self, witness: Witness, *, patience_s: float) -> float:
        """Wait until every accepted run has ended, nothing waits in an outbox or work table, and no message is missing.

        Returns the seconds; also when no run or job has gone a step further for ``patience_s``: the audit then says
        what is missing. However many runs there are, and however slow the machine, what is stuck is told from what
        is slow.
        """
        started = moved = time.monotonic()
        steps = -1
        while time.monotonic() - moved < patience_s:
            try:
                if await self._quiet(witness):
                    break
                if (taken := await self._steps_taken()) != steps:
                    steps, moved = taken, time.monotonic()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                # The database may be the thing that was broken.
                pass
            await asyncio.sleep(0.2)
        return time.monotonic() - started

    async def audit(self, witness: Witness) -> list[Violation]:
        """Every violation there is; an empty list is the aim."""
        found: list[Violation] = []
        connections = {name: await asyncpg.connect(url) for name, url in self._urls.items()}
        try:
            for connection in connections.values():
                await connection.set_type_codec(
                    "jsonb", schema="pg_catalog", encoder=orjson.dumps, decoder=orjson.loads
                )
            found += await self._nothing_lost(connections, witness)
            found += await self._one_effect(connections)
            found += await self._money(connections)
            found += await self._outbox(connections)
            found += [Violation("I4", *gap) for gap in await correspondence.gaps(connections)]
            found += await self._order(connections)
            found += await self._no_zombies(connections)
            found += await self._no_orphans(connections)
        finally:
            for connection in connections.values():
                await connection.close()
        found += _manners(witness.answers)
        found += _idempotency(witness.by_key)
        return found

    async def _quiet(self, witness: Witness) -> bool:
        for name in MESSAGING:
            connection = await asyncpg.connect(self._urls[name], timeout=5)
            try:
                busy = await connection.fetchval("SELECT EXISTS (SELECT FROM outbox) OR EXISTS (SELECT FROM work)")
                if name == "workflow" and not busy:
                    busy = await connection.fetchval(
                        "SELECT count(*) < cardinality($1::uuid[]) FROM runs WHERE id = ANY($1) AND status = ANY($2)",
                        list(witness.accepted),
                        list(FINAL),
                    )
                if name == "ai_router" and not busy:
                    busy = await connection.fetchval(
                        "SELECT count(*) < cardinality($1::uuid[]) FROM ai_jobs "
                        "WHERE id = ANY($1) AND status = ANY($2)",
                        list(witness.jobs),
                        list(FINAL),
                    )
            finally:
                await connection.close()
            if busy:
                return False
        return not await self._gaps()

    async def _gaps(self) -> list[correspondence.Gap]:
        connections = {}
        try:
            for name, url in self._urls.items():
                connections[name] = await asyncpg.connect(url, timeout=5)
            return await correspondence.gaps(connections)
        finally:
            for connection in connections.values():
                await connection.close()

    async def _steps_taken(self) -> int:
        """Of runs, and jobs that have ended."""
        taken = 0
        for name, query in (
            ("workflow", "SELECT count(*) FROM run_history"),
            ("ai_router", "SELECT count(*) FROM ai_jobs WHERE completed_at IS NOT NULL"),
        ):
            connection = await asyncpg.connect(self._urls[name], timeout=5)
            try:
                taken += int(await connection.fetchval(query))
            finally:
                await connection.close()
        return taken

    async def _nothing_lost(self, db: dict[str, Any], witness: Witness) -> list[Violation]:
        rows = {row["id"]: row for row in await db["workflow"].fetch("SELECT id, status, parked_reason FROM runs")}
        jobs = {row["id"] for row in await db["ai_router"].fetch("SELECT id FROM ai_jobs")}
        found = [
            Violation("I1", f"{what} {missing}", "was accepted and does not exist")
            for what, gone in (("run", witness.accepted - rows.keys()), ("job", witness.jobs - jobs))
            for missing in gone
        ]
        found += [
            Violation("I1", f"run {row['id']}", f"is {row['status']}, parked: {row['parked_reason']}")
            for row in rows.values()
            if row["status"] not in FINAL
        ]
        return found

    async def _one_effect(self, db: dict[str, Any]) -> list[Violation]:
        found = [
            Violation("I2", f"job {row['job_id']}", f"has {row['calls']} successful provider calls")
            for row in await db["ai_router"].fetch(
                "SELECT job_id, count(*) AS calls FROM provider_calls WHERE state = 'succeeded' "
                "GROUP BY job_id HAVING count(*) > 1"
            )
        ]
        found += [
            Violation("I2", f"run {row['run_id']}", f"{row['platform']} was delivered {row['made']} times")
            for row in await db["export"].fetch(
                "SELECT run_id, platform, count(*) AS made FROM renditions WHERE status = 'completed' "
                "GROUP BY run_id, platform HAVING count(*) > 1"
            )
        ]
        found += [
            Violation("I2", f"run {row['run_id']}", f"has {row['ends']} ends in the client event log")
            for row in await db["notify"].fetch(
                "SELECT run_id, count(*) AS ends FROM client_events WHERE state = ANY($1) "
                "GROUP BY run_id HAVING count(*) > 1",
                list(FINAL),
            )
        ]
        found += [
            Violation("I2", f"run {row['run']}", f"was announced {row['told']} times")
            for row in await db["notify"].fetch(
                "SELECT data ->> 'workflow_id' AS run, count(*) AS told FROM notifications "
                "WHERE kind LIKE 'workflow_%' GROUP BY 1 HAVING count(*) > 1"
            )
        ]
        return found

    async def _money(self, db: dict[str, Any]) -> list[Violation]:
        billing = db["billing"]
        found = [
            Violation(
                "I3",
                f"account {row['user_id']}",
                f"settled {row['settled']}, entries {row['entries']}, held {row['held']}, open holds {row['open']}",
            )
            for row in await billing.fetch(
                """
                SELECT account.user_id, account.settled, account.held,
                       coalesce(ledger.total, 0) AS entries, coalesce(open.total, 0) AS open
                FROM credit_accounts AS account
                LEFT JOIN (SELECT account, sum(credits) AS total FROM ledger_entries GROUP BY account) AS ledger
                    ON ledger.account = 'user:' || account.user_id || ':' || account.product_line
                LEFT JOIN (SELECT user_id, product_line, sum(credits) AS total FROM holds WHERE state = 'held'
                           GROUP BY user_id, product_line) AS open USING (user_id, product_line)
                WHERE coalesce(ledger.total, 0) <> account.settled OR coalesce(open.total, 0) <> account.held
                   OR account.settled < account.held OR account.held < 0
                """
            )
        ]
        found += [
            Violation("I3", f"transfer {row['transfer_id']}", f"sums to {row['total']}")
            for row in await billing.fetch(
                "SELECT transfer_id, sum(credits) AS total FROM ledger_entries "
                "GROUP BY transfer_id HAVING sum(credits) <> 0 OR count(*) <> 2"
            )
        ]
        holds = await billing.fetch("SELECT run_id, state, credits, captured FROM holds")
        spent = {
            row["reference"]: row["spent"]
            for row in await billing.fetch(
                "SELECT reference, sum(credits) AS spent FROM ledger_entries WHERE account = 'platform:spent' "
                "GROUP BY reference"
            )
        }
        runs = {row["id"]: row["status"] for row in await db["workflow"].fetch("SELECT id, status FROM runs")}
        jobs = {row["id"]: row["status"] for row in await db["ai_router"].fetch("SELECT id, status FROM ai_jobs")}
        sold = {row["id"] for row in await db["ai_router"].fetch("SELECT id FROM ai_jobs WHERE hold = 'captured'")}
        for row in holds:
            status = runs.get(row["run_id"]) or jobs.get(row["run_id"], "unknown")
            expected = {"completed": "captured", "failed": "released", "cancelled": "released"}.get(status)
            subject = f"run or job {row['run_id']}"
            if row["state"] != expected:
                found.append(Violation("I3", subject, f"is {status}, its hold is {row['state']}"))
            if spent.get(row["run_id"], 0) != row["captured"]:
                found.append(
                    Violation("I3", subject, f"spent {spent.get(row['run_id'], 0)}, captured {row['captured']}")
                )
        held_for = {row["run_id"] for row in holds}
        found += [
            Violation("I3", f"run {run_id}", "was delivered and never paid for")
            for run_id, status in runs.items()
            if status == "completed" and run_id not in held_for
        ]
        found += [Violation("I3", f"job {job}", "was handed out and never paid for") for job in sold - held_for]
        return found

    async def _outbox(self, db: dict[str, Any]) -> list[Violation]:
        found = []
        for name in MESSAGING:
            left = await db[name].fetch("SELECT id, routing_key FROM outbox LIMIT 5")
            found += [Violation("I4", f"{name} outbox", f"still has {row['routing_key']} {row['id']}") for row in left]
        said = {row["id"] for row in await db["workflow"].fetch("SELECT id FROM runs")}
        said |= {row["id"] for row in await db["ai_router"].fetch(f"SELECT id FROM ai_jobs WHERE {_BY_ITSELF}")}  # noqa: S608
        heard = await db["notify"].fetch(
            "SELECT run_id, count(*) AS heard, max(sequence) AS last FROM client_events GROUP BY run_id"
        )
        for row in heard:
            if row["run_id"] not in said:
                found.append(Violation("I4", f"run or job {row['run_id']}", "was announced and never committed"))
            elif row["heard"] != row["last"]:
                found.append(
                    Violation(
                        "I4", f"run or job {row['run_id']}", f"{row['last']} events were sent, {row['heard']} arrived"
                    )
                )
        silent = said - {row["run_id"] for row in heard}
        found += [Violation("I4", f"run or job {run_id}", "was never announced") for run_id in silent]
        return found

    async def _order(self, db: dict[str, Any]) -> list[Violation]:
        found = [
            Violation("I5", f"run {row['run_id']}", f"ended at event {row['ended']} and went on to {row['last']}")
            for row in await db["notify"].fetch(
                "SELECT run_id, min(sequence) FILTER (WHERE state = ANY($1)) AS ended, max(sequence) AS last "
                "FROM client_events GROUP BY run_id "
                "HAVING min(sequence) FILTER (WHERE state = ANY($1)) < max(sequence)",
                list(FINAL),
            )
        ]
        ends = {
            row["run_id"]: row["state"]
            for row in await db["notify"].fetch(
                "SELECT run_id, state FROM client_events WHERE state = ANY($1)", list(FINAL)
            )
        }
        ended = await db["workflow"].fetch("SELECT id, status FROM runs WHERE status = ANY($1)", list(FINAL))
        ended += await db["ai_router"].fetch(
            f"SELECT id, status FROM ai_jobs WHERE {_BY_ITSELF} AND status = ANY($1)",  # noqa: S608
            list(FINAL),
        )
        for row in ended:
            if ends.get(row["id"]) != row["status"]:
                found.append(
                    Violation(
                        "I5", f"run or job {row['id']}", f"is {row['status']}, clients heard {ends.get(row['id'])}"
                    )
                )
        versions = {
            (row["user_id"], row["product_line"]): row["version"]
            for row in await db["billing"].fetch("SELECT user_id, product_line, version FROM credit_accounts")
        }
        for service in ("users", "workflow"):
            for row in await db[service].fetch("SELECT user_id, product_line, version FROM entitlements"):
                if row["version"] > versions.get((row["user_id"], row["product_line"]), 0):
                    found.append(Violation("I5", f"{service} copy of {row['user_id']}", "is newer than billing itself"))
        return found

    async def _no_zombies(self, db: dict[str, Any]) -> list[Violation]:
        found = []
        for name in MESSAGING:
            for row in await db[name].fetch("SELECT id, kind, attempts FROM work LIMIT 5"):
                found.append(Violation("I6", f"{name} work {row['id']}", f"{row['kind']}, {row['attempts']} attempts"))
        found += [
            Violation("I6", f"call {row['id']}", f"is paid for and {row['state']}, its job {row['job_id']} has ended")
            for row in await db["ai_router"].fetch(
                "SELECT call.id, call.state, job_id FROM provider_calls AS call JOIN ai_jobs ON ai_jobs.id = job_id "
                "WHERE paid AND state IN ('calling', 'accepted') AND status IN ('completed', 'failed', 'cancelled')"
            )
        ]
        open_states = {
            "ai_router": "SELECT job.id, CASE WHEN work.id IS NULL THEN status || ', without work' ELSE status END "
            "AS status FROM ai_jobs AS job LEFT JOIN work USING (id) WHERE status IN ('pending', 'processing') "
            "UNION ALL SELECT id, status || ', ' || hold FROM ai_jobs WHERE hold IN ('asked', 'capturing')",
            "export": "SELECT id, status FROM renditions WHERE status = 'pending' "
            "UNION ALL SELECT id, status FROM kit_orders WHERE status = 'pending'",
            "billing": "SELECT id, state AS status FROM holds WHERE state = 'held'",
        }
        for name, query in open_states.items():
            found += [
                Violation("I6", f"{name} {row['id']}", f"is {row['status']}") for row in await db[name].fetch(query)
            ]
        for row in await db["ai_router"].fetch(
            "SELECT call.id, call.state, job.status FROM provider_calls AS call JOIN ai_jobs AS job ON job.id = job_id "
            "WHERE call.paid AND call.state IN ('calling', 'accepted') AND job.status = ANY($1)",
            list(FINAL),
        ):
            found.append(Violation("I6", f"paid call {row['id']}", f"is {row['state']}, its job {row['status']}"))
        return found

    async def _no_orphans(self, db: dict[str, Any]) -> list[Violation]:
        """Objects that no row of any service names: nobody hands them out, and nobody removes them."""
        if self._objects is None:
            return []
        kept = {path.relative_to(self._objects).as_posix() for path in self._objects.rglob("*") if path.is_file()}
        for connection in db.values():
            tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            for table in tables:
                rows = await connection.fetch(f'SELECT kept::text AS said FROM "{table["tablename"]}" AS kept')  # noqa: S608
                kept.difference_update(*(_KEY.findall(row["said"]) for row in rows))
        rows = await db["ai_router"].fetch(f"SELECT id FROM ai_jobs WHERE {_UNCLEARED}")  # noqa: S608
        cleared_soon = tuple(row["id"].hex[:12] for row in rows)
        return [
            Violation("I6", f"object {key}", "belongs to nobody")
            for key in sorted(kept)
            if not key.rsplit("/", 1)[-1].startswith(cleared_soon)
        ]


def _manners(answers: Collection[Answer]) -> list[Violation]:
    found = []
    slowest_s = SLOWEST_ANSWER_S * slowness()
    for answer in answers:
        subject = f"{answer.method} {answer.path}"
        if answer.status not in DOCUMENTED_STATUSES:
            found.append(Violation("I7", subject, f"answered {answer.status}"))
        if answer.status in (503, 504) and answer.retry_after is None:
            found.append(Violation("I7", subject, f"answered {answer.status} without Retry-After"))
        if answer.seconds > slowest_s:
            found.append(Violation("I7", subject, f"took {answer.seconds:.1f} s"))
        error = answer.body.get("error") if isinstance(answer.body, dict) else None
        if answer.status >= 400 and not (isinstance(error, dict) and {"code", "message"} <= error.keys()):
            found.append(Violation("I7", subject, f"{answer.status} without an error body: {answer.body!r}"))
    return found


def _idempotency(by_key: Mapping[str, Collection[str]]) -> list[Violation]:
    return [
        Violation("I12", f"key {key}", f"started {len(runs)} runs") for key, runs in by_key.items() if len(runs) != 1
    ]
