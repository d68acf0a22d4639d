"""Deciding what to be told."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import Invalid
from notify.messages.kinds import KINDS, Channel
from notify.preferences import repository
from notify.preferences.models import Preferences


async def of(tx: Transaction, user_id: UUID) -> Preferences:
    """What a user has decided."""
    return (await repository.find(tx, {user_id}))[user_id]


async def decide(tx: Transaction, user_id: UUID, wanted: Preferences) -> Preferences:
    """Keep what a user wants, instead of what was; raises ``Invalid`` for a kind that cannot be decided about."""
    wrong = {
        f"choices.{kind}": "is for your safety or about money, and always comes" if kind in KINDS else "is no kind"
        for kind in wanted.choices
        if kind not in KINDS or KINDS[kind].always
    }
    if wrong:
        raise Invalid("Some of these messages cannot be switched off.", fields=wrong)
    await repository.put(tx, user_id, wanted)
    return wanted


async def unsubscribe(tx: Transaction, user_id: UUID, kind: str) -> None:
    """Send no more letters of this kind; again is fine."""
    await repository.switch_off(tx, user_id, kind, Channel.MAIL)
