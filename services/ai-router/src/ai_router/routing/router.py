"""Where the pure choice meets what this process knows: the catalogue, provider health, breakers, what was spent."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf
from typing import Any

from ai_router.catalogue.models import Catalogue, Offer, Usage
from ai_router.catalogue.repository import CatalogueBook
from ai_router.providers.port import FailureClass, Provider
from ai_router.routing.breaker import Breaker, BreakerState
from ai_router.routing.choose import Budget, Choice, ProviderState, RoutingRequest, choose
from ai_router.routing.failures import CONSEQUENCES
from ai_router.routing.spoken import Part, SpokenText
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
            "health": {
                key: {
                    "healthy": state.healthy,
                    "breaker_open": state.breaker_open,
                    "remaining_calls": state.remaining_calls,
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
        self._breakers: dict[tuple[str, Capability], Breaker] = {}
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
            ),
            self._health(command.capability, catalogue, usage),
            Budget(max(Decimal(0), command.budget - spent), max(Decimal(0), rules.daily_limit - usage.cost_today)),
            catalogue.digest,
        )
        return choose(inputs.request, catalogue, inputs.health, inputs.budget), inputs

    def breaker(self, provider: str, capability: Capability) -> Breaker:
        """The breaker of a provider for a capability."""
        return self._breakers.get((provider, capability), _CLOSED)

    def breaker_open(self, provider: str, capability: Capability) -> bool:
        """Whether its breaker lets no call through now."""
        return not self.breaker(provider, capability).allows(self._ticks())

    def not_closed(self) -> dict[tuple[str, Capability], BreakerState]:
        """The states of all breakers that are open or half-open now."""
        now = self._ticks()
        states = {key: breaker.state(now) for key, breaker in self._breakers.items()}
        return {key: state for key, state in states.items() if state is not BreakerState.CLOSED}

    def started(self, provider: str, capability: Capability) -> None:
        """A call begins."""
        breaker = self.breaker(provider, capability)
        if breaker is not _CLOSED:
            self._breakers[provider, capability] = breaker.started(self._ticks())

    def succeeded(self, provider: str, capability: Capability) -> None:
        """A call ended well."""
        self._breakers.pop((provider, capability), None)

    def failed(self, provider: str, capability: Capability, failure: FailureClass | None) -> None:
        """A call failed; None: for a reason that says nothing about the provider."""
        breaker = self.breaker(provider, capability)
        consequence = CONSEQUENCES[failure] if failure is not None else None
        if consequence is not None and consequence.blames:
            breaker = breaker.failed(self._ticks(), at_once_for_s=consequence.opens_s)
        else:
            breaker = breaker.released()
        self._breakers[provider, capability] = breaker

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

    def _health(self, capability: Capability, catalogue: Catalogue, usage: Usage) -> dict[str, ProviderState]:
        states = {}
        for offer in catalogue.by_capability.get(capability, ()):
            if offer.provider not in self.providers:
                continue
            limit = offer.requests_per_hour
            states[offer.provider] = ProviderState(
                healthy=offer.provider not in self.book.unwell,
                breaker_open=self.breaker_open(offer.provider, capability),
                remaining_calls=None if limit is None else limit - usage.calls_last_hour.get(offer.provider, 0),
            )
        return states


_CLOSED = Breaker()


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


def units_of(command: SubmitJob) -> dict[str, Decimal]:
    """How much work a job is estimated to be, by unit. Seconds only where the result has a length."""
    units = {"image": Decimal(1), "job": Decimal(1)}
    texts = [value for value in command.parameters.values() if isinstance(value, str)]
    units["token"] = Decimal(ANSWER_TOKENS + sum(map(len, texts)) // CHARACTERS_PER_TOKEN)
    script = command.parameters.get("script") or command.parameters.get("prompt")
    if isinstance(script, str):
        units["character"] = Decimal(len(script))
    if command.capability in (Capability.VIDEO_GENERATION, Capability.LIP_SYNC, Capability.MUSIC_GENERATION):
        duration = command.parameters.get("duration")
        units["second"] = Decimal(str(duration)) if isinstance(duration, int | float) else DEFAULT_SECONDS
    return units
