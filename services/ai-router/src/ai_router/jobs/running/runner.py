"""Carrying out one job: choose, call, judge, and go on until there is a result or nobody is left (AIR-36 to AIR-43)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog

from ai_router import metrics
from ai_router.jobs import cache, repository
from ai_router.jobs.models import Call, Ending, Job
from ai_router.jobs.running import endings
from ai_router.jobs.running.attempts import Attempts, NoRoom
from ai_router.jobs.running.course import Accepted, Course
from ai_router.jobs.running.films import Films
from ai_router.jobs.running.finisher import Finisher
from ai_router.jobs.running.fitting import Fitter
from ai_router.jobs.running.outcomes import JobEnd, why_nobody
from ai_router.jobs.running.progress import ProgressBoard
from ai_router.jobs.running.validation import Validator
from ai_router.jobs.running.vendor import Polling
from ai_router.providers.port import FailureClass, ProviderFailure
from ai_router.routing.choose import Candidate
from ai_router.routing.failures import CONSEQUENCES, LONGEST_WAIT_S, QUICK_RETRY_S, ROUNDS_S, wait_before_again
from ai_router.routing.patience import PAUSE_S, waits_for
from ai_router.routing.router import Router
from ai_router.routing.spoken import spoken_for
from chassis.data.database import Database, LeaseLost
from chassis.data.leased_work import WorkItem
from chassis.observe import context
from chassis.storage.port import ObjectDamaged, ObjectMissing, ObjectStore

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
    longest_wait_s: float = LONGEST_WAIT_S
    """A provider that asks for more patience is passed over."""
    rounds_s: tuple[float, ...] = ROUNDS_S


class Runner:
    """Carries out jobs; one instance for all of a process."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        router: Router,
        validator: Validator,
        fitter: Fitter,
        board: ProgressBoard,
        finisher: Finisher,
        options: RunnerOptions,
    ) -> None:
        self._database = database
        self._router = router
        self._store = store
        self._board = board
        self._finisher = finisher
        self._options = options
        self._attempts = Attempts(database, store, router, validator, fitter, board, options.polling)
        self._films = Films(
            database,
            store,
            router,
            self._attempts,
            fitter,
            validator,
            board,
            quick_retry_s=options.quick_retry_s,
            longest_wait_s=options.longest_wait_s,
        )

    async def run(self, item: WorkItem) -> None:
        """Bring a claimed job to its end, or put it off."""
        job = Job.of(item)
        now = self._now()
        course = Course(job, item.token, now, job.end_by(now))
        with context.use(job.context):
            try:
                ending = await self._within_deadline(item, course)
            except LeaseLost:
                raise
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
                metrics.job_ended(job.command.capability, ending.status, ending.score)

    async def _within_deadline(self, item: WorkItem, course: Course) -> Ending | None:
        left = (course.ends_by - course.started).total_seconds()
        try:
            async with asyncio.timeout(max(0.0, left)) as limit:
                return await self._carry_out(item, course)
        except TimeoutError:
            if not limit.expired():
                raise
            return await self._best_or(course, JobEnd.TOO_LATE)

    async def _carry_out(self, item: WorkItem, course: Course) -> Ending | None:
        catalogue, _ = await self._router.snapshot()
        course.spoken = await spoken_for(course.job.command, catalogue, self._store)
        if item.attempt > 1 or course.job.round:
            done = await self._pick_up(course)
            if done is not None:
                return await self._completed(course, done)
        again: dict[str, int] = {}
        while True:
            candidate, dropped = await self._next(course)
            if course.busy is not None and await self._waits(item, course):
                return None
            if candidate is None:
                return await self._nobody_left(item, course, dropped)
            try:
                accepted = await self._made(course, candidate)
            except NoRoom:
                self._router.book.expire()
                continue
            except ProviderFailure as failure:
                if CONSEQUENCES[failure.failure].then == "fail":
                    return await self._best_or(course, JobEnd.of(failure))
                tries = again.get(candidate.provider, 0)
                wait = wait_before_again(failure, tries, self._options.quick_retry_s, self._options.longest_wait_s)
                if wait is not None and candidate.clips == 1:
                    again[candidate.provider] = tries + 1
                    await asyncio.sleep(wait)
                    continue
                course.give_up(candidate.provider)
                continue
            if await self._good_enough(course, accepted):
                return await self._completed(course, accepted)
            course.give_up(candidate.provider)

    async def _next(self, course: Course) -> tuple[Candidate | None, tuple[Any, ...]]:
        choice, inputs = await self._router.choose(
            course.job.command, failed=course.failed, spent=course.spent, spoken=course.spoken
        )
        course.choices.append({"inputs": inputs.document(), **choice.document()})
        # Nothing is awaited between the choice and the call, so that a half-open breaker lets one through.
        course.busy = waits_for(inputs.request, self._router.book.catalogue, inputs.health, inputs.budget, choice)
        return choice.ranked[0] if choice.ranked else None, choice.dropped

    async def _made(self, course: Course, candidate: Candidate) -> Accepted:
        """What a provider makes of the job: in one call, or clip by clip."""
        if candidate.clips == 1:
            return await self._attempts.make(course, candidate)
        capability = course.job.command.capability
        model = self._router.model_of(candidate.provider, course.job.command)
        await self._attempts.admit(course, candidate.provider)
        # Before anything else is awaited, so that a half-open breaker lets one film through and not all who look at it.
        self._router.started(candidate.provider, capability, model)
        try:
            async with self._database.transaction() as tx:
                calls = await repository.calls_of(tx, course.job.id) if course.attempts else []
            mine = [call for call in calls if call.provider == candidate.provider]
            return await self._films.make(course, candidate, mine)
        except NoRoom:
            self._router.failed(candidate.provider, capability, None, model)
            raise

    async def _good_enough(self, course: Course, accepted: Accepted) -> bool:
        """Whether the result is taken at once; else it is kept in case nobody does better."""
        catalogue, _ = await self._router.snapshot()
        command = course.job.command
        threshold = max(
            command.minimum_score, catalogue.policy(command.capability, command.product_line).fallback_score
        )
        score = accepted.verdict.score
        if score is None or score >= threshold:
            return True
        if course.best is None or (course.best.verdict.score or 0.0) < score:
            course.best = accepted
        course.last_failure = ProviderFailure(FailureClass.BAD_OUTPUT, f"scored {score:.2f}, wanted {threshold:g}")
        return False

    async def _waits(self, item: WorkItem, course: Course) -> bool:
        """Put a job off that nobody has been asked for yet, while its lane has patience for a cheaper provider."""
        job, now = course.job, self._now()
        catalogue, _ = await self._router.snapshot()
        patience = catalogue.rules.patience_s.get(catalogue.rules.lane(job.command.plan), 0.0)
        until = now + timedelta(seconds=PAUSE_S)
        if course.attempts or job.waited_s + PAUSE_S > patience or until >= course.ends_by:
            return False
        later = replace(job, waited_s=job.waited_s + PAUSE_S, ends_by=course.ends_by)
        await self._put_off(item, course, later, until, waits_for=course.busy)
        return True

    async def _nobody_left(self, item: WorkItem, course: Course, dropped: tuple[Any, ...]) -> Ending | None:
        job = course.job
        if course.best is None and course.may_work_later and job.round < len(self._options.rounds_s):
            until = self._now() + timedelta(seconds=self._options.rounds_s[job.round])
            if until < course.ends_by:
                later = replace(job, round=job.round + 1, ends_by=course.ends_by)
                await self._put_off(item, course, later, until)
                return None
        return await self._best_or(course, why_nobody(course.last_failure, dropped))

    async def _best_or(self, course: Course, end: JobEnd) -> Ending:
        """Nothing better will come: what is there is used, although it is not good enough, for it is paid for."""
        if course.best is None:
            return endings.failed(course, end, self._now())
        return await self._completed(course, course.best, warning="low_quality", cut_short=end is JobEnd.TOO_LATE)

    async def _put_off(
        self, item: WorkItem, course: Course, later: Job, until: datetime, *, waits_for: str | None = None
    ) -> None:
        async with self._database.transaction() as tx:
            repository.save_calls(tx, course.unsaved)
            if not await repository.put_off(tx, item.id, item.token, later.payload(), until):
                raise LeaseLost(f"the lease of job {item.id} had ended")
            for event in course.events:
                tx.emit(event)
        log.info("job.put_off", job_id=str(item.id), until=until.isoformat(), round=later.round, waits_for=waits_for)

    async def _pick_up(self, course: Course) -> Accepted | None:
        """Go on where another process, or an earlier round, stopped; the result of an open call, if it has one."""
        async with self._database.transaction() as tx:
            calls = await repository.calls_of(tx, course.job.id)
        course.attempts = max((call.attempt for call in calls), default=0)
        course.spent = sum((call.spent for call in calls if not call.open), Decimal(0))
        for call in (call for call in calls if call.open and call.provider not in self._router.providers):
            failure = ProviderFailure(FailureClass.UNKNOWN_OUTCOME, f"{call.provider} is no longer configured")
            await self._attempts.failed(course, call, failure)
        film = _unfinished_film([call for call in calls if call.provider in self._router.providers])
        if film:
            candidate = Candidate(film[0].provider, "under way already", Decimal(0), zero_cost=False, clips=len(film))
            try:
                accepted = await self._films.make(course, candidate, film)
            except ProviderFailure:
                course.give_up(candidate.provider)
            else:
                if await self._good_enough(course, accepted):
                    return accepted
                course.give_up(candidate.provider)
        for call in calls:
            if not call.open or call.part is not None or call.provider not in self._router.providers:
                continue
            candidate = Candidate(call.provider, "under way already", call.estimated_cost, zero_cost=not call.paid)
            try:
                accepted = await self._attempts.make(course, candidate, earlier=call)
            except ProviderFailure as failure:
                if CONSEQUENCES[failure.failure].then != "again":
                    course.give_up(call.provider)
                continue
            if await self._good_enough(course, accepted):
                return accepted
            course.give_up(call.provider)
        return None

    async def _completed(
        self, course: Course, accepted: Accepted, warning: str = "", *, cut_short: bool = False
    ) -> Ending:
        catalogue, _ = await self._router.snapshot()
        offer = catalogue.offer(accepted.candidate.provider, course.job.command.capability)
        now, keep = self._now(), None
        same = cache.repeats(course.job.command, accepted.result.ignored, deterministic=offer.deterministic)
        if self._options.cache_results and same and not warning:
            keep = cache.key_of(course.job.command, self._options.cache_setup), now + self._options.cache_for
        return endings.completed(course, accepted, offer, now, warning=warning, keep=keep, cut_short=cut_short)

    def _now(self) -> datetime:
        return self._database.clock.now()


def _unfinished_film(calls: Sequence[Call]) -> list[Call]:
    """The newest call for each part of the last film that was begun, where nobody has given it up: some are open, or
    all have brought their clips."""
    last = next((call.provider for call in reversed(calls) if call.part is not None), None)
    newest = {call.part: call for call in calls if call.part is not None and call.provider == last}
    there = list(newest.values())
    return there if any(call.open for call in there) or all(call.clip is not None for call in there) else []
