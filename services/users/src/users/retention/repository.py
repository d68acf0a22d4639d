"""What is too old, table by table, and its removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

_UNLOCKED = "(locked_until IS NULL OR locked_until <= $1)"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of ``table`` go for which ``where`` is true; ``$1`` is now less ``after``."""

    table: str
    where: str
    after: timedelta = timedelta(0)


def rules(*, refresh_life: timedelta, lock_window: timedelta, key_life: timedelta) -> Sequence[Rule]:
    """What is kept for how long. Sessions stay a while after their end: they say where an account was at home."""
    return (
        Rule("user_sessions", "expires_at < $1", timedelta(days=90)),
        Rule("refresh_tokens", "issued_at < $1", refresh_life),
        Rule(
            "login_guards",
            f"failing_since < $1 AND {_UNLOCKED} AND (spent_until IS NULL OR spent_until <= $1)",
            timedelta(days=1),
        ),
        Rule("login_addresses", f"failing_since < $1 AND {_UNLOCKED}", lock_window),
        Rule("unknown_logins", f"failing_since < $1 AND {_UNLOCKED}", lock_window),
        Rule("sign_ins", "expires_at <= $1"),
        Rule("sign_in_tickets", "expires_at <= $1"),
        Rule("signing_keys", "last_signed_at < $1", key_life),
    )


async def remove(connection: asyncpg.Connection, rule: Rule, now: datetime, most: int) -> int:
    """Remove at most so many rows that are too old, but none that somebody is at; how many that was."""
    done = await connection.execute(
        f"DELETE FROM {rule.table} WHERE ctid IN "  # noqa: S608  # of the rules above
        f"(SELECT ctid FROM {rule.table} WHERE {rule.where} LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now - rule.after,
        most,
    )
    return int(done.split()[-1])
