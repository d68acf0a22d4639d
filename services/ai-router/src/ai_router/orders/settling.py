"""Asking billing again about jobs whose answer stays away, and ending those that have waited too long for it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from ai_router.jobs import repository as jobs_repository
from ai_router.orders import repository
from ai_router.orders.service import reserve
from ai_router.orders.telling import tell
from chassis.data.database import Database
from chassis.work.periodic import Periodic
from contracts.ai_router import JobFailed
from contracts.billing import CaptureCredits, ReleaseCredits
from contracts.enums import Capability

ASKED_AGAIN = timedelta(minutes=2)
"""An answer takes moments; whoever has none by then asks again, which changes nothing at billing."""
BATCH = 100


class Settling(Periodic):
    """A background part; several processes may run one each."""

    def __init__(self, database: Database, *, every_s: float = 30.0) -> None:
        super().__init__("holds of single jobs", every_s, rests_first=True)
        self._database = database

    async def round(self) -> None:
        """Ask again wherever it is due."""
        while await self.ask_again() == BATCH:
            pass

    async def ask_again(self) -> int:
        """Ask about those that have waited longest; how many those were."""
        async with self._database.transaction() as tx:
            waiting = await repository.unsettled(tx, tx.now - ASKED_AGAIN, BATCH)
            late: dict[UUID, JobFailed] = {}
            for row in waiting:
                if row["hold"] == "capturing":
                    tx.send(
                        CaptureCredits(
                            reservation_id=row["id"], run_id=row["id"], credits=row["credits"], actual_cost=row["cost"]
                        )
                    )
                elif row["deadline"] <= tx.now:
                    late[row["id"]] = JobFailed(
                        job_id=row["id"],
                        user_id=row["user_id"],
                        capability=Capability(row["job_type"]),
                        failure="stuck",
                        code="NOT_HELD",
                        message="The credits for this could not be set aside in time. Nothing was charged; try again.",
                        retryable=True,
                        attempts=0,
                        cost=Decimal(0),
                    )
                else:
                    tx.send(reserve(repository.command_of(row), row["credits"], Decimal(0), tx.now))
            if late:
                await jobs_repository.fail(tx, late)
                for end in late.values():
                    tx.emit(end)
                    tx.send(ReleaseCredits(reservation_id=end.job_id, run_id=end.job_id, reason="not held in time"))
                await tell(tx, dict.fromkeys(late), late)
        return len(waiting)
