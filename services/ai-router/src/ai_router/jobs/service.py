"""Accepting, cancelling and removing jobs. Accepting is cheap and batched: the work itself happens under a lease."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from ai_router.catalogue.models import Catalogue
from ai_router.jobs import cache, repository
from ai_router.jobs.models import WORK, Ending, Job
from ai_router.metrics import CACHE_HITS
from ai_router.routing.router import Router
from ai_router.routing.spoken import spoken_for
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES, NewWork
from chassis.observe import context
from chassis.storage.port import ObjectStore
from contracts.ai_router import CancelJob, JobCancelled, JobCompleted, JobFailed, SubmitJob
from contracts.billing import ReleaseCredits
from contracts.enums import Priority, Status

Interrupt = Callable[[UUID], None]
"""Stops a job that runs in this process."""


class Commands:
    """Accepts and cancels jobs."""

    def __init__(
        self,
        router: Router,
        store: ObjectStore,
        interrupt: Interrupt,
        *,
        cache_results: bool,
        cache_setup: Mapping[str, str],
    ) -> None:
        self._router = router
        self._store = store
        self._interrupt = interrupt
        self._cache_results = cache_results
        self._cache_setup = cache_setup

    async def handle(self, received: Sequence[Received[Any]], tx: Transaction) -> None:
        """Store what is new, answer from the cache what can be, queue the rest; then cancel what is not wanted.

        Repeating it is harmless: a job is added once, and ends once.
        """
        cancels = [item for item in received if isinstance(item.message, CancelJob)]
        unwanted = {item.message.job_id for item in cancels}
        submits = [item for item in received if isinstance(item.message, SubmitJob)]
        if submits:
            await self._accept(submits, unwanted, tx)
        for item in cancels:
            with context.use(item.context):
                await self._cancel(item.message, item.envelope.user_id, tx)

    async def _accept(self, received: Sequence[Received[SubmitJob]], unwanted: set[UUID], tx: Transaction) -> None:
        jobs = [Job(item.message, item.context) for item in reversed(received)]
        jobs = list({job.id: job for job in jobs}.values())
        catalogue, _ = await self._router.snapshot()
        hits = await self._known(jobs, unwanted, catalogue, tx)
        queued = [job for job in jobs if job.id not in unwanted and job.id not in hits]
        repository.queue_jobs(tx, [job.command for job in queued])
        repository.renew(tx, [job.command for job in queued])
        for job in queued:
            tx.add_work(_work_of(job, catalogue), given=repository.NEW_JOBS)
        at_once = [job.command for job in jobs if job.id in unwanted or job.id in hits]
        new = await repository.add_jobs(tx, at_once) if at_once else set()
        self._answer([ending for ending in hits.values() if ending.job.id in new], tx)

    async def begin(self, jobs: Sequence[Job], tx: Transaction) -> list[Ending]:
        """Queue jobs that are stored and paid for beforehand, and end those whose result is known already."""
        catalogue, _ = await self._router.snapshot()
        hits = await self._known(jobs, set(), catalogue, tx)
        self._answer(list(hits.values()), tx)
        for job in jobs:
            if job.id not in hits:
                tx.add_work(_work_of(job, catalogue))
        return list(hits.values())

    async def _known(
        self, jobs: Sequence[Job], unwanted: set[UUID], catalogue: Catalogue, tx: Transaction
    ) -> dict[UUID, Ending]:
        """The endings of jobs whose result is known already."""
        if not self._cache_results:
            return {}
        keys = {
            job.id: cache.key_of(job.command, self._cache_setup)
            for job in jobs
            if job.id not in unwanted and cache.may_be_cached(job.command, catalogue)
        }
        if not keys:
            return {}
        known = await repository.recall(tx, list(keys.values()))
        endings = {}
        for job in jobs:
            provider, result = known.get(keys.get(job.id, ""), ("", {}))
            if result and await self._good(job, provider, result, catalogue):
                endings[job.id] = _hit(job, provider, cache.as_hit(job.command, result))
        return endings

    def _answer(self, endings: Sequence[Ending], tx: Transaction) -> None:
        if endings:
            repository.finish(tx, endings)
        for ending in endings:
            CACHE_HITS.labels(ending.job.command.capability).inc()
            with context.use(ending.job.context):
                tx.emit(ending.event)

    async def _good(self, job: Job, provider: str, result: dict[str, Any], catalogue: Catalogue) -> bool:
        """A kept result counts when the provider that made it is the one we would take now, and its files exist."""
        if not cache.answers(job.command, provider, result):
            return False
        spoken = await spoken_for(job.command, catalogue, self._store)
        choice, _ = await self._router.choose(job.command, spoken=spoken)
        if not choice.ranked or choice.ranked[0].provider != provider:
            return False
        offer = catalogue.offer(provider, job.command.capability)
        if not (offer.deterministic or cache.seeded(job.command)):
            return False
        if not offer.deterministic and not self._offers(provider, job.command, result.get("model")):
            return False
        for output in result["outputs"].values():
            if await self._store.stat(output["key"]) is None:
                return False
        return True

    def _offers(self, provider: str, command: SubmitJob, model: object) -> bool:
        """Whether a provider still has the model that a result was made with."""
        declared = self._router.providers[provider].declarations
        return any(model in one.models for one in declared if one.capability is command.capability)

    async def _cancel(self, command: CancelJob, user_id: UUID | None, tx: Transaction) -> None:
        if await repository.add_cancelled(tx, command.job_id, command.run_id, user_id):
            tx.emit(JobCancelled(job_id=command.job_id, run_id=command.run_id, cost=Decimal(0)))
            return
        if not await cancel_job(tx, command.job_id, self._interrupt):
            await self._tell_how_it_ended(command, tx)

    async def _tell_how_it_ended(self, command: CancelJob, tx: Transaction) -> None:
        job = await repository.find(tx, command.job_id)
        if job is None:
            return
        match job["status"]:
            case Status.COMPLETED if job["removed_at"] is None:
                tx.emit(JobCompleted.model_validate(job["output_data"]))
            case Status.FAILED if job["removed_at"] is None:
                tx.emit(JobFailed.model_validate(job["output_data"]))
            case _:
                tx.emit(JobCancelled(job_id=job["id"], run_id=job["workflow_id"], cost=job["cost"]))


async def cancel_job(tx: Transaction, job_id: UUID, interrupt: Interrupt) -> bool:
    """Cancel an open job: its work goes, its calls at vendors are stopped. False when it has ended already."""
    job = await repository.cancel(tx, job_id)
    if job is None:
        return False
    calls = await repository.calls_of(tx, job_id)
    for call in calls:
        if call.open and call.paid:
            tx.add_work(call.stopping())
    if job["hold"] is not None:
        tx.send(ReleaseCredits(reservation_id=job_id, run_id=job_id, reason="cancelled"))
        for speaker in await repository.speakers(tx, job_id):
            await cancel_job(tx, speaker, interrupt)
    tx.emit(
        JobCancelled(
            job_id=job_id,
            run_id=job["workflow_id"],
            cost=sum((call.spent for call in calls), Decimal(0)),
        )
    )
    tx.after_commit(lambda: interrupt(job_id))
    return True


async def remove(tx: Transaction, job_id: UUID) -> None:
    """Remove a job that has ended."""
    await repository.remove(tx, [job_id])


def _work_of(job: Job, catalogue: Catalogue) -> NewWork:
    lane = LANES[catalogue.rules.priorities.get(job.command.plan, Priority.NORMAL)]
    return NewWork(job.id, WORK, job.payload(), lane, subject=job)


def _hit(job: Job, provider: str, event: JobCompleted) -> Ending:
    return Ending(
        job=job,
        status=Status.COMPLETED,
        event=event,
        provider=provider,
        model=event.model,
        score=event.score,
        attempts=1,
        cache_hit=True,
        routing={"cache": True},
    )
