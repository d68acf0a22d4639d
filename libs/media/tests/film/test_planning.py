"""Any script in any of the eight languages: the shots' texts are the script, their lengths the ordered minutes."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from typing import get_args

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from media.errors import BadMedia, NotUsable
from media.film.plan import FRAME_RATE, Character, Kind, Picture, ScriptTooLong, ScriptTooShort, read, written
from media.film.planning import plan_film
from media.types import Language

EXAMPLES = int(os.environ.get("FILM_SCRIPTS", "60"))

WORDS: dict[str, str] = {
    "en": "the harbour wakes before town and boats come home Dr. Smith's 3.5 tons heavy salt-water e.g. it’s",
    "hi": "शहर से पहले बंदरगाह जागता है और नावें लौटती हैं पानी भारी",
    "es": "el puerto despierta antes que la ciudad y vuelven los barcos ¿quién? año",
    "fr": "le port s’éveille avant la ville et les bateaux rentrent l'été déjà",
    "de": "der Hafen erwacht vor der Stadt z.B. Möwen und Boote kehren heim größer",
    "ja": "港は町より早く目を覚まします 船が帰ってくる カモメ",
    "ko": "항구는 마을보다 먼저 깨어난다 배들이 돌아온다 바다",
    "zh": "港口比城镇更早醒来 船只归来 海水 很重",
}
STOPS: dict[str, str] = {"hi": "। ? ! ,", "ja": "。 ？ ！ 、", "zh": "。 ？ ！ ，"}


@st.composite
def scripts(draw: st.DrawFn, language: str) -> str:
    """Prose of the language with stops, headings, turns of speakers, poems, odd spaces and pictographs between."""
    words = WORDS[language].split()
    stops = STOPS.get(language, ". ? ! , ; :").split()
    space = "" if language in ("ja", "zh") else " "
    odd = ["\n", "\n\n", " \t", "\n \n\n", "\n# ", "\nANNA: ", "\r\n", "…", "👩‍🚀 ", "“", "\u3000", "\u2028", "—"]
    piece = st.one_of(
        st.sampled_from(words).map(lambda word: word + space),
        st.sampled_from(stops).map(lambda stop: stop + space),
        st.sampled_from(odd),
        st.text(max_size=4),
    )
    strange = "".join(draw(st.lists(piece, min_size=1, max_size=60)))
    # Prose besides: what is drawn piece by piece is hardly ever longer than a shot.
    rng = draw(st.randoms(use_true_random=False))
    weights = [70, 12, 4]
    prose = "".join(
        rng.choice(kind) + space
        for kind in rng.choices((words, stops, odd), weights, k=draw(st.sampled_from([0, 5, 40, 150, 400])))
    )
    return strange + prose if rng.random() < 0.5 else prose + strange


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), language=st.sampled_from(get_args(Language)), minutes=st.integers(1, 6), seed=st.integers(0, 9))
def test_texts_are_the_script_and_lengths_the_minutes(
    data: st.DataObject, language: str, minutes: int, seed: int
) -> None:
    script = data.draw(scripts(language))
    pictures = [Picture("a", ("harbour",)), Picture("b"), Picture("c")][: data.draw(st.integers(0, 3))]
    cast = [Character("", "female"), Character("Anna", "male", face="anna")]
    try:
        plan = plan_film(
            script, minutes=minutes, pictures=pictures, language=language, seed=seed, characters=cast, fill=True
        )
    except NotUsable as refusal:
        assert refusal.code in ("EMPTY_SCRIPT", "WRONG_WRITING", "SCRIPT_TOO_LONG")
        assert refusal.advice
        return
    assert plan.script == script
    assert sum(shot.frames for shot in plan.shots) == minutes * 60 * FRAME_RATE
    assert all(shot.frames > 0 for shot in plan.shots)
    assert len({shot.id for shot in plan.shots}) == len(plan.shots)
    again = plan_film(
        script, minutes=minutes, pictures=pictures, language=language, seed=seed, characters=cast, fill=True
    )
    assert again == plan == read(json.loads(json.dumps(written(plan))))
    for shot in plan.shots:
        # What is said of a shot are all its letters, without who says them.
        if shot.kind is Kind.CARD:
            assert not shot.spoken
        else:
            assert _letters(shot.spoken) == _letters(shot.text.replace("ANNA:", ""))


def _letters(text: str) -> str:
    return "".join(regex.findall(r"[\p{L}\p{N}]", text))


def test_signs_before_a_turn_do_not_swallow_it() -> None:
    script = ". \nANNA: the boat has gone \n\nand nobody saw it "

    shots = plan_film(script, minutes=1, characters=[Character("Anna")], fill=True).shots

    assert [(shot.speaker, shot.spoken) for shot in shots if shot.spoken] == [
        ("Anna", "the boat has gone"),
        ("", "and nobody saw it"),
    ]


HARBOUR = (
    "# The Harbour\n\nThe harbour wakes before the town does. At five in the morning the first boats come back, heavy "
    "with fish and salt water. Men and women in yellow coats carry the boxes to the hall, where the buyers wait with "
    "their coffee.\n\nBy seven the sun stands over the roofs. Dr. Hill's children run along the wall on their way to "
    "school, and the bakery opens its doors.\n\n## Evening\n\nIn the evening the lights come on, one after another. "
    "The boats lie still and the water is a black mirror. Someone plays an accordion behind an open window. Tomorrow, "
    "long before the sun, the harbour will wake again, and it will all begin once more.\n"
)


def test_headings_are_cards_and_begin_scenes() -> None:
    plan = plan_film(HARBOUR, minutes=1)

    assert plan.title == "The Harbour"
    assert [scene.title for scene in plan.scenes] == ["The Harbour", "Evening"]
    assert [scene.shots[0].title for scene in plan.scenes] == ["The Harbour", "Evening"]
    assert {shot.kind for shot in plan.shots if not shot.spoken} == {Kind.CARD}
    assert plan.advice == ()


def test_shots_end_with_sentences() -> None:
    spoken = [shot.spoken for shot in plan_film(HARBOUR, minutes=1).shots if shot.spoken]

    assert all(said.endswith((".", "!", "?")) for said in spoken)
    assert not any(said.endswith("Dr.") for said in spoken)
    assert len(spoken) >= 6


def test_a_shot_shows_the_picture_that_its_words_name_and_neighbours_differ() -> None:
    pictures = [Picture("sea", ("boats",)), Picture("bread", ("bakery",)), Picture("town")]

    shots = [shot for shot in plan_film(HARBOUR, minutes=1, pictures=pictures).shots if shot.kind is Kind.PICTURE]

    assert {shot.picture for shot in shots if "bakery" in shot.spoken} == {"bread"}
    assert {shot.picture for shot in shots} == {"sea", "bread", "town"}
    unnamed = [at for at, shot in enumerate(shots) if "boats" not in shot.spoken and "bakery" not in shot.spoken]
    assert all(at == 0 or shots[at].picture != shots[at - 1].picture for at in unnamed)
    assert all(one.motion != other.motion for one, other in pairwise(shots))


def test_characters_speak_their_lines_with_their_voices_and_faces() -> None:
    script = "It rains in the harbour tonight, as it often does in March.\nANNA: Where is the boat?\nTom: It left.\n"
    cast = [Character("", "neutral"), Character("Anna", "female", face="anna.jpg"), Character("Tom", "male")]

    plan = plan_film(script, minutes=1, pictures=[Picture("rain")], characters=cast, fill=True)

    lines = [(shot.speaker, shot.voice, shot.kind, shot.spoken) for shot in plan.shots if shot.spoken]
    assert lines[1:] == [
        ("Anna", "female", Kind.PORTRAIT, "Where is the boat?"),
        ("Tom", "male", Kind.PICTURE, "It left."),
    ]
    assert plan.script == script


def test_another_seed_moves_the_camera_otherwise_and_tells_the_same() -> None:
    pictures = [Picture(ref) for ref in "abc"]
    one, other = (plan_film(HARBOUR, minutes=1, pictures=pictures, seed=seed) for seed in (1, 2))

    assert [shot.text for shot in one.shots] == [shot.text for shot in other.shots]
    assert [shot.motion for shot in one.shots] != [shot.motion for shot in other.shots]


def test_a_script_too_long_is_told_how_many_words_and_minutes() -> None:
    with pytest.raises(ScriptTooLong, match=r"words cannot be spoken in 1 minute$") as refusal:
        plan_film(HARBOUR * 4, minutes=1)

    _, minutes = _advised(refusal.value)
    assert plan_film(HARBOUR * 4, minutes=minutes).script == HARBOUR * 4
    # Leaving away as many words as it says makes it fit.
    prose = " ".join(line for line in (HARBOUR * 4).splitlines() if not line.startswith("#"))
    with pytest.raises(ScriptTooLong) as refusal:
        plan_film(prose, minutes=1)
    over, _ = _advised(refusal.value)
    fewer = " ".join(prose.split()[:-over])
    assert plan_film(fewer, minutes=1).advice == ()


def _advised(refusal: ScriptTooLong) -> tuple[int, int]:
    """The words that are too many, and the minutes that would do."""
    minutes, over = regex.findall(r"\d+", refusal.advice)
    return int(over), int(minutes)


def test_a_script_too_short_is_told_so_and_filled_if_that_is_wanted() -> None:
    with pytest.raises(ScriptTooShort, match=r"do not fill 3 minutes") as refusal:
        plan_film(HARBOUR, minutes=3)
    assert "order 1 minute" in refusal.value.advice

    plan = plan_film(HARBOUR, minutes=3, pictures=[Picture("a"), Picture("b")], fill=True)

    assert plan.advice == (refusal.value.advice,)
    quiet = [shot for shot in plan.shots if shot.kind is Kind.PICTURE and not shot.spoken]
    assert len(quiet) > 5
    assert max(shot.length_s for shot in plan.shots) < 16


@pytest.mark.parametrize("minutes", [0, -1, 121, True, 1.5])
def test_only_whole_minutes_are_films(minutes: int) -> None:
    with pytest.raises(BadMedia, match="whole minutes"):
        plan_film(HARBOUR, minutes=minutes)


@pytest.mark.parametrize(
    ("script", "language", "code"),
    [
        ("", "en", "EMPTY_SCRIPT"),
        ("# Only a title\n", "en", "EMPTY_SCRIPT"),
        ("Добрый день. " * 9, "en", "WRONG_WRITING"),
    ],
)
def test_what_cannot_be_spoken_is_refused(script: str, language: str, code: str) -> None:
    with pytest.raises(NotUsable) as refusal:
        plan_film(script, minutes=1, language=language)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "harm",
    [
        lambda document: document.pop("minutes"),
        lambda document: document["scenes"][0]["shots"][0].update(frames=1),
        lambda document: document["scenes"][0]["shots"][0].update(kind="opera"),
        lambda document: document["scenes"][0]["shots"][1].update(id="001"),
        lambda document: document.update(scenes=None),
        lambda document: document.update(unknown=1),
    ],
)
def test_what_is_no_plan_is_not_read(harm: object) -> None:
    document = json.loads(json.dumps(written(plan_film(HARBOUR, minutes=1))))
    harm(document)  # type: ignore[operator]
    with pytest.raises(BadMedia, match="not the plan of a film"):
        read(document)


def test_forty_minutes_are_planned_in_a_moment() -> None:
    script = HARBOUR * 40

    plan = plan_film(script, minutes=40, pictures=[Picture(ref) for ref in "abcdef"], fill=True)

    assert plan.script == script
    assert sum(shot.frames for shot in plan.shots) == 40 * 60 * FRAME_RATE
