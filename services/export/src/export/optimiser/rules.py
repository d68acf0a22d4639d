"""The optimiser: a list of rules over the catalogue, the user's history and a cost reckoning. Pure, no language model.

Each rule looks at what is known and says what it would change, with the effect on a month as a difference of two
reckonings: nothing is guessed that the calculator would not say as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from export.costs.service import Known

Goal = Literal["cost", "time", "quality"]

_ENOUGH_KITS = 5
"""Fewer kits say nothing about where somebody publishes."""
_SHORT_S = 15
"""A length below which nobody is asked to be shorter."""
_IN_EVERY_RUN = {"captions": "captions in files or burned in", "covers": "a cover for each platform"}


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known: the reckoning's base, templates of this kind of video, and kits of the user's by platform."""

    known: Known
    templates: Sequence[Mapping[str, Any]]
    kits: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``rupees`` and ``minutes`` are what a month has less of; ``quality`` says in words what becomes better."""

    kind: str
    text: str
    formula: str
    source: str
    rupees: Decimal = Decimal(0)
    minutes: int = 0
    quality: str | None = None


def suggestions(situation: Situation, goal: Goal) -> list[Suggestion]:
    """What the rules find, the most useful for ``goal`` first; equal ones in the order of the rules."""
    found = [one for rule in _RULES for one in rule(situation)]
    return sorted(found, key=_WORTH[goal], reverse=True)


_WORTH: Mapping[Goal, Callable[[Suggestion], tuple[Any, ...]]] = {
    "cost": lambda one: (one.rupees, one.minutes, one.quality is not None),
    "time": lambda one: (one.minutes, one.rupees, one.quality is not None),
    "quality": lambda one: (one.quality is not None, one.rupees, one.minutes),
}


def _drop_tools(situation: Situation) -> Iterator[Suggestion]:
    known = situation.known
    for tool in known.tools:
        included = _IN_EVERY_RUN.get(tool.purpose)
        if included is None or not (tool.rupees_a_month or tool.minutes_a_video):
            continue
        rest = replace(known, tools=tuple(other for other in known.tools if other is not tool))
        yield Suggestion(
            "drop_tool",
            f"Leave out {tool.name}: every run brings {included}.",
            f"{tool.rupees_a_month} a month; {tool.minutes_a_video} minutes x {known.volume} videos",
            "what a kit contains",
            *_less(known, rest),
        )


def _shorten(situation: Situation) -> Iterator[Suggestion]:
    known = situation.known
    shorter = max(_SHORT_S, known.seconds // 2)
    if shorter >= known.seconds:
        return
    rupees, _ = _less(known, replace(known, seconds=shorter))
    if rupees:
        yield Suggestion(
            "shorten",
            f"Cut the script to {shorter} seconds: speech and video are priced by length.",
            f"{known.costs().per_workflow} - {replace(known, seconds=shorter).costs().per_workflow}, x {known.volume}",
            "prices in the catalogue",
            rupees,
        )


def _fit_in_one(situation: Situation) -> Iterator[Suggestion]:
    known = situation.known
    for name, row in known.rows.items():
        longest = row.values.max_duration_s
        if longest is None or known.seconds <= longest:
            continue
        parts = math.ceil(known.seconds / longest)
        yield Suggestion(
            "fit_in_one_part",
            f"{row.values.name} takes {longest:.0f} s: at {known.seconds} s each video comes in {parts} parts, each "
            "published by hand. Shorten the script to fit into one.",
            f"{known.minutes[name]} minutes x {parts - 1} parts x {known.volume} videos",
            row.values.max_duration_source or "the platform's row",
            minutes=known.minutes[name] * (parts - 1) * known.volume,
            quality="one video keeps its viewers",
        )


def _easier_template(situation: Situation) -> Iterator[Suggestion]:
    known = situation.known
    for name in known.rows:
        of_platform = [row for row in situation.templates if row["platform"] == name]
        if len(of_platform) < 2:
            continue
        best = max(of_platform, key=lambda row: (row["success_rate"] or 0, -row["estimated_time_minutes"]))
        first = of_platform[0]
        saved = known.minutes[name] - best["estimated_time_minutes"]
        more = float(best["success_rate"] or 0) - float(first["success_rate"] or 0)
        if best is first or (saved <= 0 and more <= 0):
            continue
        yield Suggestion(
            "other_template",
            f"Follow the template {best['template_name']!r} on {known.rows[name].values.name}.",
            f"({known.minutes[name]} - {best['estimated_time_minutes']}) minutes x {known.volume} videos",
            "times and success rates of templates",
            minutes=max(0, saved) * known.volume,
            quality=f"{more:.0f} more of a hundred were published" if more > 0 else None,
        )


def _leave_out_platforms(situation: Situation) -> Iterator[Suggestion]:
    known, kits = situation.known, situation.kits
    if len(known.rows) < 2 or max(kits.values(), default=0) < _ENOUGH_KITS:
        return
    for name, row in known.rows.items():
        if row.platform in kits:
            continue
        minutes = {other: spent for other, spent in known.minutes.items() if other != name}
        yield Suggestion(
            "leave_out_platform",
            f"None of your recent kits was for {row.values.name}. Leave it out until you publish there.",
            f"{known.minutes[name]} minutes x {known.volume} videos",
            "your last hundred kits",
            *_less(known, replace(known, minutes=minutes)),
        )


def _burn_captions(situation: Situation) -> Iterator[Suggestion]:
    names = [row.values.name for row in situation.known.rows.values() if not row.values.caption_files]
    if names:
        yield Suggestion(
            "burn_captions",
            f"Order burned captions for {', '.join(names)}: no file with captions can be uploaded there.",
            "no cost and no time: they are drawn in the same encoding",
            "caption rules of the platforms' rows",
            quality="people who watch without sound can follow",
        )


def _less(now: Known, then: Known) -> tuple[Decimal, int]:
    before, after = now.costs(), then.costs()
    return before.per_month - after.per_month, before.minutes_per_month - after.minutes_per_month


_RULES: tuple[Callable[[Situation], Iterator[Suggestion]], ...] = (
    _drop_tools,
    _shorten,
    _fit_in_one,
    _easier_template,
    _leave_out_platforms,
    _burn_captions,
)
