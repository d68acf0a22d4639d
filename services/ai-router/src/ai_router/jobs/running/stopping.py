"""Stopping a cancelled job's paid call where it runs: durable, so that a vendor is told even after a crash."""

from __future__ import annotations

from decimal import Decimal
from typing import cast
from uuid import UUID

import structlog

from ai_router.jobs import repository
from ai_router.jobs.models import Call
from ai_router.jobs.running.vendor import submits
from ai_router.providers.port import ProviderFailure, ProviderRequest, Submits
from ai_router.routing.router import Router
from chassis import faults
from chassis.data.database import Database
from chassis.data.leased_work import WorkItem
from contracts.ai_router import CostRecorded
from contracts.enums import Capability

log = structlog.get_logger(__name__)


class VendorStopper:
    """Cancels calls at their vendors and settles what they cost."""

    def __init__(self, database: Database, router: Router) -> None:
        self._database = database
        self._router = router

    async def run(self, item: WorkItem) -> None:
        """Stop one call. What the vendor does not stop for certain is counted at its estimated cost."""
        job_id = UUID(item.payload["job_id"])
        async with self._database.transaction() as tx:
            call = next((one for one in await repository.calls_of(tx, job_id) if one.id == item.id), None)
            job = await repository.find(tx, job_id)
        stopped = call is not None and call.open and await self._stopped(call)
        async with self._database.transaction() as tx:
            tx.finish_work(item)
            if call is None or not call.open or job is None:
                return
            cost = Decimal(0) if stopped else call.estimated_cost
            repository.save_calls(tx, [call.ended("cancelled", tx.now, cost=cost)])
            if cost and job["user_id"] is not None:
                tx.emit(
                    CostRecorded(
                        attempt_id=call.id,
                        job_id=job_id,
                        run_id=job["workflow_id"],
                        user_id=job["user_id"],
                        provider=call.provider,
                        capability=Capability(call.capability),
                        units=Decimal(1),
                        unit_cost=cost,
                        cost=cost,
                    )
                )

    async def _stopped(self, call: Call) -> bool:
        provider = self._router.providers.get(call.provider)
        if provider is None or not submits(type(provider)):
            return False
        vendor = cast(Submits, provider)
        try:
            found = call
            if found.vendor_job_id is None:
                request = ProviderRequest(call.id, call.job_id, Capability(call.capability), model=None)
                accepted = await vendor.lookup(request)
                if accepted is None:
                    return True
                found = call._replace(vendor_job_id=accepted.vendor_job_id)
            faults.point("provider.before_cancel")
            stopped = found.vendor_job_id is not None and await vendor.cancel(found.vendor_job_id)
            faults.point("provider.after_cancel")
            return stopped
        except ProviderFailure as failure:
            log.warning("provider.not_stopped", provider=call.provider, call_id=str(call.id), error=str(failure))
            return False
