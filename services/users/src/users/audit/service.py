"""Writing the audit log, and checking that nobody has changed it (USR-29, SEC-23, SEC-29)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from chassis.data.database import Database, Transaction
from chassis.encoding import as_json
from chassis.observe import context
from users.audit import origin, queries, repository
from users.audit.queries import Link

Result = Literal["done", "refused"]

FIRST = bytes(32)
"""What the first row of all has in place of the hash of the one before."""

_READ_AT_ONCE = 1000


class Action(StrEnum):
    """What is recorded."""

    REGISTERED = "account.registered"
    IDENTITY_LINKED = "account.identity_linked"
    HANDED_OVER = "account.handed_over"
    EMAIL_VERIFIED = "account.email_verified"
    EMAIL_CHANGED = "account.email_changed"
    PASSWORD_CHANGED = "account.password_changed"  # noqa: S105  no password
    PASSWORD_RESET = "account.password_reset"  # noqa: S105  no password
    SECOND_FACTOR_CHANGED = "account.second_factor_changed"
    LOGGED_IN = "session.logged_in"
    LOGIN_FAILED = "session.login_failed"
    LOGGED_OUT = "session.logged_out"
    SESSION_ENDED = "session.ended"
    REFRESH_TOKEN_REUSED = "session.refresh_token_reused"  # noqa: S105  no password
    KEY_CREATED = "api_key.created"
    KEY_ROTATED = "api_key.rotated"
    KEY_REVOKED = "api_key.revoked"
    CONSENT_CHANGED = "consent.changed"
    ADMINISTRATOR_MADE = "admin.made"
    USER_LOOKED_AT = "admin.user_looked_at"
    USER_CHANGED = "admin.user_changed"
    FLAG_CHANGED = "admin.flag_changed"
    EXPORT_REQUESTED = "export.requested"
    EXPORT_READY = "export.ready"
    DELETION_REQUESTED = "deletion.requested"
    DELETED = "deletion.done"


def record(
    tx: Transaction,
    action: Action,
    *,
    actor: UUID | None,
    target: UUID | str | None = None,
    result: Result = "done",
    product_line: str | None = None,
    **details: Any,
) -> None:
    """Add a row about what this transaction does, if and only if it commits.

    ``actor`` is whose doing it is, None for somebody unknown and for the platform itself; ``target`` what it is done to
    where that is not the actor. Request id, product line, address (as a keyed hash) and user agent are the request's.
    ``details`` are plain values, and never secrets, addresses or names: rows stay for a year, erasure or not.

    Call it last. The row is written in the round trip of the commit, one after the other for the whole service; a
    statement that follows would make everybody else wait for it.
    """
    where, asked, at = origin.current(), context.current(), tx.now
    entry = {
        "at": at.isoformat(),
        "action": action.value,
        "actor": actor,
        "target": str(target or actor) if target or actor else None,
        "result": result,
        "product_line": product_line or asked.product_line,
        "request_id": asked.correlation_id,
        "address": where.address,
        "user_agent": where.user_agent,
        "details": details,
    }
    repository.add(tx, at, as_json(entry))


@dataclass(frozen=True, slots=True)
class Verdict:
    """``rows`` in order up to ``last``; ``broken`` is the first row that is not as it was written, and ``why``."""

    rows: int
    first: Link | None
    last: Link | None
    broken: int | None = None
    why: str = ""


async def verify(database: Database, *, known: tuple[int, bytes] | None = None) -> Verdict:
    """Follow the chain from its oldest row to its newest.

    ``known`` is the number and the hash of a row that somebody noted elsewhere: nobody who can write to the database
    can change rows up to it, or take the newest away, and make the chain anew.
    """
    rows, first, last = 0, None, None
    async for link in _links(database):
        why = _wrong(link, last)
        if not why and known is not None and link.seq == known[0] and link.hash != known[1]:
            why = "its hash is not the one that was noted"
        if why:
            return Verdict(rows, first, last, link.seq, why)
        rows, first, last = rows + 1, first or link, link
    if known is not None and (last is None or last.seq < known[0]):
        return Verdict(rows, first, last, known[0], "it is not there any more, nor is any after it")
    return Verdict(rows, first, last)


def _wrong(link: Link, last: Link | None) -> str:
    """What is wrong with a row that follows ``last``; nothing if it is as it was written."""
    if last is not None and link.seq != last.seq + 1:
        return f"the row before it is missing: {last.seq} is followed by {link.seq}"
    if (last is not None and link.previous != last.hash) or (link.seq == 1 and link.previous != FIRST):
        return "it does not follow on the row before it"
    if hashlib.sha256(link.previous + f"{link.seq} {link.entry}".encode()).digest() != link.hash:
        return "what it says was changed"
    if datetime.fromisoformat(json.loads(link.entry)["at"]) != link.at:
        return "its time was changed"
    return ""


async def _links(database: Database) -> AsyncIterator[Link]:
    """All rows in order, some at a time."""
    after = 0
    while True:
        async with database.transaction() as tx:
            found = await queries.after(tx, after, _READ_AT_ONCE)
        for link in found:
            yield link
        if len(found) < _READ_AT_ONCE:
            return
        after = found[-1].seq
