"""Progress of jobs under way, told at most once a second and for many jobs in one transaction."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from ai_router.jobs import repository
from ai_router.jobs.models import Job
from ai_router.orders.telling import contexts, tell
from ai_router.providers.port import Report
from chassis.data.database import Database
from chassis.observe import context
from chassis.work.periodic import Periodic
from contracts.ai_router import JobProgressed
from contracts.enums import Capability

EVERY_S = 1.0

_DOING = {
    Capability.IMAGE_ENHANCEMENT: "Enhancing the photo",
    Capability.IMAGE_UPSCALE: "Enlarging the photo",
    Capability.IMAGE_GENERATION: "Making the picture",
    Capability.IMAGE_EDIT: "Editing the picture",
    Capability.LIP_SYNC: "Fitting the lips to the sound",
    Capability.TRANSCRIPTION: "Writing down what is said",
    Capability.HOOK_DETECTION: "Looking for the best moments",
    Capability.SOURCE_FETCH: "Fetching the video",
    Capability.VIDEO_TRIM: "Cutting the video",
    Capability.CLIP_RENDERING: "Making the clip",
    Capability.AUDIO_GENERATION: "Speaking the script",
    Capability.VIDEO_GENERATION: "Making the photo talk",
    Capability.FILM_SHOT: "Making a shot",
    Capability.FILM_JOIN: "Joining the film",
    Capability.MUSIC_GENERATION: "Composing the music",
}


@dataclass(slots=True)
class _Told:
    job: Job
    provider: str
    progress: int = 0
    told: int = -1


class ProgressBoard(Periodic):
    """A background part: jobs post to it, it writes and publishes what has changed. A job of under a second never
    appears here."""

    def __init__(self, database: Database) -> None:
        super().__init__("progress of jobs", 0)
        self._database = database
        self._jobs: dict[UUID, _Told] = {}
        self._changed = asyncio.Event()

    def begin(self, job: Job, provider: str) -> Report:
        """``provider`` starts on ``job``: returns what its progress is reported to."""
        told = self._jobs[job.id] = _Told(job, provider)
        self._changed.set()

        def report(fraction: float) -> None:
            told.progress = max(told.progress, min(99, int(fraction * 100)))
            if told.progress > told.told:
                self._changed.set()

        return report

    def end(self, job_id: UUID) -> None:
        """Nothing more is told about a job."""
        self._jobs.pop(job_id, None)

    async def round(self) -> None:
        """Wait until something has changed, and tell it a little later."""
        await self._changed.wait()
        await asyncio.sleep(EVERY_S)
        self._changed.clear()
        try:
            await self._tell()
        except BaseException:
            # Nothing of it was told, and nobody may report again.
            self._changed.set()
            raise

    async def _tell(self) -> None:
        news = [told for told in self._jobs.values() if told.progress > told.told]
        if not news:
            return
        rows = [(told.job.id, told.provider, told.progress, _words(told)) for told in news]
        async with self._database.transaction() as tx:
            still_open = await repository.save_progress(tx, rows)
            for job_id, provider, progress, message in rows:
                if job_id in still_open and (told := self._jobs.get(job_id)) is not None:
                    with context.use(told.job.context):
                        tx.emit(
                            JobProgressed(
                                job_id=job_id,
                                run_id=told.job.command.run_id,
                                capability=told.job.command.capability,
                                provider=provider,
                                progress=progress,
                                message=message,
                            )
                        )
            own = contexts([told.job for told in news if told.job.id in still_open])
            if own:
                await tell(tx, own)
        for told, (_, _, progress, _) in zip(news, rows, strict=True):
            told.told = progress


def _words(told: _Told) -> str:
    return f"{_DOING.get(told.job.command.capability, 'Working')} ({told.provider})"
