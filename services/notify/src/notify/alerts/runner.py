"""Telling operators, four times at most for each channel (CON-07)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import structlog

from chassis.data.database import Database
from chassis.data.leased_work import WorkItem
from notify.alerts.channels import AlertChannel
from notify.alerts.models import NOTICE
from notify.alerts.service import Alerts
from notify.deliveries.port import NotDelivered
from notify.deliveries.runner import MOST_ATTEMPTS

log = structlog.get_logger(__name__)


class NoticeRunner:
    """Carries out the work that :mod:`notify.alerts.service` orders."""

    def __init__(self, database: Database, alerts: Alerts, channels: Mapping[str, AlertChannel]) -> None:
        self._database = database
        self._alerts = alerts
        self._channels = channels

    async def run(self, item: WorkItem) -> None:
        """Tell one thing by one channel, or decide that something is over."""
        name = item.payload["channel"]
        if name is None:
            async with self._database.transaction() as tx:
                await self._alerts.settle(tx, UUID(item.payload["alert_id"]))
                tx.finish_work(item)
            return
        channel = self._channels.get(name)
        try:
            if channel is not None:
                await channel.send(item.id, NOTICE.validate_python(item.payload["notice"]))
        except NotDelivered as failure:
            if item.attempt < MOST_ATTEMPTS:
                raise
            log.error("alert.not_told", channel=name, alert_id=item.payload["alert_id"], error=str(failure))
        async with self._database.transaction() as tx:
            tx.finish_work(item)
