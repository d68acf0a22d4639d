"""A film that was ordered with a script and no sound: its speech is made first, as a job beside it (AIR-05).

The film's own job waits until its speech is there, takes it as an input and begins; where there is no speech it ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from ai_router.jobs import repository as jobs_repository
from ai_router.jobs.models import WORK, Ending, Job
from ai_router.orders import repository
from ai_router.orders.telling import tell
from chassis import ids
from chassis.data.database import Transaction
from chassis.data.leased_work import LANES, NewWork
from contracts.ai_router import JobCompleted, JobFailed, SubmitJob
from contracts.billing import ReleaseCredits
from contracts.enums import Capability, Priority

_SPOKEN = ("script", "language", "voice", "speed")
SHARE = Decimal("0.5")
"""Of a film's budget that its speech may take."""


def needs_speech(command: SubmitJob) -> bool:
    """Whether a film waits for its speech."""
    return (
        command.capability is Capability.VIDEO_GENERATION
        and bool(command.parameters.get("script"))
        and "audio" not in command.inputs
    )


def speech_of(film: Job) -> Job:
    """The job that makes the speech of a film; the same film has the same one."""
    command = film.command
    said = {name: command.parameters[name] for name in _SPOKEN if command.parameters.get(name) is not None}
    return Job(
        SubmitJob(
            job_id=ids.derived(command.job_id, "speech"),
            user_id=command.user_id,
            product_line=command.product_line,
            capability=Capability.AUDIO_GENERATION,
            parameters=said,
            quality=command.quality,
            plan=command.plan,
            budget=(command.budget * SHARE).quantize(Decimal("0.0001")),
            deadline=command.deadline,
            run_for_s=command.run_for_s,
        ),
        film.context,
        speaks_for=film.id,
    )


async def go_on(tx: Transaction, endings: Sequence[Ending]) -> None:
    """Begin the films whose speech has been made by these, and end those whose has not. With the commit."""
    spoken = {ending.job.speaks_for: ending for ending in endings if ending.job.speaks_for is not None}
    if not spoken:
        return
    failed: dict[UUID, JobFailed] = {}
    for row in (await repository.lock(tx, [key for key in spoken if key is not None])).values():
        ending = spoken[row["id"]]
        if row["status"] != "pending":
            continue
        event = ending.event
        if isinstance(event, JobCompleted):
            film = with_speech(repository.command_of(row), event)
            await repository.take_inputs(tx, film)
            lane = LANES[Priority.NORMAL]
            job = Job(film, ending.job.context, credits=row["credits"])
            tx.add_work(NewWork(job.id, WORK, job.payload(), lane, subject=job))
        elif isinstance(event, JobFailed):
            failed[row["id"]] = event.model_copy(
                update={"job_id": row["id"], "capability": Capability(row["job_type"])}
            )
    if failed:
        await jobs_repository.fail(tx, failed)
        for job_id, event in failed.items():
            tx.emit(event)
            tx.send(ReleaseCredits(reservation_id=job_id, run_id=job_id, reason="nothing was made"))
        await tell(tx, dict.fromkeys(failed), failed)


def with_speech(film: SubmitJob, speech: JobCompleted) -> SubmitJob:
    """The film's order with its sound, as long as that is."""
    sound = {role: speech.outputs[role] for role in ("audio", "timings") if role in speech.outputs}
    seconds = speech.measures.get("duration")
    length = {} if seconds is None else {"duration": seconds}
    return film.model_copy(
        update={
            "inputs": {**film.inputs, **sound},
            "parameters": {**film.parameters, **length},
            "budget": max(Decimal(0), film.budget - speech.cost),
        }
    )
