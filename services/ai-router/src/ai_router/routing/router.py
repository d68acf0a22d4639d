"""Where the pure choice meets what this process knows: the catalogue, provider health, breakers, what was spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from typing import Any

from ai_router.catalogue.models import Catalogue, Offer, Usage
from ai_router.catalogue.repository import CatalogueBook
from ai_router.providers.port import FailureClass, Provider
from ai_router.routing.breaker import OPEN_S, Breaker, BreakerState, Key, keys_for
from ai_router.routing.choose import Budget, Choice, ProviderState, RoutingRequest, choose
from ai_router.routing.failures import CONSEQUENCES
from ai_router.routing.spoken import Part, SpokenText
from chassis import ids
from contracts.ai_router import SubmitJob
from contracts.enums import Capability

DEFAULT_SECONDS = Decimal(10)
"""A video whose length nobody has said (WFL's default)."""

ANSWER_TOKENS = 2000
CHARACTERS_PER_TOKEN = 3
"""Few, so that what a text costs is estimated too high rather than too low."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a choice was made from; with the catalogue of that digest it can be computed again."""

    request: RoutingRequest
    health: Mapping[str, ProviderState]
    budget: Budget
    catalogue: str = ""
    """Digest of the catalogue."""

    def document(self) -> dict[str, Any]:
        """As JSON, to be kept with the job."""
        return {
            "catalogue": self.catalogue,
            "plan": self.request.plan,
            "quality": self.request.quality,
            "units": {unit: str(count) for unit, count in self.request.units.items()},
            "ordered": {key: [str(clip) for clip in clips] for key, clips in self.request.ordered.items()},
            "exclude": sorted(self.request.exclude),
            "failed": sorted(self.request.failed),
            "prefer": self.request.prefer,
            "line": self.request.line,
            "health": {
                key: {
                    "healthy": state.healthy,
                    "breaker_open": state.breaker_open,
                    "remaining_calls": state.remaining_calls,
                    **({} if state.free_calls is None else {"free_calls": state.free_calls}),
                }
                for key, state in self.health.items()
            },
            "budget": {"left": str(self.budget.left), "left_today": str(self.budget.left_today)},
        }

    @classmethod
    def of(cls, capability: Capability, document: Mapping[str, Any]) -> Inputs:
        """The inverse of :meth:`document`."""
        return cls(
            RoutingRequest(
                capability=capability,
                plan=document["plan"],
                quality=document["quality"],
                units={unit: Decimal(count) for unit, count in document["units"].items()},
                ordered={key: tuple(map(Decimal, clips)) for key, clips in document.get("ordered", {}).items()},
                exclude=frozenset(document["exclude"]),
                failed=frozenset(document["failed"]),
                prefer=document["prefer"],
                line=document.get("line", ""),
            ),
            {key: ProviderState(**state) for key, state in document["health"].items()},
            Budget(**{name: Decimal(value) for name, value in document["budget"].items()}),
            document["catalogue"],
        )


class Router:
    """Chooses for jobs and remembers how providers fare."""

    def __init__(
        self,
        book: CatalogueBook,
        providers: Mapping[str, Provider],
        *,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.book = book
        self.providers = providers
        self.me = ids.uuid7()
        """This process, for the others."""
        self._breakers: dict[Key, Breaker] = {}
        self._changes: dict[Key, tuple[float, str] | None] = {}
        self._resets: dict[Key, datetime] = {}
        self._ticks = ticks

    async def snapshot(self) -> tuple[Catalogue, Usage]:
        """The catalogue and usage that choices are made from at this moment."""
        return await self.book.current()

    async def choose(
        self,
        command: SubmitJob,
        *,
        failed: frozenset[str] = frozenset(),
        spent: Decimal = Decimal(0),
        spoken: SpokenText | None = None,
    ) -> tuple[Choice, Inputs]:
        """Rank the providers for a job, of whose budget ``spent`` is gone, and say what the ranking depended on.

        ``spoken``: what the clip is made for; where it is longer than a provider's longest clip it is made in parts.
        """
        catalogue, usage = await self.book.current()
        rules = catalogue.rules
        inputs = Inputs(
            RoutingRequest(
                capability=command.capability,
                plan=command.plan,
                quality=command.quality,
                units=units_of(command),
                ordered=self._ordered(command, catalogue, spoken, command.budget - spent),
                exclude=frozenset(command.exclude),
                failed=failed,
                prefer=command.prefer,
                line=command.product_line,
            ),
            self._health(command, catalogue, usage),
            Budget(max(Decimal(0), command.budget - spent), max(Decimal(0), rules.daily_limit - usage.cost_today)),
            catalogue.digest,
        )
        return choose(inputs.request, catalogue, inputs.health, inputs.budget), inputs

    def breaker(self, provider: str, capability: Capability, model: str = "") -> Breaker:
        """This process's own breaker of a provider for a capability."""
        return self._breakers.get(Key(provider, capability, model), _CLOSED)

    def breaker_open(self, provider: str, capability: Capability, model: str = "") -> bool:
        """Whether a breaker, of this process or shared by all, lets no call through now."""
        self._forget_reset()
        ticks, now = self._ticks(), self.book.now()
        for key in keys_for(provider, capability, model):
            if not self._breakers.get(key, _CLOSED).allows(ticks):
                return True
            shared = self.book.breakers.get(key)
            if shared is not None and not shared.allows(now, self.me):
                return True
        return False

    def model_of(self, provider: str, command: SubmitJob) -> str:
        """The model that a job names, where that provider has it; else none, and the provider's choice."""
        wanted = command.parameters.get("model")
        declared = self.providers[provider].declarations if provider in self.providers else ()
        known = any(one.capability is command.capability and wanted in one.models for one in declared)
        return str(wanted) if known else ""

    def half_open(self, provider: str, capability: Capability, model: str = "") -> list[Key]:
        """The shared breakers that one call at a time may try now, of those that a call goes by."""
        now = self.book.now()
        return [
            key
            for key in keys_for(provider, capability, model)
            if (shared := self.book.breakers.get(key)) is not None and shared.state(now) is BreakerState.HALF_OPEN
        ]

    def changes(self) -> dict[Key, tuple[float, str] | None]:
        """What has happened to breakers of this process since the last time: seconds they are open for and why, or None
        for those that a call has closed."""
        changes, self._changes = self._changes, {}
        return changes

    def untold(self, changes: Mapping[Key, tuple[float, str] | None]) -> None:
        """What could not be told is new again, unless more has happened since."""
        self._changes = {**changes, **self._changes}

    def started(self, provider: str, capability: Capability, model: str = "") -> None:
        """A call begins."""
        now = self._ticks()
        for key in keys_for(provider, capability, model):
            if (breaker := self._breakers.get(key)) is not None:
                self._breakers[key] = breaker.started(now)

    def succeeded(self, provider: str, capability: Capability, model: str = "") -> None:
        """A call ended well."""
        for key in keys_for(provider, capability, model):
            if self._breakers.pop(key, _CLOSED).opened_until is not None or key in self.book.breakers:
                self._changes[key] = None

    def failed(
        self,
        provider: str,
        capability: Capability,
        failure: FailureClass | None,
        model: str = "",
        *,
        until: str | None = None,
    ) -> None:
        """A call failed; None: for a reason that says nothing about the provider. ``until``: when a quota begins anew,
        as the vendor says."""
        now = self._ticks()
        whole, one = keys_for(provider, capability, model)
        consequence = CONSEQUENCES[failure] if failure is not None else None
        if consequence is None or not consequence.blames:
            for key in (whole, one):
                if key in self._breakers:
                    self._breakers[key] = self._breakers[key].released()
            return
        # A wrong key or a used up quota is the account's, whatever was asked for.
        key = whole if consequence.opens_s is not None else one
        for_s = seconds_until(until, self.book.now()) or consequence.opens_s
        before = self._breakers.get(key, _CLOSED)
        if key in self.book.breakers and self.book.breakers[key].state(self.book.now()) is BreakerState.HALF_OPEN:
            for_s = for_s or OPEN_S
        after = before.failed(now, at_once_for_s=for_s)
        self._breakers[key] = after
        if key is whole and one in self._breakers:
            self._breakers[one] = self._breakers[one].released()
        if after.opened_until is not None and after.state(now) is BreakerState.OPEN:
            self._changes[key] = (after.opened_until - now, str(failure))

    def _forget_reset(self) -> None:
        """What this process thought of breakers that an operator has closed since counts no more."""
        for key, shared in self.book.breakers.items():
            if shared.reset_at is not None and shared.reset_at != self._resets.get(key):
                self._resets[key] = shared.reset_at
                self._breakers.pop(key, None)

    def parts(self, command: SubmitJob, offer: Offer, spoken: SpokenText, left: Decimal) -> tuple[Part, ...]:
        """The parts of a speech that a provider makes a clip each for; one where it fits into one.

        They end with sentences where ``left`` is enough for that: each clip is paid for as a whole.
        """
        lengths = clip_lengths(self.providers[offer.provider], offer.capability)
        longest = min(offer.max_clip_s or inf, lengths[-1] if lengths else inf)
        parts = spoken.parts(longest)
        seconds = sum(self.clips(command, offer, parts), Decimal(0))
        if len(parts) > 1 and offer.estimate({"second": seconds}) > left:
            return spoken.parts(longest, tight=True)
        return parts

    def clips(self, command: SubmitJob, offer: Offer, parts: Sequence[Part]) -> tuple[Decimal, ...]:
        """Seconds of the clip that is ordered for each part."""
        provider = self.providers[offer.provider]
        return tuple(Decimal(ordered_s(provider, of_part(command, part)) or part.seconds) for part in parts)

    def _ordered(
        self, command: SubmitJob, catalogue: Catalogue, spoken: SpokenText | None, left: Decimal
    ) -> dict[str, tuple[Decimal, ...]]:
        ordered: dict[str, tuple[Decimal, ...]] = {}
        for offer in catalogue.by_capability.get(command.capability, ()):
            provider = self.providers.get(offer.provider)
            if provider is None:
                continue
            parts = () if spoken is None else self.parts(command, offer, spoken, left)
            if len(parts) > 1:
                ordered[offer.provider] = self.clips(command, offer, parts)
            elif (seconds := ordered_s(provider, command)) is not None:
                ordered[offer.provider] = (Decimal(seconds),)
        return ordered

    def _health(self, command: SubmitJob, catalogue: Catalogue, usage: Usage) -> dict[str, ProviderState]:
        states = {}
        for offer in catalogue.by_capability.get(command.capability, ()):
            if offer.provider not in self.providers:
                continue
            limit, at_once = offer.requests_per_hour, offer.calls_at_once
            states[offer.provider] = ProviderState(
                healthy=offer.provider not in self.book.unwell,
                breaker_open=self.breaker_open(
                    offer.provider, command.capability, self.model_of(offer.provider, command)
                ),
                remaining_calls=None if limit is None else limit - usage.calls_last_hour.get(offer.provider, 0),
                free_calls=None if at_once is None else at_once - usage.under_way.get(offer.provider, 0),
            )
        return states


_CLOSED = Breaker()

LONGEST_QUOTA_S = 31 * 86_400.0


def seconds_until(moment: str | None, now: datetime) -> float | None:
    """How long it is until a moment as vendors write it; None where that is none, or is over."""
    if moment is None:
        return None
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return None
    seconds = (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
    return min(seconds, LONGEST_QUOTA_S) if seconds > 0 else None


def ordered_s(provider: Provider, command: SubmitJob) -> int | None:
    """How long a clip ``provider`` is asked for, where it makes certain lengths only; None: what is asked for."""
    seconds = command.parameters.get("duration")
    if not isinstance(seconds, int | float) or "video" in command.inputs:
        # Where it follows another video, that one says how long it is.
        return None
    for declaration in provider.declarations:
        if declaration.capability is command.capability and declaration.clip_lengths:
            return declaration.ordered_s(seconds)
    return None


def clip_lengths(provider: Provider, capability: Capability) -> tuple[int, ...]:
    """Seconds a clip may be ordered for, shortest first; empty: whatever is asked for is made."""
    declared = (one.clip_lengths for one in provider.declarations if one.capability is capability)
    return next(declared, ())


def of_part(command: SubmitJob, part: Part, text: str | None = None) -> SubmitJob:
    """The order of one part of what ``command`` asks for; ``text``: what is said in it."""
    said = {} if text is None else {"script": text}
    return command.model_copy(update={"parameters": {**command.parameters, **said, "duration": float(part.seconds)}})


_TIMED = frozenset(
    {
        Capability.VIDEO_GENERATION,
        Capability.LIP_SYNC,
        Capability.MUSIC_GENERATION,
        Capability.FILM_SHOT,
        Capability.FILM_JOIN,
    }
)


def units_of(command: SubmitJob) -> dict[str, Decimal]:
    """How much work a job is estimated to be, by unit. Seconds only where the result has a length."""
    units = {"image": Decimal(1), "job": Decimal(1)}
    texts = [value for value in command.parameters.values() if isinstance(value, str)]
    units["token"] = Decimal(ANSWER_TOKENS + sum(map(len, texts)) // CHARACTERS_PER_TOKEN)
    script = command.parameters.get("script") or command.parameters.get("prompt")
    if isinstance(script, str):
        units["character"] = Decimal(len(script))
    if command.capability in _TIMED:
        duration = command.parameters.get("duration")
        units["second"] = Decimal(str(duration)) if isinstance(duration, int | float) else DEFAULT_SECONDS
    return units
