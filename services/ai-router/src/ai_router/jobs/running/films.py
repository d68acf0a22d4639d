"""Films longer than a provider's longest clip: a clip for each part of the speech, side by side, then joined (WFL-40).

All parts are one provider's, so that the film has one look. A part that fails is tried again alone; where it cannot be
had, the provider is given up for the whole film, and the next one begins anew. Every clip is written down with its
call, so that after a crash none is paid for twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial

from ai_router.catalogue.models import Offer
from ai_router.jobs.models import Call
from ai_router.jobs.running.attempts import Attempts, NoRoom
from ai_router.jobs.running.course import Accepted, Course
from ai_router.jobs.running.fitting import Fitter
from ai_router.jobs.running.progress import ProgressBoard
from ai_router.jobs.running.validation import Validator
from ai_router.jobs.running.workspace import AttemptWorkspace, workspace
from ai_router.providers.port import FailureClass, ProviderFailure, ProviderResult, Report
from ai_router.routing.choose import Candidate
from ai_router.routing.failures import wait_before_part_again
from ai_router.routing.router import Router, of_part, ordered_s
from ai_router.routing.spoken import Part, SpokenText
from chassis import ids
from chassis.data.database import Database
from chassis.storage.port import ObjectStore
from contracts.objects import StoredObject


@dataclass(slots=True)
class _Film:
    """One film in the making."""

    course: Course
    offer: Offer
    spoken: SpokenText
    report: Report
    held: dict[Part, Decimal] = field(default_factory=dict)
    """What parts under way may still cost."""
    shares: dict[Part, float] = field(default_factory=dict)
    lost: bool = False
    """A part cannot be had: nothing more is begun."""

    def tell(self, part: Part, fraction: float) -> None:
        """A part got so far."""
        self.shares[part] = fraction
        self.report(sum(self.shares.values()) / len(self.shares))

    def may_cost(self, more: Decimal) -> bool:
        """Whether so much more stays within the job's budget, whatever becomes of what is under way."""
        spent = self.course.spent + sum(self.held.values(), Decimal(0))
        return spent + more <= self.course.job.command.budget


class Films:
    """Makes films out of several clips; one instance for all of a process."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        router: Router,
        attempts: Attempts,
        fitter: Fitter,
        validator: Validator,
        board: ProgressBoard,
        *,
        quick_retry_s: float,
        longest_wait_s: float,
    ) -> None:
        self._database = database
        self._store = store
        self._router = router
        self._attempts = attempts
        self._fitter = fitter
        self._validator = validator
        self._board = board
        self._quick_retry_s = quick_retry_s
        self._longest_wait_s = longest_wait_s

    async def make(self, course: Course, candidate: Candidate, earlier: Sequence[Call] = ()) -> Accepted:
        """The film by ``candidate``. ``earlier``: its calls so far, of which those that are open are gone on with.

        Raises ``ProviderFailure`` where a part cannot be had, and ``NoRoom``.
        """
        command = course.job.command
        catalogue, _ = await self._router.snapshot()
        offer = catalogue.offer(candidate.provider, command.capability)
        spoken = course.spoken
        if spoken is None:
            raise ValueError("a film in parts needs its speech")
        known = {call.part: call for call in earlier if call.part is not None}
        film = _Film(course, offer, spoken, lambda fraction: None)
        left = command.budget - course.spent
        parts = sorted(known) or self._router.parts(command, offer, spoken, left)
        new = [self._call(film, part) for part in parts if (call := known.get(part)) is None or _lost(call)]
        try:
            if new:
                await self._attempts.begin(course, new)
        except NoRoom:
            if not any(call.open for call in known.values()):
                raise
            film.lost = True
        else:
            known |= {call.part: call for call in new if call.part is not None}
        course.go_on_with(candidate.provider)
        film.report = self._board.begin(course.job, candidate.provider)
        film.shares = dict.fromkeys(parts, 0.0)
        begun = {call.id for call in new}
        made = await asyncio.gather(
            *(self._clip(film, part, known[part], resumed=known[part].id not in begun) for part in parts),
            return_exceptions=True,
        )
        # Whatever is under way is paid for: all have ended before anything follows from one that failed.
        for one in sorted((one for one in made if isinstance(one, BaseException)), key=_is_expected):
            raise one
        return await self._joined(course, candidate, [call for call in made if isinstance(call, Call)])

    async def _clip(self, film: _Film, part: Part, call: Call, *, resumed: bool) -> Call:
        """The call that brought the clip of one part."""
        if call.clip is not None:
            return call
        if _lost(call):
            raise ProviderFailure(FailureClass.THROTTLED, f"no room for another clip of {call.provider}")
        provider = self._router.providers[call.provider]
        order = of_part(film.course.job.command, part, film.spoken.text(part))

        async def look(result: ProviderResult, space: AttemptWorkspace) -> None:
            ordered = ordered_s(provider, order)
            await self._fitter.measure(result, float(part.seconds) if ordered is None else ordered, space)

        tries = 0
        while True:
            film.held[part] = call.estimated_cost
            try:
                report, earlier = partial(film.tell, part), call if resumed else None
                return await self._attempts.part(film.course, call, order, report, look, earlier)
            except ProviderFailure as failure:
                film.held.pop(part)
                wait = wait_before_part_again(failure, tries, self._quick_retry_s, self._longest_wait_s)
                if wait is None or film.lost or not film.may_cost(call.estimated_cost):
                    film.lost = True
                    raise
                tries, resumed = tries + 1, False
                film.held[part] = call.estimated_cost
                await asyncio.sleep(wait)
                call = self._call(film, part)
                try:
                    await self._attempts.begin(film.course, [call])
                except NoRoom:
                    film.lost = True
                    raise failure from None
            finally:
                film.held.pop(part, None)

    def _call(self, film: _Film, part: Part) -> Call:
        """A new call for one part."""
        command = film.course.job.command
        (seconds,) = self._router.clips(command, film.offer, [part])
        film.course.attempts += 1
        return Call.begin(
            command,
            film.offer.provider,
            film.course.attempts,
            self._database.clock.now(),
            estimated_cost=film.offer.estimate({"second": seconds}),
            paid=not film.offer.zero_cost,
            part=part,
        )

    async def _joined(self, course: Course, candidate: Candidate, calls: Sequence[Call]) -> Accepted:
        command = course.job.command
        clips = [
            (StoredObject.model_validate_json(call.clip), float(call.to_s))
            for call in calls
            if call.clip is not None and call.to_s is not None
        ]
        attempt = ids.derived(command.job_id, candidate.provider, "joined")
        now = self._database.clock.now()
        async with workspace(self._store, user_id=command.user_id, attempt_id=attempt, now=now) as space:
            try:
                film = await self._fitter.join(command, clips, space)
                result = ProviderResult(outputs={"video": film}, units=Decimal(len(clips)))
                verdict = await self._validator.check(command, result, space)
            except ProviderFailure as failure:
                course.last_failure = failure
                raise
        return Accepted(candidate, replace(result, data={"clips": len(clips)}), verdict)


def _lost(call: Call) -> bool:
    """It has ended without a clip."""
    return not call.open and call.clip is None


def _is_expected(error: BaseException) -> bool:
    """A failure of the provider is told only where nothing of our own went wrong."""
    return isinstance(error, ProviderFailure)
