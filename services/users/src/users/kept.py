"""How long users keeps what it stores."""

from __future__ import annotations

from datetime import timedelta

from chassis.data.retention import Kept, for_ever, swept, until
from users.keys.keyring import PUBLISHED_FOR
from users.links.models import WITHIN
from users.settings import Settings

_UNLOCKED = "(locked_until IS NULL OR locked_until <= $1)"


def tables(settings: Settings) -> tuple[Kept, ...]:
    """Every table of the service. Sessions stay a while after their end: they say where an account was at home."""
    window = timedelta(minutes=max(settings.lockout_window_minutes, settings.lockout_minutes))
    at_once = timedelta(0)
    return (
        for_ever("users", "the account; after its erasure (`users.erasure`) an id alone"),
        until("consents", "the account is erased: what was agreed to has to be shown", "`users.erasure`"),
        until("entitlements", "the account is erased; a copy", "`users.erasure`"),
        until("oauth_identities", "the account is erased: how it signs in", "`users.erasure`"),
        swept("user_sessions", timedelta(days=90), "expires_at"),
        swept("refresh_tokens", timedelta(days=settings.refresh_days), "issued_at"),
        swept("api_keys", timedelta(days=90), "least(revoked_at, expires_at)"),
        swept(
            "audit_log",
            timedelta(days=365),
            "at",
            only="seq < (SELECT max(seq) FROM audit_log)",
            words="all but the newest row, on which the next one follows",
        ),
        until("data_exports", "a day after it is ready, or the account is erased", "`users.exports`"),
        until("data_export_parts", "their export goes", "the database"),
        swept("erasures", timedelta(days=365), "completed_at"),
        until("erasure_receipts", "their erasure goes", "the database"),
        swept("sign_ins", at_once, "expires_at"),
        swept("sign_in_tickets", at_once, "expires_at"),
        swept(
            "login_guards",
            timedelta(days=1),
            "failing_since",
            only=f"{_UNLOCKED} AND (spent_until IS NULL OR spent_until <= $1)",
            words="and no lock holds",
        ),
        swept("login_addresses", window, "failing_since", only=_UNLOCKED, words="and no lock holds"),
        swept("unknown_logins", window, "failing_since", only=_UNLOCKED, words="and no lock holds"),
        swept("one_time_tokens", timedelta(days=1), "expires_at"),
        swept("letters_asked", WITHIN, "last_asked_at"),
        for_ever("second_factors", "asked for at every login; gone when it is switched off, and with the account"),
        for_ever("recovery_codes", "gone with their second factor"),
        swept("login_challenges", at_once, "expires_at"),
        for_ever("feature_flags", "what is being rolled out; administrators remove them"),
        swept("signing_keys", PUBLISHED_FOR, "last_signed_at"),
    )
