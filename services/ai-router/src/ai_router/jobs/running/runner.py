"""Carrying out one job: choose, call, judge, and go on until there is a result or nobody is left (AIR-36 to AIR-43).

A paid call is written down in a commit of its own before it is made, and how it ended in another one; a crash in
between leaves a call whose fate is looked up, never a second submission. A free local call is stored with the end.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from opentelemetry.trace import SpanKind

from ai_router import metrics
from ai_router.jobs import cache, repository
from ai_router.jobs.models import Call, CallState, Ending, Job
from ai_router.jobs.running import endings
from ai_router.jobs.running.course import Accepted, Course
from ai_router.jobs.running.finisher import Finisher
from ai_router.jobs.running.outcomes import JobEnd, why_nobody
from ai_router.jobs.running.progress import ProgressBoard
from ai_router.jobs.running.validation import Validator
from ai_router.jobs.running.vendor import Earlier, Polling, drive
from ai_router.jobs.running.workspace import workspace
from ai_router.providers.port import FailureClass, Provider, ProviderFailure, ProviderRequest
from ai_router.routing.choose import Candidate
from ai_router.routing.failures import CONSEQUENCES, QUICK_RETRIES, QUICK_RETRY_S, ROUNDS_S
from ai_router.routing.router import Router
from chassis.data.database import Database, LeaseLost
from chassis.data.leased_work import WorkItem
from chassis.observe import context, traces
from chassis.storage.port import ObjectDamaged, ObjectMissing, ObjectStore
from contracts.ai_router import FallbackUsed
from contracts.enums import Capability

log = structlog.get_logger(__name__)

MOST_CLAIMS = 5
"""A job that has been claimed so often and still ends in an error of our own is given up."""


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """What a deployment may set."""

    polling: Polling = field(default_factory=Polling)
    cache_results: bool = True
    cache_for: timedelta = timedelta(hours=24)
    cache_setup: Mapping[str, str] = field(default_factory=dict)
    quick_retry_s: float = QUICK_RETRY_S
    rounds_s: tuple[float, ...] = ROUNDS_S


class Runner:
    """Carries out jobs; one instance for all of a process."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        router: Router,
        validator: Validator,
        board: ProgressBoard,
        finisher: Finisher,
        options: RunnerOptions,
    ) -> None:
        self._database = database
        self._store = store
        self._router = router
        self._validator = validator
        self._board = board
        self._finisher = finisher
        self._options = options

    async def run(self, item: WorkItem) -> None:
        """Bring a claimed job to its end, or put it off."""
        job = Job.of(item)
        course = Course(job, self._now())
        with context.use(job.context):
            try:
                ending = await self._within_deadline(item, course)
            except (ObjectMissing, ObjectDamaged) as gone:
                ending = endings.failed(course, JobEnd.input_gone(gone), self._now())
            except Exception:
                if item.attempt < MOST_CLAIMS:
                    raise
                # Whatever it is, it has ended every claim so far; the user must not wait for it for ever.
                log.exception("job.given_up", job_id=str(job.id), claims=item.attempt)
                ending = endings.failed(course, JobEnd.INTERNAL, self._now())
            finally:
                self._board.end(job.id)
            if ending is not None:
                await self._finisher.finish(item, ending)
                metrics.job_ended(job.command.capability, ending.status)

    async def _within_deadline(self, item: WorkItem, course: Course) -> Ending | None:
        left = (course.job.command.deadline - course.started).total_seconds()
        try:
            async with asyncio.timeout(max(0.0, left)) as limit:
                return await self._carry_out(item, course)
        except TimeoutError:
            if not limit.expired():
                raise
            return endings.failed(course, JobEnd.TOO_LATE, self._now())

    async def _carry_out(self, item: WorkItem, course: Course) -> Ending | None:
        if item.attempt > 1 or course.job.round:
            done = await self._pick_up(course)
            if done is not None:
                return await self._completed(course, done)
        again: dict[str, int] = {}
        while True:
            candidate, dropped = await self._next(course)
            if candidate is None:
                return await self._nobody_left(item, course, dropped)
            try:
                accepted = await self._attempt(course, candidate)
            except ProviderFailure as failure:
                consequence = CONSEQUENCES[failure.failure]
                if consequence.then == "fail":
                    return endings.failed(course, JobEnd.of(failure), self._now())
                if consequence.then == "again" and again.get(candidate.provider, 0) < QUICK_RETRIES:
                    again[candidate.provider] = again.get(candidate.provider, 0) + 1
                    await asyncio.sleep(failure.retry_after_s or self._options.quick_retry_s)
                    continue
                course.tried.append(candidate.provider)
                continue
            if await self._good_enough(course, accepted):
                return await self._completed(course, accepted)
            course.tried.append(candidate.provider)

    async def _next(self, course: Course) -> tuple[Candidate | None, tuple[Any, ...]]:
        choice, inputs = await self._router.choose(course.job.command, failed=course.failed, spent=course.spent)
        course.choices.append({"inputs": inputs.document(), **choice.document()})
        candidate = choice.ranked[0] if choice.ranked else None
        if candidate is not None and course.last_failure is not None and course.tried:
            course.events.append(
                FallbackUsed(
                    job_id=course.job.id,
                    run_id=course.job.command.run_id,
                    capability=course.job.command.capability,
                    failed=course.tried[-1],
                    failure=course.last_failure.failure,
                    next_provider=candidate.provider,
                )
            )
            course.last_failure = None
        return candidate, choice.dropped

    async def _attempt(self, course: Course, candidate: Candidate, earlier: Call | None = None) -> Accepted:
        """One call of one provider, stored with how it ended. Raises ``ProviderFailure``."""
        command = course.job.command
        provider = self._router.providers[candidate.provider]
        call = earlier
        if call is None:
            course.attempts += 1
            call = Call.begin(
                command,
                candidate.provider,
                course.attempts,
                self._now(),
                estimated_cost=candidate.estimated_cost,
                paid=not candidate.zero_cost,
            )
            await self._begin(call)
        course.delivered = Decimal(0)
        began = time.monotonic()
        self._router.started(candidate.provider, command.capability)
        outcome: str | None = None
        try:
            accepted = await self._call(course, candidate, call, earlier)
            outcome = "succeeded"
            self._router.succeeded(candidate.provider, command.capability)
            return accepted
        except ProviderFailure as failure:
            outcome = failure.failure.value
            self._router.failed(candidate.provider, command.capability, failure.failure)
            log.warning(
                "provider.failed",
                provider=provider.key,
                job_id=str(command.job_id),
                failure=failure.failure.value,
                error=str(failure),
            )
            course.last_failure = failure
            course.may_work_later |= CONSEQUENCES[failure.failure].later
            await self._call_failed(course, call, failure)
            raise
        finally:
            if outcome is None:
                self._router.failed(candidate.provider, command.capability, None)
            else:
                metrics.call_ended(candidate.provider, command.capability, outcome, time.monotonic() - began)

    async def _call(self, course: Course, candidate: Candidate, call: Call, earlier: Call | None) -> Accepted:
        command = course.job.command
        provider = self._router.providers[candidate.provider]
        wanted = command.parameters.get("model")
        model = wanted if _declares(provider, command.capability, wanted) else None
        request = ProviderRequest(
            attempt_id=call.id,
            job_id=command.job_id,
            capability=command.capability,
            model=model,
            inputs=command.inputs,
            parameters=command.parameters,
            deadline_s=max(1.0, (command.deadline - self._now()).total_seconds()),
        )

        async def remember(vendor_job_id: str) -> None:
            await self._save(call._replace(state="accepted", vendor_job_id=vendor_job_id))

        about = {
            "talkingphoto.provider": candidate.provider,
            "talkingphoto.capability": command.capability.value,
            "talkingphoto.paid": call.paid,
            "talkingphoto.attempt": call.attempt,
        }
        async with workspace(self._store, user_id=command.user_id, attempt_id=call.id, now=call.started_at) as space:
            with traces.span(f"{command.capability} {candidate.provider}", about, kind=SpanKind.CLIENT):
                result = await drive(
                    provider,
                    request,
                    space,
                    self._board.begin(course.job, candidate.provider),
                    remember=remember,
                    polling=self._options.polling,
                    earlier=None if earlier is None else Earlier(earlier.vendor_job_id),
                )
            catalogue, _ = await self._router.snapshot()
            offer = catalogue.offer(candidate.provider, command.capability)
            # What was delivered is what counts, not what was asked for (AIR-51).
            cost = course.delivered = Decimal(0) if offer.zero_cost else offer.cost * result.units
            verdict = await self._validator.check(command, result, space)
        if wanted is not None and model is None:
            result = replace(result, warnings=(*result.warnings, "model_ignored"))
        ended = call.ended("succeeded", self._now(), cost=cost, units=result.units)
        if result.vendor_job_id is not None:
            ended = ended._replace(vendor_job_id=result.vendor_job_id)
        course.spent += ended.spent
        if ended.paid:
            metrics.COST.labels(candidate.provider).inc(float(ended.spent))
            course.events.append(endings.cost_recorded(course.job, ended, offer.cost))
        course.unsaved.append(ended)
        return Accepted(candidate, ended, result, verdict)

    async def _good_enough(self, course: Course, accepted: Accepted) -> bool:
        """Whether the result is taken at once; else it is kept in case nobody does better."""
        catalogue, _ = await self._router.snapshot()
        command = course.job.command
        threshold = max(command.minimum_score, catalogue.policy(command.capability).fallback_score)
        score = accepted.verdict.score
        if score is None or score >= threshold:
            return True
        if course.best is None or (course.best.verdict.score or 0.0) < score:
            course.best = accepted
        course.last_failure = ProviderFailure(FailureClass.BAD_OUTPUT, f"scored {score:.2f}, wanted {threshold:g}")
        return False

    async def _nobody_left(self, item: WorkItem, course: Course, dropped: tuple[Any, ...]) -> Ending | None:
        if course.best is not None:
            return await self._completed(course, course.best, warning="low_quality")
        job = course.job
        if course.may_work_later and job.round < len(self._options.rounds_s):
            until = self._now() + timedelta(seconds=self._options.rounds_s[job.round])
            if until < job.command.deadline:
                await self._put_off(item, course, until)
                return None
        return endings.failed(course, why_nobody(course.last_failure, dropped), self._now())

    async def _put_off(self, item: WorkItem, course: Course, until: datetime) -> None:
        later = replace(course.job, round=course.job.round + 1)
        async with self._database.transaction() as tx:
            repository.save_calls(tx, course.unsaved)
            if not await repository.put_off(tx, item.id, item.token, later.payload(), until):
                raise LeaseLost(f"the lease of job {item.id} had ended")
            for event in course.events:
                tx.emit(event)
        log.info("job.put_off", job_id=str(item.id), until=until.isoformat(), round=later.round)

    async def _pick_up(self, course: Course) -> Accepted | None:
        """Go on where another process, or an earlier round, stopped; the result of an open call, if it has one."""
        async with self._database.transaction() as tx:
            calls = await repository.calls_of(tx, course.job.id)
        course.attempts = max((call.attempt for call in calls), default=0)
        course.spent = sum((call.spent for call in calls if not call.open), Decimal(0))
        for call in (call for call in calls if call.open):
            if call.provider not in self._router.providers:
                failure = ProviderFailure(FailureClass.UNKNOWN_OUTCOME, f"{call.provider} is no longer configured")
                await self._call_failed(course, call, failure)
                continue
            candidate = Candidate(call.provider, "under way already", call.estimated_cost, zero_cost=not call.paid)
            try:
                accepted = await self._attempt(course, candidate, earlier=call)
            except ProviderFailure as failure:
                if CONSEQUENCES[failure.failure].then != "again":
                    course.tried.append(call.provider)
                continue
            if await self._good_enough(course, accepted):
                return accepted
            course.tried.append(call.provider)
        return None

    async def _begin(self, call: Call) -> None:
        if call.paid:
            await self._save(call)
            self._router.book.expire()

    async def _save(self, call: Call) -> None:
        async with self._database.transaction() as tx:
            repository.save_calls(tx, [call])

    async def _call_failed(self, course: Course, call: Call, failure: ProviderFailure) -> None:
        unknown = failure.failure is FailureClass.UNKNOWN_OUTCOME
        # A call that may have gone through is counted as spent: better too careful with the user's budget.
        cost = call.estimated_cost if unknown and call.paid else course.delivered
        state: CallState = "unknown" if unknown else "failed"
        ended = call.ended(state, self._now(), cost=cost, failure=failure.failure.value, error=str(failure))
        course.spent += ended.spent
        if not call.paid:
            course.unsaved.append(ended)
            return
        async with self._database.transaction() as tx:
            repository.save_calls(tx, [ended])
            if cost:
                metrics.COST.labels(call.provider).inc(float(cost))
                tx.emit(endings.cost_recorded(course.job, ended, cost))

    async def _completed(self, course: Course, accepted: Accepted, warning: str = "") -> Ending:
        catalogue, _ = await self._router.snapshot()
        offer = catalogue.offer(accepted.candidate.provider, course.job.command.capability)
        now, keep = self._now(), None
        if self._options.cache_results and offer.deterministic and not warning:
            keep = cache.key_of(course.job.command, self._options.cache_setup), now + self._options.cache_for
        return endings.completed(course, accepted, offer, now, warning=warning, keep=keep)

    def _now(self) -> datetime:
        return self._database.clock.now()


def _declares(provider: Provider, capability: Capability, model: object) -> bool:
    """Whether ``provider`` names ``model`` for ``capability``; every vendor has names of its own."""
    return any(model in declared.models for declared in provider.declarations if declared.capability is capability)
