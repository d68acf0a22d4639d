"""Passing on what vendors tell."""

from __future__ import annotations

from ai_router.jobs import repository
from chassis.data.database import Transaction


async def ring(tx: Transaction, vendor: str, vendor_job_id: str) -> None:
    """Whoever waits for a vendor's job is to look, in whichever process. Telling it twice changes nothing."""
    await repository.ring(tx, vendor, vendor_job_id)
