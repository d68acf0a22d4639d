"""Which models can do an order as it was asked, told before anything is held (AIR-13, AIR-17). Pure.

What a provider honours is what its adapter declares. A wish that somebody honours rules out those who do not; where
nobody grants all of them the order is refused, and told who grants each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ai_router.catalogue.models import Catalogue, Offer
from ai_router.orders.errors import NotOffered
from ai_router.orders.models import Order
from ai_router.providers.port import Declaration, Provider
from contracts.enums import Capability, ProviderKey

_SPOKEN_BEFOREHAND = frozenset({"script", "language", "voice", "speed"})
"""What is said in a film, and how, is granted by whoever speaks it; the film is made to the sound."""

_NEEDS: Mapping[tuple[str, Capability], frozenset[str]] = {
    (ProviderKey.LOCAL_STABLE_VIDEO, Capability.VIDEO_GENERATION): frozenset({"image", "audio"}),
}
"""Roles without which a provider can begin nothing."""

_TEXTS = ("script", "prompt")


@dataclass(frozen=True, slots=True)
class Able:
    """One provider that is set up and listed for a capability."""

    offer: Offer
    declaration: Declaration

    @property
    def key(self) -> str:
        """Whose it is."""
        return self.offer.provider


@dataclass(frozen=True, slots=True)
class Fit:
    """How an order is to be routed so that its wishes are granted."""

    prefer: str | None
    exclude: tuple[str, ...]


def able(catalogue: Catalogue, providers: Mapping[str, Provider], capability: Capability) -> list[Able]:
    """Everybody who is set up here and listed for ``capability``, in the catalogue's order."""
    return [
        Able(offer, declaration)
        for offer in catalogue.by_capability.get(capability, ())
        if offer.is_active and offer.provider in providers
        for declaration in providers[offer.provider].declarations
        if declaration.capability is capability
    ]


def fit(order: Order, there: Sequence[Able]) -> Fit:
    """How ``order`` is routed. Raises :class:`NotOffered` where nobody in ``there`` can do it as it was asked."""
    named = _named(order, there)
    willing = [each for each in there if not _why_not(each, order)]
    if named is not None:
        mine = [each for each in there if each.key in named]
        if not (fitting := [each for each in mine if each in willing]):
            raise _refusal(order, mine, there)
        prefer = min(fitting, key=lambda each: each.offer.priority).key
    else:
        if there and not willing:
            raise _refusal(order, there, there)
        prefer = None
    keys = {each.key for each in willing}
    return Fit(prefer, tuple(sorted({each.key for each in there} - keys)))


def _named(order: Order, there: Sequence[Able]) -> frozenset[str] | None:
    """The providers that the order's own words leave, None where it names none. Raises for a name nobody knows."""
    if not there or (order.provider is None and order.model is None):
        return None
    keys = {each.key for each in there}
    if order.provider is not None and order.provider not in keys:
        raise NotOffered(
            f"{order.provider} does not do this here. Leave `provider` away, or name one of: {_list(keys)}.",
            fields={"provider": f"one of {_list(keys)}"},
            details={"providers": [*sorted(keys)]},
        )
    if order.provider is not None:
        keys = {order.provider}
    if order.model is not None:
        keys &= {each.key for each in there if order.model in each.declaration.models}
        if not keys:
            models = models_of(there if order.provider is None else [t for t in there if t.key == order.provider])
            raise NotOffered(
                f"There is no model {order.model} for this here. Leave `model` away, or name one of: {_list(models)}.",
                fields={"model": f"one of {_list(models)}"},
                details={"models": [*sorted(models)]},
            )
    return frozenset(keys)


def models_of(there: Collection[Able]) -> set[str]:
    """Names of all their models."""
    return {model for each in there for model in each.declaration.models}


def _honours(each: Able, name: str, order: Order) -> bool:
    return name in each.declaration.honours or (order.is_spoken and name in _SPOKEN_BEFOREHAND)


def _why_not(each: Able, order: Order) -> dict[str, str]:
    """What a provider cannot grant, by field."""
    found = {name: "is not taken" for name in order.wishes if not _honours(each, name, order)}
    declared = each.declaration
    for name in _TEXTS:
        text = order.parameters.get(name)
        if isinstance(text, str) and declared.max_characters is not None and len(text) > declared.max_characters:
            found[name] = f"is longer than {declared.max_characters} characters"
    language = order.parameters.get("language")
    if language is not None and declared.languages is not None and str(language) not in declared.languages:
        found["language"] = "is not spoken"
    for name, stored in order.inputs.items():
        if declared.max_input_bytes is not None and stored.size > declared.max_input_bytes:
            found[name] = f"is larger than {declared.max_input_bytes:,} bytes"
    given = set(order.inputs) | ({"audio"} if order.is_spoken else set())
    for role in sorted(_NEEDS.get((each.key, declared.capability), frozenset()) - given):
        found[role] = "is needed"
    return found


def _refusal(order: Order, asked: Sequence[Able], there: Sequence[Able]) -> NotOffered:
    """Names each wish that ``asked`` do not grant, and who does."""
    lacking = [_why_not(each, order) for each in asked]
    names = sorted(set().union(*lacking))
    # A wish that somebody grants is a problem only together with others.
    hopeless = [name for name in names if all(name in missing for missing in lacking)] or names
    who = {name: sorted(models_of([each for each in there if name not in _why_not(each, order)])) for name in hopeless}
    words = {
        name: f"{next(missing[name] for missing in lacking if name in missing)} by "
        f"{_list(models_of(asked))}; models that can: {_list(models) or 'none here'}"
        for name, models in who.items()
    }
    return NotOffered(
        f"No model takes this order as it is: {', '.join(hopeless)}. Leave that away, or name a model that can.",
        fields=words,
        details={"models": {name: list(models) for name, models in who.items()}},
    )


def _list(names: Collection[str]) -> str:
    return ", ".join(sorted(names))
