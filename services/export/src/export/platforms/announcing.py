"""Telling others how long a video each platform takes, whenever its row says so."""

from __future__ import annotations

from chassis.data.database import Database
from chassis.work.periodic import Periodic
from contracts.export import PlatformLimitChanged
from export.platforms import repository

_EVERY_S = 30.0


class Announcing(Periodic):
    """Publishes the limits that have changed since they were last told: rows are edited in place."""

    def __init__(self, database: Database) -> None:
        super().__init__("export.platform_limits", _EVERY_S)
        self._database = database

    async def round(self) -> None:
        """Tell what is new. Told is what is committed together with its message."""
        async with self._database.transaction() as tx:
            for changed in await repository.to_announce(tx):
                tx.emit(
                    PlatformLimitChanged(
                        platform=changed.platform,
                        display_name=changed.values.name,
                        longest_s=changed.values.max_duration_s,
                        as_of=tx.now,
                    )
                )
