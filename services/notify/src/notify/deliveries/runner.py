"""Delivering letters: each until its channel takes it, four times at most (CON-07, NTF-20)."""

from __future__ import annotations

import asyncpg
import structlog

from chassis.data.database import Database
from chassis.data.leased_work import WorkItem
from chassis.data.outages import is_database_away
from chassis.identity.vault import Unreadable
from contracts.notify import NotificationFailed, NotificationSent
from notify.deliveries import repository
from notify.deliveries.port import MailChannel, NotDelivered, Refused
from notify.letters.letter import Addressed, Letters
from notify.messages.kinds import Channel

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 4


class LetterRunner:
    """Carries out the work that :mod:`notify.deliveries.service` orders."""

    def __init__(self, database: Database, letters: Letters, channel: MailChannel) -> None:
        self._database = database
        self._letters = letters
        self._channel = channel

    async def run(self, item: WorkItem) -> None:
        """Deliver one letter. Raises :class:`NotDelivered` while there are attempts left."""
        async with self._database.transaction() as tx:
            row = await repository.pending(tx, item.id)
            if row is None:
                tx.finish_work(item)
                return
        try:
            addressed = self._letters.address(row)
        except Unreadable:
            await self._end(item, row, "failed", error="sealed with a key that is not here any more")
            return
        if addressed is None:
            await self._end(item, row, "skipped", error="no address is known")
            return
        await self._send(item, row, addressed)

    async def _send(self, item: WorkItem, row: asyncpg.Record, addressed: Addressed) -> None:
        try:
            letter = await self._letters.write(row, addressed, self._database.clock.now())
            provider_id = await self._channel.send(item.id, letter)
        except NotDelivered as failure:
            if isinstance(failure, Refused) or item.attempt >= MOST_ATTEMPTS:
                await self._end(item, row, "failed", error=str(failure))
                return
            async with self._database.transaction() as tx:
                await repository.tried(tx, item.id, str(failure))
            raise
        except Exception as error:
            # Whatever nobody foresaw is an end as well: a delivery that is tried for ever tells nobody.
            if item.attempt < MOST_ATTEMPTS or is_database_away(error):
                raise
            log.exception("letter.not_written", kind=row["kind"], work_id=str(item.id))
            await self._end(item, row, "failed", error="it could not be written")
            return
        await self._end(item, row, "sent", provider_id=provider_id)

    async def _end(
        self,
        item: WorkItem,
        row: asyncpg.Record,
        status: str,
        *,
        error: str | None = None,
        provider_id: str | None = None,
    ) -> None:
        told = {
            "notification_id": row["message_id"],
            "user_id": row["user_id"],
            "channel": Channel.MAIL,
            "kind": row["kind"],
        }
        async with self._database.transaction() as tx:
            await repository.ended(tx, item.id, status, error=error, provider_id=provider_id)
            if status == "sent":
                tx.emit(NotificationSent(**told))
            elif status == "failed":
                tx.emit(NotificationFailed(**told, reason=error or ""))
            tx.finish_work(item)
        log.info("letter.ended", kind=row["kind"], status=status, error=error)
