"""What a transaction writes besides its effects: outbox, inbox, leased work. All of it in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson

from chassis import ids
from chassis.bus.messages import Outgoing
from chassis.data.leased_work import NewWork, WorkItem
from chassis.data.loan import Loan
from chassis.data.outbox_row import packed
from chassis.data.together import Part, combined
from chassis.encoding import as_json


class AlreadySeen(Exception):
    """The inbox has a message of this transaction already: its effects exist, this transaction must not."""


class LeaseLost(Exception):
    """Work was finished by a holder whose lease had passed to somebody else; nothing of it may be kept."""


class OutboxSink(Protocol):
    """Who takes over messages after their commit (see :mod:`chassis.messaging.outbox`)."""

    def accept(self, messages: Sequence[Outgoing]) -> None:
        """Messages that have just been committed."""
        ...

    def take_confirmed(self) -> list[UUID]:
        """Ids whose rows may be deleted by the transaction that asks."""
        ...

    def give_back(self, ids: Sequence[UUID]) -> None:
        """Ids taken by a transaction that did not commit."""
        ...


class Taker(Protocol):
    """A pool of this process that may take work as it is added, without a claim (see :mod:`chassis.work.workers`)."""

    @property
    def lease_s(self) -> float:
        """How long its leases are."""
        ...

    def reserve(self, wanted: int) -> int:
        """Keep up to so many places free for work that is about to be committed; how many."""
        ...

    def take(self, reserved: int, items: Sequence[WorkItem]) -> None:
        """So many places are reserved no longer; carry out the items, which have been committed under its lease."""
        ...

    def wake(self) -> None:
        """There may be work to claim."""
        ...


_SEEN = "INSERT INTO inbox (consumer, message_id) SELECT * FROM unnest($1::text[], $2::uuid[])"

_ADDED = """
INSERT INTO work (id, kind, lane, payload, run_after, attempts, lease_token, lease_until)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::smallint[], $4::jsonb[], $5::timestamptz[], $6::integer[],
                     $7::uuid[], $8::timestamptz[]) AS new (id) {condition}
ON CONFLICT (id) DO NOTHING RETURNING id
"""

_FINISHED = """
DELETE FROM work USING unnest($1::uuid[], $2::uuid[]) AS held (id, token)
WHERE work.id = held.id AND work.lease_token = held.token
RETURNING work.id
"""

# Lost leases have to undo the statement that finds them out: there may be no transaction around it.
_ALL_FINISHED = "1 / (SELECT (count(*) = (SELECT held FROM expected))::integer FROM finished) AS all_finished"
_EXPECTED = "SELECT $1::bigint AS held"

_SENT = """
INSERT INTO outbox (id, exchange, routing_key, headers, body, mandatory)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[], $5::bytea[], $6::boolean[])
"""

_CONFIRMED = "DELETE FROM outbox WHERE id = ANY($1::uuid[])"


@dataclass(slots=True)
class _Adding:
    """Work to be added. ``given``: only if the statement of that name returns its id."""

    work: NewWork
    given: str | None
    token: UUID | None = None
    """Of the lease under which a pool of this process has it from the beginning."""
    lease_until: datetime | None = None


class Bookkeeping:
    """Collects during a transaction; written just before its commit."""

    def __init__(self, outbox: OutboxSink | None, takers: Mapping[str, Sequence[Taker]]) -> None:
        self._outbox = outbox
        self._takers = takers
        self.outgoing: list[Outgoing] = []
        self.seen: list[tuple[str, UUID]] = []
        self.finished: list[WorkItem] = []
        self._work: list[_Adding] = []
        self._confirmed: list[UUID] = []
        self._reserved: list[tuple[Taker, int, UUID]] = []
        self._added: set[UUID] = set()

    def add_work(self, work: NewWork, given: str | None) -> None:
        """Add work, if ``given`` only when the statement of that name returns its id."""
        self._work.append(_Adding(work, given))

    def answered(self, name: str, returned: set[UUID]) -> None:
        """The statement ``name`` has been run already and returned these."""
        self._work = [adding for adding in self._work if adding.given != name or adding.work.id in returned]
        for adding in self._work:
            if adding.given == name:
                adding.given = None

    async def write(self, loan: Loan, first: Sequence[Part], now: datetime) -> None:
        """Write everything, together with the statements in ``first``.

        Raises :class:`AlreadySeen` or :class:`LeaseLost`; then none of it has been done.
        """
        parts = [*first, *self._parts(now)]
        if not parts:
            return
        adds = [f"SELECT id FROM {part.name}" for part in parts if part.name.startswith("added_")]  # noqa: S608
        columns = f"ARRAY({' UNION ALL '.join(adds) or 'SELECT NULL::uuid LIMIT 0'}) AS added"
        if self.finished:
            columns += f", {_ALL_FINISHED}"
        statement, arguments = combined(parts, f"SELECT {columns}")
        try:
            [row] = await loan.fetch(statement, *arguments)
        except asyncpg.UniqueViolationError as error:
            if error.table_name == "inbox":
                raise AlreadySeen from error
            raise
        except asyncpg.DivisionByZeroError as error:
            raise LeaseLost("a lease had ended") from error
        self._added = set(row["added"])

    def committed(self) -> None:
        """Hand over what has been committed."""
        if self.outgoing and self._outbox is not None:
            self._outbox.accept(self.outgoing)
        self._take(self._added)
        for kind in {adding.work.kind for adding in self._work if adding.token is None}:
            for taker in self._takers.get(kind, ()):
                taker.wake()

    def rolled_back(self) -> None:
        """Give back what the transaction had taken from others."""
        if self._confirmed and self._outbox is not None:
            self._outbox.give_back(self._confirmed)
        self._take(set())

    def _parts(self, now: datetime) -> list[Part]:
        parts = self._additions(now)
        if self.seen:
            parts.append(Part("seen", _SEEN, _columns(self.seen)))
        if self.finished:
            parts.append(Part("finished", _FINISHED, _columns([(item.id, item.token) for item in self.finished])))
            parts.append(Part("expected", _EXPECTED, (len(self.finished),)))
        if self.outgoing:
            parts.append(Part("sent", _SENT, _columns([_outbox_row(message) for message in self.outgoing])))
        if parts and self._outbox is not None and (confirmed := self._outbox.take_confirmed()):
            self._confirmed = confirmed
            parts.append(Part("confirmed", _CONFIRMED, (confirmed,)))
        return parts

    def _additions(self, now: datetime) -> list[Part]:
        self._reserve(now)
        groups: dict[str | None, list[tuple[Any, ...]]] = {}
        for adding in self._work:
            groups.setdefault(adding.given, []).append(_work_row(adding, now))
        parts = []
        for number, (given, rows) in enumerate(groups.items()):
            condition = f"WHERE new.id IN (SELECT id FROM {given})" if given is not None else ""  # noqa: S608
            parts.append(Part(f"added_{number}", _ADDED.format(condition=condition), _columns(rows)))
        return parts

    def _reserve(self, now: datetime) -> None:
        for kind, takers in self._takers.items():
            due = [one for one in self._work if one.work.kind == kind and one.work.run_after is None]
            for taker in takers if due else ():
                token = ids.uuid7()
                places = taker.reserve(len(due))
                self._reserved.append((taker, places, token))
                for adding in due[:places]:
                    adding.token, adding.lease_until = token, now + timedelta(seconds=taker.lease_s)
                due = due[places:]

    def _take(self, added: set[UUID]) -> None:
        for taker, places, token in self._reserved:
            mine = [one.work for one in self._work if one.token == token and one.work.id in added]
            taker.take(places, [_as_claimed(work, token) for work in mine])


def _as_claimed(work: NewWork, token: UUID) -> WorkItem:
    """The work with its payload as it would be read from the row."""
    return WorkItem(work.id, work.kind, orjson.loads(as_json(work.payload)), 1, token, work.subject)


def _work_row(adding: _Adding, now: datetime) -> tuple[Any, ...]:
    work = adding.work
    claims = 0 if adding.token is None else 1
    return (
        work.id, work.kind, work.lane, as_json(work.payload), work.run_after or now, claims, adding.token,
        adding.lease_until,
    )  # fmt: skip


def _outbox_row(message: Outgoing) -> tuple[Any, ...]:
    headers = as_json(packed(message))
    return message.id, message.exchange, message.routing_key, headers, message.body, message.mandatory


def _columns(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
