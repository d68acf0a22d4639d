"""What operators are told of alerts, and what is combined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES, NewWork
from chassis.observe import context
from contracts.enums import Priority
from contracts.notify import AlertRaised
from notify.alerts import repository
from notify.alerts.models import COMBINED_FOR, Alert, Notice, What

log = structlog.get_logger(__name__)

NOTICE_WORK = "notify.alert"
"""Kind of the work that tells operators something by one channel, or decides that something is over."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """Takes alerts in. ``channels``: names of those by which operators are told; perhaps none."""

    channels: Sequence[str]

    async def receive(self, tx: Transaction, alert: Alert) -> None:
        """Tell of what is new, or still so after ten minutes; count what is equal; tell when it is over.

        What is over is told no earlier than ten minutes after it was told of, and not at all if it is back by then.
        """
        log.warning(
            "alert.heard",
            severity=alert.severity,
            about=alert.service,
            text=alert.message,
            firing=alert.firing,
            fingerprint=alert.fingerprint,
        )
        if not alert.firing:
            await self._over(tx, alert)
            return
        alert_id = ids.uuid7()
        if await repository.add(tx, alert_id, alert):
            self._tell(tx, alert_id, "raised", _notice("raised", alert, tx, times=1))
            return
        row = await repository.lock(tx, alert.fingerprint)
        if row is None:
            return
        back = row["told"] == "resolved"
        now = await repository.heard(tx, row["id"], alert, anew=back)
        if back or tx.now - row["told_at"] >= COMBINED_FOR:
            await repository.told(tx, row["id"], "raised")
            self._tell(tx, row["id"], "raised", _notice("raised", alert, tx, times=now["times"]))

    async def _over(self, tx: Transaction, alert: Alert) -> None:
        row = await repository.lock(tx, alert.fingerprint)
        if row is None or row["resolved_at"] is not None:
            return
        await repository.resolved(tx, row["id"], tx.now)
        due = max(tx.now, row["told_at"] + COMBINED_FOR)
        payload = {"alert_id": str(row["id"]), "channel": None, "context": context.current().known()}
        work_id = ids.derived(row["id"], "over", tx.now.isoformat())
        tx.add_work(NewWork(work_id, NOTICE_WORK, payload, run_after=due))

    async def settle(self, tx: Transaction, alert_id: UUID) -> None:
        """Tell that an alert is over, if it is so still and that has not been told."""
        row = await repository.lock_by_id(tx, alert_id)
        if row is None or row["resolved_at"] is None or row["told"] == "resolved":
            return
        await repository.told(tx, alert_id, "resolved")
        alert = Alert(row["fingerprint"], row["severity"], row["service"], row["message"], firing=False)
        self._tell(tx, alert_id, "resolved", _notice("resolved", alert, tx, times=row["times"]))

    def _tell(self, tx: Transaction, alert_id: UUID, what: What, notice: Notice) -> None:
        if what == "raised":
            tx.emit(
                AlertRaised(alert_id=alert_id, severity=notice.severity, service=notice.service, message=notice.message)
            )
        for channel in self.channels:
            payload: dict[str, Any] = {
                "alert_id": str(alert_id),
                "channel": channel,
                "notice": notice.stored(),
                "context": context.current().known(),
            }
            work_id = ids.derived(alert_id, channel, what, tx.now.isoformat())
            tx.add_work(NewWork(work_id, NOTICE_WORK, payload, LANES[Priority.HIGH]))


def _notice(what: What, alert: Alert, tx: Transaction, *, times: int) -> Notice:
    return Notice(what, alert.severity, alert.service, alert.message, tx.now, times)
