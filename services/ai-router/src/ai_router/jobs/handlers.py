"""Commands to the AI router."""

from __future__ import annotations

from ai_router.jobs.service import Commands
from chassis.messaging.consumer import Consumers
from contracts.ai_router import CancelJob, SubmitJob


def consumers(commands: Commands) -> Consumers:
    """The service's queues."""
    declared = Consumers("ai_router")
    declared.queue("commands", batch=200, prefetch=400).many(SubmitJob, CancelJob)(commands.handle)
    return declared
