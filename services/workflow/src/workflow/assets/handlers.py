"""What becomes of runs that were ordered for a project, and of what single AI jobs made."""

from __future__ import annotations

from chassis.data.database import Transaction
from chassis.messaging.consumer import Consumers
from contracts.ai_router import JobDelivered
from contracts.enums import ProjectStatus
from contracts.workflow import RunCancelled, RunCompleted, RunFailed
from workflow.assets.service import Assets
from workflow.engine.definition import Definitions
from workflow.films.keeping import keep


def subscribe(consumers: Consumers, assets: Assets, definitions: Definitions) -> None:
    """Declare the queue ``workflow.assets``."""
    queue = consumers.queue("assets")

    # What films keep of a run comes with what the project gets of it: nobody sees one without the other.
    @queue.each(RunCompleted)
    async def gather(event: RunCompleted, tx: Transaction) -> None:
        await keep(tx, definitions, event)
        await assets.gather(tx, event)

    @queue.each(JobDelivered)
    async def delivered(event: JobDelivered, tx: Transaction) -> None:
        await assets.deliver(tx, event)

    @queue.each(RunFailed)
    async def failed(event: RunFailed, tx: Transaction) -> None:
        await keep(tx, definitions, event)
        await assets.gave_up(tx, event.run_id, event.user_id, ProjectStatus.FAILED)

    @queue.each(RunCancelled)
    async def cancelled(event: RunCancelled, tx: Transaction) -> None:
        await keep(tx, definitions, event)
        await assets.gave_up(tx, event.run_id, event.user_id, ProjectStatus.PENDING)
