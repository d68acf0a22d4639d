"""The real services with a three-step workflow and a provider that takes no time: ``python saga_services.py workflow``.

Everything of the real thing is on: outbox, inbox, history, attempts, live updates. Only the work itself is empty.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from _statements import Statements

from ai_router import composition as ai_router
from ai_router.jobs.running.validation import Verdict
from ai_router.providers.port import Declaration, ProviderRequest, ProviderResult, Report, Workspace
from chassis.run.process import run_worker
from chassis.run.service import Dependencies, Service, ServiceSpec
from contracts.ai_router import JobCompleted, JobFailed, SubmitJob
from contracts.enums import Capability, WorkflowType
from notify import composition as notify
from workflow import composition as workflow
from workflow.engine.definition import Asking, Definition, Definitions, Step
from workflow.engine.state import Run

CAPABILITY = Capability.WORKFLOW_OPTIMIZATION
STEPS = ("first", "second", "third")


class Instant:
    """Satisfies ``Performs``; does nothing, at once."""

    key = "instant"
    declarations = (Declaration(CAPABILITY, models=(), honours=frozenset(), price_unit="job", idempotency="key"),)

    async def healthy(self) -> None:
        """Always."""

    async def perform(self, request: ProviderRequest, workspace: Workspace, report: Report) -> ProviderResult:
        """An empty result."""
        return ProviderResult(outputs={}, units=Decimal(1))


class Believes:
    """A validator for results that have no media in them."""

    async def check(self, command: SubmitJob, result: ProviderResult, workspace: Workspace) -> Verdict:
        """Fine."""
        return Verdict(score=None, measures={}, warnings=())


def _ask(run: Run, asking: Asking) -> SubmitJob:
    return SubmitJob(
        job_id=asking.ref,
        run_id=run.id,
        user_id=run.brief.user_id,
        product_line=run.brief.product_line,
        capability=CAPABILITY,
        inputs={},
        parameters={},
        deadline=asking.deadline,
    )


THREE_STEPS = Definition(
    name="three_steps",
    version=1,
    steps=tuple(
        Step(
            name,
            f"the {name} step",
            (20 * number, 20 * number + 20),
            needs=STEPS[number - 1 : number] if number else (),
            ask=_ask,
            done=JobCompleted,
            no=JobFailed,
        )
        for number, name in enumerate(STEPS)
    ),
)
DEFINITIONS = Definitions({WorkflowType.EDUCATIONAL: THREE_STEPS})


def _workflow(settings: Any, deps: Dependencies) -> Service:
    return workflow.build(settings, deps, definitions=DEFINITIONS)


def _ai_router(settings: Any, deps: Dependencies) -> Service:
    return ai_router.build(settings, deps, {Instant.key: Instant()}, validator=Believes())


SPECS: dict[str, ServiceSpec] = {
    "workflow": replace(workflow.SPEC, build=_workflow),
    "ai_router": replace(ai_router.SPEC, build=_ai_router),
    "notify": notify.SPEC,
}


def _count_statements(target: Path) -> None:
    """On SIGUSR1 write how often each statement has been sent since the last time."""
    statements = Statements()
    statements.attach()
    signal.signal(signal.SIGUSR1, lambda *_: statements.write(target))


if __name__ == "__main__":
    if folder := os.environ.get("STATEMENTS_FOLDER"):
        _count_statements(Path(folder) / f"{sys.argv[1]}.json")
    run_worker(SPECS[sys.argv[1]])
