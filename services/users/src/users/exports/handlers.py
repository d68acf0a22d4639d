"""Hears that services have handed out what they know of somebody."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.ai_router import AiRouterDataExportPartReady
from contracts.billing import BillingDataExportPartReady
from contracts.export import ExportDataExportPartReady
from contracts.notify import NotifyDataExportPartReady
from contracts.workflow import WorkflowDataExportPartReady
from users.exports import service

Handed = (
    AiRouterDataExportPartReady
    | BillingDataExportPartReady
    | ExportDataExportPartReady
    | NotifyDataExportPartReady
    | WorkflowDataExportPartReady
)


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``users.exports``."""

    @consumers.queue("exports").each(
        AiRouterDataExportPartReady,
        BillingDataExportPartReady,
        ExportDataExportPartReady,
        NotifyDataExportPartReady,
        WorkflowDataExportPartReady,
    )
    async def keep(event: Handed, tx: Transaction) -> None:
        await service.keep_part(event.export_id, event.owner(), event.part, tx)
