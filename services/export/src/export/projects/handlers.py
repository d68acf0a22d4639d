"""Hears of projects, and of the videos that are made for them."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.workflow import ProjectCreated, ProjectDeleted, ProjectVideoReady
from export.projects import service


def subscribe(consumers: Consumers) -> None:
    """Declare the queue ``export.projects``."""
    queue = consumers.queue("projects")

    @queue.each(ProjectCreated)
    async def there(event: ProjectCreated, tx: Transaction) -> None:
        await service.there(tx, event)

    @queue.each(ProjectVideoReady)
    async def ready(event: ProjectVideoReady, tx: Transaction) -> None:
        await service.ready(tx, event)

    @queue.each(ProjectDeleted)
    async def gone(event: ProjectDeleted, tx: Transaction) -> None:
        await service.gone(tx, event)
