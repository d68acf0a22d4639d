"""Ordering AI work by itself: what it takes is held, it is done, it is paid for, and only then handed out (AIR-53).

A job moves by what billing answers: ``asked``, ``held`` (its work begins), ``capturing`` (made, and passed by its
judge), ``captured``. Whatever ends otherwise gives back what was held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ai_router.catalogue.models import Catalogue
from ai_router.jobs.models import Job
from ai_router.jobs.service import Commands
from ai_router.orders import registry, repository, speaking
from ai_router.orders.errors import InsufficientCredits, KeyCapReached, NobodyThere, TooManyJobs
from ai_router.orders.models import MINIMUM_SCORE, Hold, Order, settlement
from ai_router.orders.telling import tell
from ai_router.providers.registry import ROWS
from ai_router.routing.choose import Choice
from ai_router.routing.router import Router
from chassis import ids
from chassis.bus.messages import Received
from chassis.data.database import Transaction
from chassis.identity.tokens import Identity
from contracts.ai_router import JobFailed, SubmitJob
from contracts.billing import (
    CreditsCaptured,
    CreditsReleased,
    CreditsReserved,
    EntitlementsChanged,
    ReservationRefused,
    ReserveCredits,
)
from contracts.enums import Capability

BEGIN_WITHIN = timedelta(minutes=30)
"""A job that has found nobody to do it by then ends."""
RUN_FOR_S = 1800.0
UNKNOWN_BUDGET = Decimal(1_000_000)
"""Before billing has said how much a plan allows."""

Answer = CreditsReserved | ReservationRefused | CreditsCaptured | CreditsReleased


@dataclass(frozen=True, slots=True)
class Placed:
    """Jobs that were ordered together, and what each is expected to take."""

    jobs: tuple[UUID, ...]
    credits: int
    seconds: float


class Orders:
    """Places orders, and moves them on by what billing says."""

    def __init__(self, router: Router, commands: Commands) -> None:
        self._router = router
        self._commands = commands

    async def place(self, tx: Transaction, caller: Identity, order: Order) -> Placed:
        """Store the jobs of an order and ask for what they take. Raises the errors of ``orders.errors``."""
        catalogue, _ = await self._router.snapshot()
        there = registry.able(catalogue, self._router.providers, order.capability)
        fit = registry.fit(order, there)
        commands = [self._command(caller, order, fit, number, tx.now) for number in range(order.count)]
        seconds, cost = await self._expected(commands[0], catalogue, spoken=order.is_spoken)
        credits = await repository.price(
            tx, order.capability.value, [each.key for each in there if each.key not in fit.exclude], order.model
        )
        await self._check_credits(tx, caller, credits * order.count)
        await self._check_room(tx, caller, order, catalogue)
        await self._check_key(tx, caller, credits * order.count)
        await repository.add(tx, commands, credits, order.project_id)
        for command in commands:
            tx.send(reserve(command, credits, cost, tx.now))
        await tell(tx, {command.job_id: None for command in commands})
        return Placed(tuple(command.job_id for command in commands), credits, seconds)

    async def answered(self, received: Sequence[Received[Answer]], tx: Transaction) -> None:
        """Move jobs on by billing's answers. Answers about runs, and repeated ones, change nothing."""
        rows = await repository.lock(tx, {item.message.reservation_id for item in received})
        held: dict[UUID, CreditsReserved] = {}
        refused: dict[UUID, JobFailed] = {}
        settled: dict[UUID, tuple[Hold, int]] = {}
        for item in received:
            answer = item.message
            row = rows.get(answer.reservation_id)
            if row is None:
                continue
            match answer, row["hold"]:
                case CreditsReserved(), Hold.ASKED:
                    held[row["id"]] = answer
                case ReservationRefused(), Hold.ASKED:
                    refused[row["id"]] = _refusal(row, answer)
                case CreditsCaptured(), Hold.CAPTURING:
                    settled[row["id"]] = (Hold.CAPTURED, answer.credits)
                case CreditsReleased(), Hold.CAPTURING:
                    # The hold had ended before it could be spent: the result is there, and costs nothing.
                    settled[row["id"]] = (Hold.RELEASED, 0)
                case _:
                    continue
        if refused:
            await repository.refuse(tx, [(key, end.message, end.model_dump_json()) for key, end in refused.items()])
            for end in refused.values():
                tx.emit(end)
        if settled:
            await repository.settle(tx, [(key, hold.value, credits) for key, (hold, credits) in settled.items()])
        done = await self._begin(tx, rows, held, received) if held else {}
        moved: dict[UUID, Any] = dict.fromkeys([*held, *refused, *settled])
        await tell(tx, moved, {**refused, **done})

    async def _begin(
        self,
        tx: Transaction,
        rows: Mapping[UUID, Mapping[str, Any]],
        held: Mapping[UUID, CreditsReserved],
        received: Sequence[Received[Answer]],
    ) -> dict[UUID, Any]:
        """Queue what has been paid for beforehand; the events of those that have ended at once."""
        start_by = tx.now + BEGIN_WITHIN
        await repository.begin(tx, [(key, said.plan, said.budget, start_by) for key, said in held.items()])
        contexts = {item.message.reservation_id: item.context for item in received}
        jobs = []
        for key, said in held.items():
            command = repository.command_of(rows[key]).model_copy(
                update={"plan": said.plan, "budget": said.budget, "deadline": start_by}
            )
            jobs.append(Job(command, contexts[key], credits=rows[key]["credits"]))
        waiting = [job for job in jobs if speaking.needs_speech(job.command)]
        speeches = [speaking.speech_of(job) for job in waiting]
        if speeches:
            await repository.add_speech(tx, [(job.command, job.speaks_for) for job in speeches if job.speaks_for])
        begun = [job for job in jobs if job not in waiting]
        endings = await self._commands.begin([*begun, *speeches], tx)
        for ending in endings:
            if ending.job.credits is not None:
                tx.send(settlement(ending))
        await speaking.go_on(tx, endings)
        return {ending.job.id: ending.event for ending in endings}

    def _command(self, caller: Identity, order: Order, fit: registry.Fit, number: int, now: datetime) -> SubmitJob:
        named = {} if order.model is None else {"model": order.model}
        return SubmitJob(
            job_id=ids.uuid7(),
            user_id=caller.user_id,
            product_line=caller.product_line,
            capability=order.capability,
            inputs=dict(order.inputs),
            parameters={**order.numbered(number), **named},
            quality=order.quality,
            plan=caller.plan,
            budget=UNKNOWN_BUDGET,
            minimum_score=MINIMUM_SCORE.get(order.capability, 0.0),
            exclude=fit.exclude,
            prefer=fit.prefer,
            deadline=now + BEGIN_WITHIN,
            run_for_s=RUN_FOR_S,
        )

    async def _expected(self, command: SubmitJob, catalogue: Catalogue, *, spoken: bool) -> tuple[float, Decimal]:
        """Seconds that a job takes by the catalogue, and its least cost. Raises ``NobodyThere``."""
        choice, _ = await self._router.choose(command)
        if not choice.ranked:
            raise nobody_there(choice, self._router.providers)
        first = catalogue.offer(choice.ranked[0].provider, command.capability)
        seconds = first.speed_s
        if spoken:
            heard = catalogue.by_capability.get(Capability.AUDIO_GENERATION, ())
            seconds += min((offer.speed_s for offer in heard), default=0.0)
        return round(seconds, 1), min(candidate.estimated_cost for candidate in choice.ranked)

    async def _check_room(self, tx: Transaction, caller: Identity, order: Order, catalogue: Catalogue) -> None:
        most = catalogue.rules.most_open(caller.plan)
        if await repository.open_of(tx, caller.user_id) + order.count > most:
            raise TooManyJobs(
                f"At most {most} of your jobs are under way at a time. Wait until one has ended.",
                details={"limit": most},
                retry_after_s=5,
            )

    async def keep_entitlements(self, tx: Transaction, event: EntitlementsChanged) -> None:
        """Keep how many credits an account has."""
        await repository.keep_entitlements(tx, event)

    async def _check_credits(self, tx: Transaction, caller: Identity, needed: int) -> None:
        """A courtesy, told at once: for good only billing says no, and it does so for whatever passes here."""
        known = await repository.known_credits(tx, caller.user_id, caller.product_line)
        if known is not None and known < needed:
            raise InsufficientCredits(
                f"{needed} credits are needed, {known} are available. Buy some, or take a larger plan.",
                details={"needed": needed, "available": known},
            )

    async def _check_key(self, tx: Transaction, caller: Identity, credits: int) -> None:
        if caller.daily_credits is None or not credits:
            return
        if not await repository.spend(tx, caller.session_id, credits, caller.daily_credits):
            tomorrow = datetime.combine(tx.now.date() + timedelta(days=1), time(), tx.now.tzinfo)
            raise KeyCapReached(
                f"This API key may spend {caller.daily_credits} credits a day. Go on tomorrow, or use a key with more.",
                details={"daily_credits": caller.daily_credits, "needed": credits},
                retry_after_s=(tomorrow - tx.now).total_seconds(),
            )


def reserve(command: SubmitJob, credits: int, cost: Decimal, now: datetime) -> ReserveCredits:
    """What billing is asked for a job; its id is the hold's."""
    return ReserveCredits(
        reservation_id=command.job_id,
        run_id=command.job_id,
        user_id=command.user_id,
        product_line=command.product_line,
        capability=command.capability.value,
        credits=credits,
        estimated_cost=cost,
        run_ends_by=now + BEGIN_WITHIN + timedelta(seconds=RUN_FOR_S),
    )


def _refusal(row: Mapping[str, Any], refused: ReservationRefused) -> JobFailed:
    return JobFailed(
        job_id=row["id"],
        user_id=row["user_id"],
        capability=Capability(row["job_type"]),
        failure="not_paid",
        code=refused.reason.upper(),
        message=refused.message,
        retryable=False,
        attempts=0,
        cost=Decimal(0),
    )


def nobody_there(choice: Choice, providers: Mapping[str, Any]) -> NobodyThere:
    """Why nobody can do it: each reason, and the settings that would bring somebody."""
    reasons = {each.provider: each.reason for each in choice.dropped}
    settings = [f"{row.setting}_API_KEY" for row in ROWS if row.key in reasons and row.key not in providers]
    advice = f" Set one of {', '.join(settings)}." if settings else " Try again later."
    return NobodyThere(f"Nobody here can do this at the moment.{advice}", details={"providers": dict(reasons)})
