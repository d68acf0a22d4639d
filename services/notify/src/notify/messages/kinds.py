"""The kinds of messages there are (NTF-08), and what a user may decide about each (NTF-02)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """Where a message can reach somebody."""

    IN_APP = "in_app"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Kind:
    """``always``: security and billing, which nobody can switch off and no quiet hours hold back.

    ``page``: of the web client, where the message's button leads; ``in_app`` and ``mail``: what holds unless the user
    decides otherwise.
    """

    name: str
    always: bool = False
    in_app: bool = True
    mail: bool = True
    page: str | None = None

    def goes_by(self, channel: Channel) -> bool:
        """Whether it goes by this channel where nobody has decided."""
        return self.in_app if channel is Channel.IN_APP else self.mail


_ALL = (
    Kind("welcome", page="/create"),
    Kind("verify_email", always=True, in_app=False, page="/verify-email"),
    Kind("change_email", always=True, in_app=False, page="/verify-email"),
    Kind("email_changed", always=True),
    Kind("password_reset", always=True, in_app=False, page="/reset-password"),
    Kind("password_changed", always=True, page="/forgot-password"),
    Kind("account_locked", always=True, page="/forgot-password"),
    Kind("new_login", always=True, page="/forgot-password"),
    Kind("session_ended", always=True, page="/forgot-password"),
    Kind("second_factor_enabled", always=True, page="/forgot-password"),
    Kind("second_factor_disabled", always=True, page="/forgot-password"),
    Kind("recovery_codes_renewed", always=True, page="/forgot-password"),
    Kind("api_key_created", always=True),
    Kind("registration_repeated", always=True),
    Kind("data_export_ready", always=True),
    Kind("account_deleted", always=True, in_app=False),
    Kind("workflow_completed", page="/workflows/{workflow_id}"),
    Kind("workflow_failed", page="/workflows/{workflow_id}"),
    # Whoever cancels knows it.
    Kind("workflow_cancelled", mail=False),
    Kind("webhook_disabled"),
    Kind("payment_received", always=True),
    Kind("payment_failed", always=True, page="/billing"),
    Kind("payment_refunded", always=True),
    Kind("subscription_started", always=True),
    Kind("subscription_changed", always=True),
    Kind("subscription_change_planned", always=True),
    Kind("subscription_ending", always=True),
    Kind("subscription_resumed", always=True),
    Kind("subscription_cancelled", always=True, page="/plans"),
    Kind("subscription_expired", always=True, page="/plans"),
    Kind("quota_near", page="/plans"),
    Kind("quota_reached", page="/plans"),
    Kind("month_began", mail=False),
)

KINDS = {kind.name: kind for kind in _ALL}
CHOSEN = tuple(kind for kind in _ALL if not kind.always)
"""Those about which a user decides."""
