"""Hears which services have erased what they had of somebody."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.ai_router import AiRouterUserDataErased
from contracts.billing import BillingUserDataErased
from contracts.export import ExportUserDataErased
from contracts.notify import NotifyUserDataErased
from contracts.workflow import WorkflowUserDataErased
from users.erasure import service

Erased = (
    AiRouterUserDataErased
    | BillingUserDataErased
    | ExportUserDataErased
    | NotifyUserDataErased
    | WorkflowUserDataErased
)


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``users.erasure``."""

    @consumers.queue("erasure").each(
        AiRouterUserDataErased,
        BillingUserDataErased,
        ExportUserDataErased,
        NotifyUserDataErased,
        WorkflowUserDataErased,
    )
    async def keep(event: Erased, tx: Transaction) -> None:
        await service.keep_receipt(event.user_id, event.owner(), event.ask, tx)
