"""Accounts, holds and entries: two reads that lock and one write for a whole batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import orjson

from billing.ledger.rules import Account, Change, Hold, HoldState, Transfer
from chassis import ids
from chassis.data.database import Transaction

AccountKey = tuple[UUID, str]

# Whoever is asked for the same hold at the same moment waits here, so that a release and its reserve, handled by two
# workers, come one after the other.
_LOCK = """
WITH named AS MATERIALIZED (
    SELECT count(pg_advisory_xact_lock(hashtextextended(id::text, 0)))
    FROM (SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id) AS ordered
), keys AS (
    SELECT user_id, product_line FROM holds WHERE id = ANY($1::uuid[])
    UNION
    SELECT * FROM unnest($2::uuid[], $3::text[])
)
SELECT account.* FROM credit_accounts AS account JOIN keys USING (user_id, product_line)
WHERE (SELECT count FROM named) >= 0
ORDER BY user_id, product_line
FOR UPDATE OF account
"""

_HOLDS = """
SELECT asked.id AS asked, hold.*, tombstone.id AS tombstone
FROM unnest($1::uuid[]) AS asked (id)
LEFT JOIN holds AS hold ON hold.id = asked.id
LEFT JOIN hold_tombstones AS tombstone ON tombstone.id = asked.id
"""

_WRITE = """
WITH opened AS (
    INSERT INTO credit_accounts (user_id, product_line, plan_type, settled, held, bought, used, period_start,
                                 period_end, version, created_at, updated_at)
    SELECT *, $43::timestamptz, now() FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::jsonb[], $8::timestamptz[],
        $9::timestamptz[], $10::bigint[]
    )
), changed AS (
    UPDATE credit_accounts AS account
    SET plan_type = new.plan_type, settled = new.settled, held = new.held, bought = new.bought, used = new.used,
        period_start = new.period_start, period_end = new.period_end, version = new.version, updated_at = now()
    FROM unnest($11::uuid[], $12::text[], $13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::jsonb[],
                $18::timestamptz[], $19::timestamptz[], $20::bigint[])
        AS new (user_id, product_line, plan_type, settled, held, bought, used, period_start, period_end, version)
    WHERE account.user_id = new.user_id AND account.product_line = new.product_line
), tombstones AS (
    INSERT INTO hold_tombstones (id, created_at) SELECT unnest($21::uuid[]), $43 ON CONFLICT DO NOTHING
), entries AS (
    INSERT INTO ledger_entries (transfer_id, account, credits, kind, description, reference, created_at)
    SELECT * FROM unnest($22::uuid[], $23::text[], $24::bigint[], $25::text[], $26::text[], $27::uuid[],
                         $28::timestamptz[])
)
INSERT INTO holds (id, run_id, user_id, product_line, credits, bought, captured, state, meter, units, estimated_cost,
                   actual_cost, period_start, expires_at, created_at, updated_at)
SELECT *, $43, $43 FROM unnest(
    $29::uuid[], $30::uuid[], $31::uuid[], $32::text[], $33::bigint[], $34::bigint[], $35::bigint[], $36::text[],
    $37::text[], $38::int[], $39::numeric[], $40::numeric[], $41::timestamptz[], $42::timestamptz[]
)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, captured = excluded.captured, actual_cost = excluded.actual_cost,
    updated_at = excluded.updated_at
"""


@dataclass
class Books:
    """What a batch works on: locked accounts and the holds it names; changes are collected and written once."""

    accounts: dict[AccountKey, Account]
    holds: dict[UUID, Hold]
    tombstones: set[UUID]
    _opened: set[AccountKey] = field(default_factory=set)
    _touched: set[AccountKey] = field(default_factory=set)
    _holds_touched: set[UUID] = field(default_factory=set)
    _new_tombstones: set[UUID] = field(default_factory=set)
    _transfers: list[Transfer] = field(default_factory=list)

    def apply(self, change: Change, *, opened: bool = False) -> None:
        """Take over what a rule decided."""
        key = (change.account.user_id, change.account.product_line)
        if opened:
            self._opened.add(key)
        if self.accounts.get(key) != change.account:
            self._touched.add(key)
        self.accounts[key] = change.account
        if change.hold is not None and self.holds.get(change.hold.id) != change.hold:
            self.holds[change.hold.id] = change.hold
            self._holds_touched.add(change.hold.id)
        self._transfers.extend(change.transfers)

    def bury(self, hold_id: UUID) -> None:
        """A release came first: this hold must never be made."""
        self.tombstones.add(hold_id)
        self._new_tombstones.add(hold_id)

    def changed(self) -> list[Account]:
        """Accounts that are to be written, opened ones among them, in one order everywhere."""
        return [self.accounts[key] for key in sorted(self._touched | self._opened, key=str)]

    async def write(self, tx: Transaction) -> None:
        """Store everything in one statement; nothing when nothing changed."""
        if not (self._touched or self._opened or self._holds_touched or self._new_tombstones):
            return
        opened = [self.accounts[key] for key in sorted(self._opened, key=str)]
        changed = [self.accounts[key] for key in sorted(self._touched - self._opened, key=str)]
        holds = [self.holds[hold_id] for hold_id in self._holds_touched]
        await tx.execute(
            _WRITE,
            *_account_columns(opened),
            *_account_columns(changed),
            list(self._new_tombstones),
            *_entry_columns(self._transfers, tx.now),
            [hold.id for hold in holds],
            [hold.run_id for hold in holds],
            [hold.user_id for hold in holds],
            [hold.product_line for hold in holds],
            [hold.credits for hold in holds],
            [hold.bought for hold in holds],
            [hold.captured for hold in holds],
            [hold.state.value for hold in holds],
            [hold.meter for hold in holds],
            [hold.units for hold in holds],
            [hold.estimated_cost for hold in holds],
            [hold.actual_cost for hold in holds],
            [hold.period_start for hold in holds],
            [hold.expires_at for hold in holds],
            tx.now,
        )


async def open_books(tx: Transaction, hold_ids: Collection[UUID], accounts: Collection[AccountKey] = ()) -> Books:
    """Lock the accounts of these holds and those named, in one order everywhere, then read the holds."""
    rows = await tx.fetch(
        _LOCK, list(hold_ids), [user_id for user_id, _ in accounts], [product_line for _, product_line in accounts]
    )
    locked = {(row["user_id"], row["product_line"]): account_of(row) for row in rows}
    # Read after the locks are held: what a concurrent batch did to these holds is visible now.
    found = await tx.fetch(_HOLDS, list(hold_ids)) if hold_ids else []
    made_meanwhile = {(row["user_id"], row["product_line"]) for row in found if row["id"] is not None} - locked.keys()
    if made_meanwhile:
        rows = await tx.fetch(_LOCK, [], [key[0] for key in made_meanwhile], [key[1] for key in made_meanwhile])
        locked |= {(row["user_id"], row["product_line"]): account_of(row) for row in rows}
    return Books(
        accounts=locked,
        holds={row["id"]: hold_of(row) for row in found if row["id"] is not None},
        tombstones={row["asked"] for row in found if row["tombstone"] is not None},
    )


def account_of(row: Mapping[str, object] | asyncpg.Record) -> Account:
    """An account from its row."""
    return Account(**{name: row[name] for name in Account.__dataclass_fields__})  # type: ignore[arg-type]


def hold_of(row: asyncpg.Record) -> Hold:
    """A hold from its row."""
    values = {name: row[name] for name in Hold.__dataclass_fields__}
    return Hold(**{**values, "state": HoldState(row["state"])})


def _account_columns(accounts: Iterable[Account]) -> tuple[list[object], ...]:
    listed = list(accounts)
    return (
        [account.user_id for account in listed],
        [account.product_line for account in listed],
        [account.plan_type for account in listed],
        [account.settled for account in listed],
        [account.held for account in listed],
        [account.bought for account in listed],
        [orjson.dumps(dict(account.used)).decode() for account in listed],
        [account.period_start for account in listed],
        [account.period_end for account in listed],
        [account.version for account in listed],
    )


def _entry_columns(transfers: Iterable[Transfer], now: datetime) -> tuple[list[object], ...]:
    entries: list[tuple[object, ...]] = []
    for transfer in transfers:
        transfer_id = ids.uuid7()
        common = (transfer.kind, transfer.description, transfer.reference, now)
        entries.append((transfer_id, transfer.source, -transfer.credits, *common))
        entries.append((transfer_id, transfer.target, transfer.credits, *common))
    return tuple([entry[column] for entry in entries] for column in range(7))


# By the database's own clock, which edits of plans go by too. A process may have its copy of the plans for a minute:
# what it told meanwhile is told again.
_OUTDATED = """
SELECT account.user_id, account.product_line FROM credit_accounts AS account
JOIN (SELECT product_line, max(updated_at) + interval '90 seconds' AS settled FROM plans GROUP BY product_line) AS plan
USING (product_line)
WHERE account.updated_at < plan.settled AND plan.settled < now()
LIMIT $1
"""


async def outdated(tx: Transaction, limit: int) -> list[AccountKey]:
    """Accounts that were last told before the plans of their product line were edited."""
    return [(row["user_id"], row["product_line"]) for row in await tx.fetch(_OUTDATED, limit)]


async def granted(tx: Transaction, account_name: str, reference: UUID) -> bool:
    """Whether a grant for ``reference`` has been made to an account."""
    statement = "SELECT FROM ledger_entries WHERE account = $1 AND kind = 'grant' AND reference = $2 LIMIT 1"
    return await tx.fetchrow(statement, account_name, reference) is not None


async def overdue(tx: Transaction, limit: int) -> list[UUID]:
    """Holds that should have been settled by now, the oldest first."""
    rows = await tx.fetch(
        "SELECT id FROM holds WHERE state = 'held' AND expires_at <= $1 ORDER BY expires_at LIMIT $2", tx.now, limit
    )
    return [row["id"] for row in rows]
