"""How long users keeps what it stores."""

from __future__ import annotations

from chassis.data.retention import Kept, for_ever
from users.settings import Settings


def tables(_: Settings) -> tuple[Kept, ...]:
    """Every table of the service."""
    return (
        for_ever("users", "the account; missing: its erasure"),
        for_ever("consents", "what was agreed to has to be shown as long as the account lives; missing: its erasure"),
        for_ever("entitlements", "a copy, one row an account"),
        for_ever("oauth_identities", "how an account signs in; missing: its erasure"),
        for_ever("user_sessions", "missing: 90 days after the end"),
        for_ever("refresh_tokens", "missing: with its session"),
        for_ever("sign_ins", "missing: a sweeper; removed when the next begins"),
        for_ever("sign_in_tickets", "missing: a sweeper; removed when the next begins"),
        for_ever("login_guards", "missing: a sweeper; removed by a right password"),
        for_ever("login_addresses", "missing: a sweeper"),
    )
