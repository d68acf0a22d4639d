"""Each rule of the optimiser speaks where it has something to say, with an effect the calculator agrees with."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from export.costs.rules import Price, Tool
from export.costs.service import Known
from export.optimiser.rules import Goal, Situation, suggestions
from export.platforms.starting import SPECIFICATIONS

ROWS = {row.platform: row for row in SPECIFICATIONS if row.variant == "standard"}
KNOWN = Known(
    {"video_generation": Price(Decimal(0), "second", Decimal(2), "clip")},
    {"youtube": ROWS["youtube"]},
    {"youtube": 10},
    (),
    15,
    20,
)
SITUATION = Situation(KNOWN, [], {})


def _template(name: str, minutes: int, success: float | None) -> dict[str, Any]:
    return {
        "platform": "youtube",
        "template_name": name,
        "estimated_time_minutes": minutes,
        "success_rate": success,
    }


def test_who_works_well_is_told_nothing() -> None:
    assert suggestions(SITUATION, "cost") == []


def _known(**changes: Any) -> Situation:
    return replace(SITUATION, known=replace(KNOWN, **changes))


@pytest.mark.parametrize(
    ("situation", "kind", "rupees", "minutes"),
    [
        (_known(tools=(Tool("Subs", "captions", Decimal(500), 3),)), "drop_tool", 500, 60),
        # 60 to 30 seconds at 2 rupees, twenty times.
        (_known(seconds=60), "shorten", 1200, 0),
        # 2,000 s are three parts of at most 900: two more to publish, ten minutes each, twenty times.
        (_known(prices={}, seconds=2000), "fit_in_one_part", 0, 400),
        (
            replace(SITUATION, templates=[_template("usual", 10, 50), _template("quick", 4, 80)]),
            "other_template",
            0,
            120,
        ),
        (
            replace(
                _known(
                    rows={name: ROWS[name] for name in ("youtube", "linkedin")}, minutes={"youtube": 10, "linkedin": 5}
                ),
                kits={"youtube": 5},
            ),
            "leave_out_platform",
            0,
            100,
        ),
        (_known(rows={"tiktok": ROWS["tiktok"]}, minutes={"tiktok": 5}), "burn_captions", 0, 0),
    ],
)
def test_a_rule_finds_what_it_is_for(situation: Situation, kind: str, rupees: int, minutes: int) -> None:
    (found,) = suggestions(situation, "cost")
    assert (found.kind, found.rupees, found.minutes) == (kind, rupees, minutes)
    assert found.formula
    assert found.source


def test_tools_for_what_a_run_does_not_bring_stay() -> None:
    assert suggestions(_known(tools=(Tool("Grader", "editing", Decimal(500), 3),)), "cost") == []


@pytest.mark.parametrize(
    ("goal", "order"),
    [
        ("cost", ["shorten", "drop_tool", "burn_captions"]),
        ("time", ["drop_tool", "shorten", "burn_captions"]),
        ("quality", ["burn_captions", "shorten", "drop_tool"]),
    ],
)
def test_the_goal_says_what_comes_first(goal: Goal, order: list[str]) -> None:
    situation = _known(
        seconds=60,
        tools=(Tool("Subs", "captions", Decimal(10), 3),),
        rows={"tiktok": ROWS["tiktok"]},
        minutes={"tiktok": 5},
    )
    assert [one.kind for one in suggestions(situation, goal)] == order
