"""Accounts, holds and entries: two reads that lock and one write for a whole batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from billing.ledger.models import USUAL_PRIORITY, Account, Category, Change, Grant, Hold, HoldState, Transfer
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

_ACCOUNT = (
    ("user_id", "uuid"),
    ("product_line", "text"),
    ("plan_type", "text"),
    ("settled", "bigint"),
    ("held", "bigint"),
    ("bought", "bigint"),
    ("used", "jsonb"),
    ("period_start", "timestamptz"),
    ("period_end", "timestamptz"),
    ("version", "bigint"),
    ("cycle_start", "timestamptz"),
    ("plan_until", "timestamptz"),
    ("granted", "bigint"),
    ("warned", "jsonb"),
    ("grants", "jsonb"),
    ("lapses_at", "timestamptz"),
)
_HOLD = (
    ("id", "uuid"),
    ("run_id", "uuid"),
    ("user_id", "uuid"),
    ("product_line", "text"),
    ("credits", "bigint"),
    ("bought", "bigint"),
    ("captured", "bigint"),
    ("state", "text"),
    ("meter", "text"),
    ("units", "int"),
    ("estimated_cost", "numeric"),
    ("actual_cost", "numeric"),
    ("period_start", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("quote_id", "uuid"),
    ("parts", "jsonb"),
    ("refunded", "bigint"),
    ("capability", "text"),
)
_ENTRY = (
    ("transfer_id", "uuid"),
    ("account", "text"),
    ("credits", "bigint"),
    ("kind", "text"),
    ("description", "text"),
    ("reference", "uuid"),
    ("created_at", "timestamptz"),
)
_COUNTS, _GRANTS = ("used", "warned"), ("grants", "parts")


def _names(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in columns)


def _arrays(columns: Sequence[tuple[str, str]], first: int) -> str:
    return ", ".join(f"${first + index}::{kind}[]" for index, (_, kind) in enumerate(columns))


_OPENED, _CHANGED = 3, 3 + len(_ACCOUNT)
_ENTRIES = _CHANGED + len(_ACCOUNT)
_HELD = _ENTRIES + len(_ENTRY)

# $1 is the moment, $2 the tombstones; then columns: accounts opened, accounts changed, entries, holds.
_WRITE = f"""
WITH opened AS (
    INSERT INTO credit_accounts ({_names(_ACCOUNT)}, created_at, updated_at)
    SELECT *, $1::timestamptz, now() FROM unnest({_arrays(_ACCOUNT, _OPENED)})
), changed AS (
    UPDATE credit_accounts AS account
    SET ({_names(_ACCOUNT[2:])}, updated_at) = ROW({", ".join(f"new.{name}" for name, _ in _ACCOUNT[2:])}, now())
    FROM unnest({_arrays(_ACCOUNT, _CHANGED)}) AS new ({_names(_ACCOUNT)})
    WHERE account.user_id = new.user_id AND account.product_line = new.product_line
), tombstones AS (
    INSERT INTO hold_tombstones (id, created_at) SELECT unnest($2::uuid[]), $1 ON CONFLICT DO NOTHING
), entries AS (
    INSERT INTO ledger_entries ({_names(_ENTRY)}) SELECT * FROM unnest({_arrays(_ENTRY, _ENTRIES)})
)
INSERT INTO holds ({_names(_HOLD)}, created_at, updated_at)
SELECT *, $1, $1 FROM unnest({_arrays(_HOLD, _HELD)})
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, captured = excluded.captured, refunded = excluded.refunded,
    actual_cost = excluded.actual_cost,
    updated_at = CASE WHEN holds.state = excluded.state THEN holds.updated_at ELSE excluded.updated_at END
"""  # noqa: S608  # of our own names


@dataclass
class Books:
    """What a batch works on: locked accounts and the holds it names; changes are collected and written once."""

    accounts: dict[AccountKey, Account]
    holds: dict[UUID, Hold]
    tombstones: set[UUID]
    before: Mapping[AccountKey, Account] = field(default_factory=dict)
    """The accounts as they were found."""
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
            tx.now,
            list(self._new_tombstones),
            *_columns(_ACCOUNT, opened),
            *_columns(_ACCOUNT, changed),
            *_entry_columns(self._transfers, tx.now),
            *_columns(_HOLD, holds),
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
        before=dict(locked),
        holds={row["id"]: hold_of(row) for row in found if row["id"] is not None},
        tombstones={row["asked"] for row in found if row["tombstone"] is not None},
    )


def account_of(row: Mapping[str, object] | asyncpg.Record) -> Account:
    """An account from its row."""
    values = {name: row[name] for name in Account.__dataclass_fields__}
    return Account(**{**values, "grants": _grants_of(row["grants"])})  # type: ignore[arg-type]


def hold_of(row: asyncpg.Record) -> Hold:
    """A hold from its row."""
    values = {name: row[name] for name in Hold.__dataclass_fields__}
    return Hold(**{**values, "state": HoldState(row["state"]), "parts": _grants_of(row["parts"])})


def _grants_of(stored: object) -> tuple[Grant, ...]:
    rows: list[dict[str, Any]] = stored  # type: ignore[assignment]
    return tuple(
        Grant(
            id=UUID(row["id"]),
            category=Category(row["category"]),
            credits=row["credits"],
            since=datetime.fromisoformat(row["since"]),
            expires_at=datetime.fromisoformat(row["expires_at"]) if row.get("expires_at") else None,
            priority=row.get("priority", USUAL_PRIORITY),
        )
        for row in rows
    )


def _columns(columns: Sequence[tuple[str, str]], rows: Sequence[Account | Hold]) -> list[list[object]]:
    return [[_stored(name, getattr(row, name)) for row in rows] for name, _ in columns]


def _stored(name: str, value: Any) -> object:
    if name in _GRANTS:
        return orjson.dumps(value, default=str).decode()  # asyncpg's own UUID among them
    return orjson.dumps(dict(value)).decode() if name in _COUNTS else value


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


async def is_open(tx: Transaction, user_id: UUID, product_line: str) -> bool:
    """Whether somebody has an account in a product line."""
    statement = "SELECT FROM credit_accounts WHERE user_id = $1 AND product_line = $2"
    return await tx.fetchrow(statement, user_id, product_line) is not None


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


async def ended(tx: Transaction, limit: int) -> list[AccountKey]:
    """Accounts whose period, or the time of whose plan or of one of whose grants, is over, the longest first."""
    rows = await tx.fetch(
        """
        SELECT user_id, product_line FROM credit_accounts WHERE least(period_end, plan_until, lapses_at) <= $1
        ORDER BY least(period_end, plan_until, lapses_at) LIMIT $2
        """,
        tx.now,
        limit,
    )
    return [(row["user_id"], row["product_line"]) for row in rows]
