"""Calls of providers for a job: written down, driven to their end, judged, and written down again.

A paid call is written down in a commit of its own before it is made, and how it ended in another one; a crash in
between leaves a call whose fate is looked up, never a second submission. A free local call is stored with the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import structlog
from opentelemetry.trace import SpanKind

from ai_router import metrics
from ai_router.catalogue.repository import usage_for_one_more
from ai_router.health.breakers import may_try
from ai_router.jobs import repository
from ai_router.jobs.models import Call, CallState, Delivered
from ai_router.jobs.moments import read_in
from ai_router.jobs.running import endings
from ai_router.jobs.running.course import Accepted, Course
from ai_router.jobs.running.fitting import Fitter
from ai_router.jobs.running.progress import ProgressBoard
from ai_router.jobs.running.validation import Validator
from ai_router.jobs.running.vendor import Earlier, Polling, drive
from ai_router.jobs.running.workspace import AttemptWorkspace, workspace
from ai_router.providers.port import FailureClass, Provider, ProviderFailure, ProviderRequest, ProviderResult, Report
from ai_router.routing.choose import Candidate
from ai_router.routing.failures import CONSEQUENCES
from ai_router.routing.router import Router, ordered_s
from chassis.data.database import Database, LeaseLost
from chassis.observe import traces
from chassis.storage.port import ObjectStore
from contracts.ai_router import SubmitJob
from contracts.enums import Capability

log = structlog.get_logger(__name__)

Look = Callable[[ProviderResult, AttemptWorkspace], Awaitable[None]]
"""Looks at a result while its files are here; raises ``ProviderFailure`` for what is not what was ordered."""


class NoRoom(Exception):
    """What everybody may spend or ask for was given to others since the provider was chosen. Choose again."""


class Attempts:
    """Makes calls; one instance for all of a process."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        router: Router,
        validator: Validator,
        fitter: Fitter,
        board: ProgressBoard,
        polling: Polling,
    ) -> None:
        self._database = database
        self._store = store
        self._router = router
        self._validator = validator
        self._fitter = fitter
        self._board = board
        self._polling = polling

    async def make(self, course: Course, candidate: Candidate, earlier: Call | None = None) -> Accepted:
        """One call for the whole job. Raises ``ProviderFailure``, :class:`NoRoom`."""
        command = course.job.command
        provider = self._router.providers[candidate.provider]
        call = earlier or Call.begin(
            command,
            candidate.provider,
            course.attempts + 1,
            self._now(),
            estimated_cost=candidate.estimated_cost,
            paid=not candidate.zero_cost,
        )
        accepted: list[Accepted] = []

        async def look(result: ProviderResult, space: AttemptWorkspace) -> None:
            result = await self._fitter.fit(command, replace(result, ordered_s=ordered_s(provider, command)), space)
            verdict = await self._validator.check(command, result, space)
            accepted.append(Accepted(candidate, result, verdict))

        if earlier is None:
            await self.admit(course, candidate.provider)
        # Watched before anything else is awaited, so that a half-open breaker lets one through and not all who look.
        with self._watched(course, call):
            if earlier is None:
                await self.begin(course, [call])
                course.go_on_with(candidate.provider)
            report = self._board.begin(course.job, candidate.provider)
            ended, unit_cost = await self._carried(course, call, command, report, look, earlier)
        course.spent += ended.spent
        if ended.paid:
            course.events.append(endings.cost_recorded(course.job, ended, unit_cost))
        course.unsaved.append(ended)
        return accepted[0]

    async def admit(self, course: Course, provider: str) -> None:
        """Be let through by the breakers that all processes share. Raises :class:`NoRoom`."""
        command = course.job.command
        model = self._router.model_of(provider, command)
        if not await may_try(self._database, self._router, provider, command.capability, model):
            raise NoRoom(provider)

    async def begin(self, course: Course, calls: Sequence[Call]) -> None:
        """Write paid calls of one provider down before they are made: while the job is ours, and where all limits have
        room for them together. Raises :class:`NoRoom`, ``LeaseLost``."""
        first = calls[0]
        if first.paid:
            catalogue, _ = await self._router.snapshot()
            offer = catalogue.offer(first.provider, course.job.command.capability)
            cost = sum((call.estimated_cost for call in calls), Decimal(0))
            async with self._database.transaction() as tx:
                usage = await usage_for_one_more(tx)
                if (await repository.holder(tx, first.job_id)).token != course.lease:
                    raise LeaseLost(f"job {first.job_id} is no longer ours")
                if not usage.room_for(offer, cost, catalogue.rules, calls=len(calls)):
                    raise NoRoom(first.provider)
                repository.save_calls(tx, calls)
            self._router.book.begun(first.provider, len(calls), cost)
        course.attempts = max(course.attempts, *(call.attempt for call in calls))

    async def part(
        self, course: Course, call: Call, command: SubmitJob, report: Report, look: Look, earlier: Call | None
    ) -> Call:
        """A call for a part of the job, as ``command`` orders it: written down, with its clip, as soon as it has ended.

        Raises ``ProviderFailure``.
        """
        kept: list[str] = []

        async def keep(result: ProviderResult, space: AttemptWorkspace) -> None:
            await look(result, space)
            kept.append(result.outputs["video"].model_dump_json())

        with self._watched(course, call):
            ended, unit_cost = await self._carried(course, call, command, report, keep, earlier)
        ended = ended._replace(clip=kept[0])
        course.spent += ended.spent
        async with self._database.transaction() as tx:
            repository.save_calls(tx, [ended])
            tx.emit(endings.cost_recorded(course.job, ended, unit_cost))
        return ended

    async def failed(
        self,
        course: Course,
        call: Call,
        failure: ProviderFailure,
        delivered: Delivered | None = None,
        kept: Sequence[str] = (),
    ) -> None:
        """Write down that a call failed, and what it cost all the same."""
        unknown = failure.failure is FailureClass.UNKNOWN_OUTCOME
        # A call that may have gone through is counted as spent: better too careful with the user's budget.
        brought = call.estimate if unknown and call.paid else delivered or Delivered()
        state: CallState = "unknown" if unknown else "failed"
        ended = call.ended(state, self._now(), brought, failure=failure.failure.value, error=str(failure))
        ended = _with(ended, kept)
        course.spent += ended.spent
        if not call.paid:
            course.unsaved.append(ended)
            return
        async with self._database.transaction() as tx:
            repository.save_calls(tx, [ended])
            if ended.spent:
                metrics.COST.labels(call.provider).inc(float(ended.spent))
                tx.emit(endings.cost_recorded(course.job, ended, brought.unit_cost))

    @contextmanager
    def _watched(self, course: Course, call: Call) -> Iterator[None]:
        """The provider's breaker and figures hear how a call goes."""
        capability = course.job.command.capability
        model = self._router.model_of(call.provider, course.job.command)
        self._router.started(call.provider, capability, model)
        began, outcome = time.monotonic(), ""
        try:
            yield
            outcome = "succeeded"
            self._router.succeeded(call.provider, capability, model)
        except ProviderFailure as failure:
            outcome = failure.failure.value
            self._router.failed(call.provider, capability, failure.failure, model, until=failure.until)
            raise
        finally:
            if not outcome:
                self._router.failed(call.provider, capability, None, model)
            else:
                metrics.call_ended(call.provider, capability, outcome, time.monotonic() - began)

    async def _carried(
        self, course: Course, call: Call, command: SubmitJob, report: Report, look: Look, earlier: Call | None
    ) -> tuple[Call, Decimal]:
        """A call that went well, not yet written down, and what one unit of it costs. A failed one is written down."""
        provider = self._router.providers[call.provider]
        delivered: Delivered | None = None
        kept: list[str] = []
        wanted = command.parameters.get("model")
        model = wanted if _declares(provider, command.capability, wanted) else None

        async def remember(vendor_job_id: str) -> None:
            await self._taken(course, call._replace(state="accepted", vendor_job_id=vendor_job_id))

        about = {
            "talkingphoto.provider": call.provider,
            "talkingphoto.capability": command.capability.value,
            "talkingphoto.paid": call.paid,
            "talkingphoto.attempt": call.attempt,
        }
        try:
            async with self._workspace(command, call) as space:
                kept = space.kept
                request = ProviderRequest(
                    attempt_id=call.id,
                    job_id=command.job_id,
                    capability=command.capability,
                    model=model,
                    inputs=command.inputs,
                    parameters=await read_in(command, space),
                    deadline_s=max(1.0, (course.ends_by - self._now()).total_seconds()),
                )
                with traces.span(f"{command.capability} {call.provider}", about, kind=SpanKind.CLIENT):
                    result = await drive(
                        provider,
                        request,
                        space,
                        report,
                        remember=remember,
                        polling=self._polling,
                        earlier=None if earlier is None else Earlier(earlier.vendor_job_id),
                    )
                catalogue, _ = await self._router.snapshot()
                offer = catalogue.offer(call.provider, command.capability)
                # What was delivered is what counts, not what was asked for (AIR-51).
                delivered = Delivered(result.units, Decimal(0) if offer.zero_cost else offer.cost)
                if wanted is not None and model is None:
                    result = replace(result, warnings=(*result.warnings, "model_ignored"))
                await look(result, space)
        except ProviderFailure as failure:
            log.warning(
                "provider.failed",
                provider=call.provider,
                job_id=str(command.job_id),
                failure=failure.failure.value,
                error=str(failure),
            )
            course.last_failure = failure
            course.may_work_later |= CONSEQUENCES[failure.failure].later
            await self.failed(course, call, failure, delivered, kept)
            raise
        ended = _with(call.ended("succeeded", self._now(), delivered), kept)
        if result.vendor_job_id is not None:
            ended = ended._replace(vendor_job_id=result.vendor_job_id)
        if ended.paid:
            metrics.COST.labels(call.provider).inc(float(ended.spent))
        return ended, delivered.unit_cost

    async def _taken(self, course: Course, call: Call) -> None:
        """Write down under which id the vendor has a call. Where its job has been cancelled meanwhile, whoever was to
        stop it may have found nothing there, and now can."""
        async with self._database.transaction() as tx:
            holder = await repository.holder(tx, call.job_id)
            repository.save_calls(tx, [call])
            if not holder.open and call.paid:
                await repository.stop_now(tx, call)
        if holder.token != course.lease:
            raise LeaseLost(f"job {call.job_id} is no longer ours")

    def _workspace(self, command: SubmitJob, call: Call) -> AbstractAsyncContextManager[AttemptWorkspace]:
        return workspace(self._store, user_id=command.user_id, attempt_id=call.id, now=call.started_at)

    def _now(self) -> datetime:
        return self._database.clock.now()


def _with(call: Call, kept: Sequence[str]) -> Call:
    return call._replace(discarded=json.dumps(kept)) if kept else call


def _declares(provider: Provider, capability: Capability, model: object) -> bool:
    """Whether ``provider`` names ``model`` for ``capability``; every vendor has names of its own."""
    return any(model in declared.models for declared in provider.declarations if declared.capability is capability)
