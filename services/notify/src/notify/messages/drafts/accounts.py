"""Messages about accounts (CON-20 to CON-24)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis import ids
from chassis.bus.messages import Received
from chassis.identity.vault import Vault
from contracts.message import Event
from contracts.users import (
    ApiKeyCreated,
    DataExportReady,
    EmailChanged,
    EmailVerificationRequested,
    PasswordChanged,
    PasswordResetRequested,
    RefreshTokenReused,
    RegistrationRepeated,
    SecondFactorChanged,
    UserDeleted,
    UserLocked,
    UserLoggedIn,
    UserRegistered,
    UserUpdated,
)
from notify.messages.models import Draft

EVENTS: tuple[type[Event], ...] = (
    UserRegistered,
    UserUpdated,
    RegistrationRepeated,
    EmailVerificationRequested,
    EmailChanged,
    PasswordResetRequested,
    PasswordChanged,
    UserLoggedIn,
    UserLocked,
    RefreshTokenReused,
    SecondFactorChanged,
    ApiKeyCreated,
    DataExportReady,
    UserDeleted,
)

_SECOND_FACTOR = {
    "enabled": "second_factor_enabled",
    "disabled": "second_factor_disabled",
    "recovery_codes": "recovery_codes_renewed",
}


def draft_of(received: Received[Any], now: datetime, links: Vault) -> Draft | None:
    """The message about an account that ``received`` leads to; None where it leads to none.

    ``links`` seals an address that is not the user's present one.
    """
    event = received.message
    match event:
        case UserRegistered():
            once = ids.derived(event.user_id, "welcome")
            name = event.name or event.username
            return Draft(once, event.user_id, event.home_product_line, "welcome", {"name": name})
        case UserLoggedIn(new_device=False) | UserUpdated():
            return None
        case RegistrationRepeated():
            # Once a day, however often somebody tries.
            once = ids.derived(event.user_id, f"registration_repeated {now:%Y-%m-%d}")
            return Draft(once, event.user_id, event.product_line, "registration_repeated")
    kind, fields = _said(event, links)
    once = ids.derived(received.envelope.id, kind)
    return Draft(once, event.user_id, event.product_line, kind, **fields)


def _said(event: Event, links: Vault) -> tuple[str, dict[str, Any]]:
    match event:
        case EmailVerificationRequested():
            return event.purpose, {
                "values": {"until": event.expires_at},
                "sealed_token": event.sealed_token,
                "sealed_address": links.seal(event.email).decode(),
            }
        case EmailChanged():
            return "email_changed", {"sealed_address": links.seal(event.old_email).decode()}
        case PasswordResetRequested():
            values = {"until": event.expires_at}
            return "password_reset", {"values": values, "sealed_token": event.sealed_token}
        case PasswordChanged():
            return "password_changed", {"data": {"how": event.how}}
        case UserLoggedIn():
            return "new_login", {"values": {"device": event.device}, "data": {"session_id": str(event.session_id)}}
        case UserLocked():
            return "account_locked", {"values": {"until": event.locked_until}}
        case RefreshTokenReused():
            return "session_ended", {"values": {"device": event.device}, "data": {"session_id": str(event.session_id)}}
        case SecondFactorChanged():
            return _SECOND_FACTOR[event.what], {}
        case ApiKeyCreated():
            return "api_key_created", {
                "values": {"key": event.name, "prefix": event.prefix},
                "data": {"key_id": str(event.key_id)},
            }
        case DataExportReady():
            return "data_export_ready", {
                "values": {"until": event.expires_at},
                "data": {"export_id": str(event.export_id)},
                "objects": {"archive": event.archive},
            }
        case UserDeleted():
            return "account_deleted", {"sealed_address": event.sealed_email, "language": event.language}
        case _:
            raise TypeError(f"{type(event).__name__} leads to no message about an account")
