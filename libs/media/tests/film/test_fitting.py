"""A plan that exists: lengths of what voices really took, and one shot changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.errors import BadMedia
from media.film.fitting import edit_shot, settle
from media.film.plan import FRAME_RATE, FilmPlan, Kind, NoSuchShot, Picture, ScriptTooLong
from media.film.planning import plan_film

SENTENCES = [
    "The harbour wakes before the town does, quietly and all at once.",
    "At five in the morning the first boats come back from the sea.",
    "Men and women in yellow coats carry the boxes to the hall.",
    "By seven the sun stands over the roofs of the old houses.",
    "Children run along the wall on their way to the village school.",
    "The smell of warm bread mixes with the smell of the cold sea.",
    "In the evening the lights come on, one after another, slowly.",
    "The boats lie still, and the water is a long black mirror.",
    "Someone plays an old accordion behind a half open window.",
    "Tomorrow, long before the sun, the harbour will wake again.",
]
SCRIPT = "# The Harbour\n\n" + "\n\n".join(SENTENCES) + "\n"
PICTURES = "abc"


@pytest.fixture
def plan() -> FilmPlan:
    """Twelve shots: two cards and ten sentences."""
    return plan_film(SCRIPT, minutes=1, pictures=[Picture(ref) for ref in PICTURES])


def _said(plan: FilmPlan, factor: float = 1.0) -> dict[str, float]:
    return {shot.id: factor * (1 + 0.055 * len(shot.spoken)) for shot in plan.shots if shot.spoken}


def _lengths_are_kept(plan: FilmPlan) -> None:
    assert sum(shot.frames for shot in plan.shots) == plan.frames
    for shot in plan.shots:
        assert shot.speech_at + shot.speech_s <= shot.length_s + 1e-6


@settings(max_examples=60, deadline=None)
@given(factors=st.lists(st.floats(0.5, 1.3), min_size=12, max_size=12), keep=st.booleans())
def test_every_narration_has_room_in_its_shot(factors: list[float], keep: bool) -> None:
    plan = plan_film(SCRIPT, minutes=1, pictures=[Picture(ref) for ref in PICTURES])
    said = {id: seconds * factor for (id, seconds), factor in zip(_said(plan).items(), factors, strict=False)}

    settled = settle(plan, said, keep=keep)

    _lengths_are_kept(settled)
    assert all(settled.shot(id).said_s == pytest.approx(seconds, abs=1e-3) for id, seconds in said.items())
    assert settled.script == SCRIPT


def test_narrations_that_do_not_fit_even_faster_are_told_so(plan: FilmPlan) -> None:
    with pytest.raises(ScriptTooLong) as refusal:
        settle(plan, _said(plan, 2.2))
    assert "2 minutes" in refusal.value.advice


def test_a_little_too_long_is_spoken_a_little_faster(plan: FilmPlan) -> None:
    settled = settle(plan, _said(plan, 1.45), keep=False)

    _lengths_are_kept(settled)
    assert 1.0 < max(shot.squeeze for shot in settled.shots) <= 1.25


def test_one_changed_line_changes_its_own_shot_alone(plan: FilmPlan) -> None:
    assert len(plan.shots) == 12
    made = settle(plan, _said(plan), keep=False)

    edited = edit_shot(made, "007", text="The smell of fresh bread mixes with the smell of the cold sea.")

    assert [one.id for one, other in zip(edited.shots, made.shots, strict=True) if one != other] == ["007"]
    assert {shot.id: shot.frames for shot in edited.shots} == {shot.id: shot.frames for shot in made.shots}
    assert edited.script == SCRIPT.replace("warm", "fresh")
    # Spoken, it takes a little longer than before: still no other shot is another.
    settled = settle(edited, {"007": made.shot("007").said_s + 0.3})  # type: ignore[operator]
    others = [(one, other) for one, other in zip(settled.shots, made.shots, strict=True) if one.id != "007"]
    assert all(one == other for one, other in others)


def test_a_much_longer_line_takes_its_time_from_as_few_shots_as_possible(plan: FilmPlan) -> None:
    made = settle(plan, _said(plan), keep=False)

    edited = edit_shot(
        made, "007", text=SENTENCES[5] + " And over it all, high and patient, the gulls keep their watch."
    )

    changed = {one.id for one, other in zip(edited.shots, made.shots, strict=True) if one != other}
    assert "007" in changed
    assert len(changed) <= 3
    _lengths_are_kept(settle(edited, {"007": edited.shot("007").frames / FRAME_RATE - 0.2}))


@pytest.mark.parametrize(
    ("id", "changes", "problem"),
    [
        ("003", {"frames": 1}, "no frames to change"),
        ("003", {"motion": "opera"}, "motion 'opera' is not one of push_in"),
        ("003", {"kind": "opera"}, "kind 'opera'"),
        ("003", {"voice": "alto"}, "is not one of male, female"),
        ("003", {"tempo": 9}, "between 0.5 and 2"),
        ("003", {"zoom": "near"}, "between 1 and 3"),
        ("003", {"toward": [0.5]}, "two shares"),
        ("003", {"toward": [0.5, 1.5]}, "two shares"),
        ("003", {"text": None}, "is not text"),
        ("003", {"kind": "card"}, "a card needs a title"),
        ("003", {"kind": "card", "title": "Evening"}, "nobody speaks on a card"),
        ("001", {"kind": "portrait"}, "a portrait needs words"),
        ("003", {"text": "Добрый вечер всем"}, "the voice of language 'en' does not read"),
    ],
)
def test_changes_that_no_shot_takes_are_refused(
    plan: FilmPlan, id: str, changes: dict[str, object], problem: str
) -> None:
    with pytest.raises(BadMedia, match=problem) as refusal:
        edit_shot(plan, id, **changes)
    assert refusal.value.advice


def test_shots_that_are_not_there_and_texts_that_do_not_fit_are_refused(plan: FilmPlan) -> None:
    with pytest.raises(NoSuchShot):
        edit_shot(plan, "099", text="x")
    with pytest.raises(ScriptTooLong):
        edit_shot(plan, "003", text="All of it and more. " * 90)


def test_a_shot_that_lost_its_words_is_quiet(plan: FilmPlan) -> None:
    edited = edit_shot(plan, "003", text="…")

    assert edited.shot("003").spoken == ""
    assert edited.shot("003").text == "…\n\n"
    assert sum(shot.frames for shot in edited.shots) == edited.frames


def test_a_heading_that_changes_is_a_card_that_changes(plan: FilmPlan) -> None:
    edited = edit_shot(plan, "001", text="# The Quay")

    assert edited.shot("001").title == "The Quay"
    assert edited.shot("001").kind is Kind.CARD
    assert edited.script == SCRIPT.replace("# The Harbour", "# The Quay")
