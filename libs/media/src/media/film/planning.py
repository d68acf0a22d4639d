"""From a script to the plan of its film, and back to a plan that fits what the voices really took.

Pure and deterministic: the same script, pictures, characters and seed give the same plan. Nothing is made here and
nothing costs, so a script that does not fit its minutes is told so in time.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import regex

from media.errors import BadMedia, NotUsable
from media.film.lengths import Span, lay
from media.film.plan import (
    FRAME_RATE,
    Character,
    FilmPlan,
    Fit,
    Kind,
    Motion,
    Picture,
    Scene,
    ScriptTooLong,
    ScriptTooShort,
    Shot,
)
from media.film.segments import Segment, segments
from media.speech.estimate import estimate_duration
from media.speech.spoken.writing import wrong_writing

LONGEST_MINUTES = 120
"""Of a film; everything that takes minutes takes so many."""
SLOWEST, FASTEST = 0.93, 1.12
"""The speeds that a voice is asked for to fill, or to fit, the minutes."""
SQUEEZED_MOST = 1.25
"""By so much at most a narration is sped up that took longer than was estimated."""

AROUND_S = 0.1
"""What a shot has beside its narration at least, which begins and ends with some quiet of its own."""
_LONGEST_SHOT_S = 9.0
_SHOT_S = 5.0
_SHORT_SHOT_S = 2.6
_CARD = Span(1.2, 2.6, 4.5)
_END_CARD = Span(1.2, 2.2, 5.0)
_PAUSE_S, _LONG_PAUSE_S = 0.45, 2.4
_HELD = 0.4  # a picture may stay so much longer than its words, of their length
_INTERLUDE = Span(2.0, 5.0, 7.0)
_PORTRAIT_EVERY = 4
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*+")
_HAN_LETTER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
_WORDS_NEED = 3  # letters that a word of a picture has at least

_MOVES = (Motion.PUSH_IN, Motion.PAN_RIGHT, Motion.PULL_OUT, Motion.PAN_LEFT, Motion.TILT_UP, Motion.TILT_DOWN)

_NEARER: tuple[tuple[float, tuple[float, float] | None], ...] = (
    (1.0, None),
    (1.45, (0.36, 0.42)),
    (1.2, (0.64, 0.56)),
    (1.7, (0.6, 0.4)),
)
"""How near the camera is, and where it looks, as a picture is shown again and again."""


def plan_film(
    script: str,
    *,
    minutes: int,
    pictures: Sequence[Picture] = (),
    language: str = "en",
    seed: int = 0,
    characters: Sequence[Character] = (),
    title: str = "",
    fill: bool = False,
) -> FilmPlan:
    """The plan of a film of exactly ``minutes`` that tells ``script`` verbatim.

    Headings (lines that begin with ``#``) become title cards and begin scenes; so do paragraphs where there are no
    headings. Shots end with sentences where they can. Each shows one of ``pictures``: the one whose words it has, else
    the next in turn; without pictures the words are shown. ``characters`` bring voices and faces: a line that begins
    with a character's name and a colon is theirs, all else is the narrator's. ``title`` is written on a card before the
    film. What time is left is given to pauses and cards.

    Raises ``ScriptTooLong``, and ``ScriptTooShort`` unless ``fill``: then the time is filled with pictures and music,
    and ``advice`` says how much. ``BadMedia`` for minutes that are none and an unknown language, ``NotUsable`` where
    there is nothing to say (``EMPTY_SCRIPT``) or the language's voice does not read the writing (``WRONG_WRITING``).
    """
    drafted = _drafted(script, minutes, language, characters, title)
    fit = drafted.fit
    if fit.verdict == "too_long":
        raise ScriptTooLong(_too_long(fit, minutes), advice=fit.advice)
    if fit.verdict == "too_short" and not fill:
        raise ScriptTooShort(_too_short(fit, minutes), advice=fit.advice)
    drafts = _with_interludes(drafted, minutes, language)
    frames = minutes * 60 * FRAME_RATE
    lengths = lay([_span(draft, language, drafted.tempo) for draft in drafts], frames)
    if lengths is None:
        raise ScriptTooLong(_too_long(fit, minutes), advice=_cut_advice(fit, minutes))
    shots = _dressed(
        drafts,
        lengths,
        drafted.tempo,
        pictures,
        characters,
        random.Random(f"{seed}:{script}".encode("utf-8", "surrogatepass")),
    )
    scenes = tuple(
        Scene(drafts[numbers[0]].scene, tuple(shots[number] for number in numbers))
        for numbers in (list(group) for _, group in groupby(range(len(drafts)), lambda at: drafts[at].scene_number))
    )
    advice = (fit.advice,) if fit.advice else ()
    return FilmPlan(minutes, language, seed, drafted.title, scenes, advice)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A shot before it has a length and a picture."""

    kind: Kind
    text: str
    spoken: str
    scene: str
    scene_number: int
    speaker: str = ""
    title: str = ""
    ends_film: bool = False


@dataclass(frozen=True, slots=True)
class _Drafted:
    drafts: list[_Draft]
    title: str
    tempo: float
    fit: Fit


def _drafted(script: str, minutes: int, language: str, characters: Sequence[Character], title: str) -> _Drafted:
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= LONGEST_MINUTES:
        raise BadMedia(
            f"a film lasts whole minutes, 1 to {LONGEST_MINUTES}, not {minutes!r}",
            code="BAD_DURATION",
            advice="Order whole minutes.",
        )
    if not script.strip() or estimate_duration(script, language=language) == 0:
        raise NotUsable("the script has nothing to say", code="EMPTY_SCRIPT", advice="Write some words to say.")
    if (wrong := wrong_writing(script, language)) is not None:
        raise NotUsable(wrong.problem, code="WRONG_WRITING", advice=wrong.advice)
    found = segments(
        script,
        speakers=[one.name for one in characters],
        seconds=lambda text: estimate_duration(text, language=language),
        longest=_LONGEST_SHOT_S,
    )
    drafts = _grouped(found, language)
    if not any(draft.spoken for draft in drafts):
        raise NotUsable("nobody says a word in the script", code="EMPTY_SCRIPT", advice="Write more than headings.")
    named = title.strip() or next((draft.title for draft in drafts if draft.kind is Kind.CARD), "")
    if title.strip() and not (drafts[0].kind is Kind.CARD and drafts[0].title == named):
        drafts.insert(0, _Draft(Kind.CARD, "", "", drafts[0].scene, drafts[0].scene_number, title=named))
    if named:
        drafts.append(_Draft(Kind.CARD, "", "", drafts[-1].scene, drafts[-1].scene_number, title=named, ends_film=True))
    return _measured(drafts, named, minutes, language)


def _measured(drafts: list[_Draft], title: str, minutes: int, language: str) -> _Drafted:
    """The drafts with the tempo that suits the minutes, without the card at the end where there is no time for it."""
    seconds = minutes * 60.0

    def total(which: str, tempo: float, of: Sequence[_Draft]) -> float:
        return sum(float(getattr(_span(draft, language, tempo), which)) for draft in of)

    if drafts[-1].ends_film and total("least", FASTEST, drafts) > seconds:
        drafts = drafts[:-1]
    tempo = 1.0
    if total("liked", 1.0, drafts) > seconds:
        tempo = next((t for t in (1.03, 1.06, 1.09) if total("liked", t, drafts) <= seconds), FASTEST)
    elif total("most", 1.0, drafts) < seconds:
        tempo = SLOWEST
    spoken = [estimate_duration(draft.spoken, language=language) for draft in drafts if draft.spoken]
    words = _words(" ".join(draft.spoken for draft in drafts))
    best = max(1, math.ceil(total("liked", 1.0, drafts) / 60 - 0.12))
    # Rounding each shot up to whole frames may take up to a frame a shot.
    least = total("least", FASTEST, drafts) + len(drafts) / FRAME_RATE
    most = total("most", SLOWEST, drafts)
    verdict, over = "fits", 0
    if least > seconds:
        verdict, over = "too_long", max(1, math.ceil(words * (1 - seconds / least)))
        best = max(best, minutes + 1)
    elif most < seconds:
        verdict, over = "too_short", -max(1, math.ceil(words * (seconds / most - 1)))
        best = min(best, minutes)
    fit = Fit(verdict, words, round(sum(spoken), 1), best, over)
    advice = {"fits": "", "too_long": _cut_advice(fit, minutes), "too_short": _fill_advice(fit, minutes)}[verdict]
    return _Drafted(drafts, title, tempo, replace(fit, advice=advice))


def _grouped(found: Sequence[Segment], language: str) -> list[_Draft]:
    """Segments put together to shots of about five seconds, each within a scene and a speaker."""
    headed = any(segment.title for segment in found)
    drafts: list[_Draft] = []
    scene, number = "", 0
    held: list[Segment] = []

    def speaker(parts: Sequence[Segment]) -> str:
        return next((part.speaker for part in parts if part.speakable), "")

    def spoken(parts: Sequence[Segment]) -> str:
        # Signs that somebody else is given between the words stand in the shot and are nothing to say.
        who = speaker(parts)
        return " ".join(part.spoken for part in parts if part.spoken and part.speaker == who)

    def shoot() -> None:
        if held:
            text = "".join(part.text for part in held)
            drafts.append(_Draft(Kind.PICTURE, text, spoken(held), scene, number, speaker(held)))
            held.clear()

    for segment in found:
        if segment.title:
            shoot()
            scene, number = segment.title, number + 1
            drafts.append(_Draft(Kind.CARD, segment.text, "", scene, number, title=segment.title))
            continue
        now = estimate_duration(spoken(held), language=language)
        more = estimate_duration(spoken([*held, segment]), language=language)
        too_long = more > _LONGEST_SHOT_S or (now >= _SHORT_SHOT_S and more > 1.3 * _SHOT_S)
        speaks = any(part.speakable for part in held)
        leaves = speaks and segment.opens and (now >= _SHORT_SHOT_S or not headed)
        if segment.speakable and speaks and (too_long or leaves or segment.speaker != speaker(held)):
            shoot()
            number += leaves and not headed
        held.append(segment)
    shoot()
    return _speaking(drafts)


def _speaking(drafts: Sequence[_Draft]) -> list[_Draft]:
    """What holds nothing to say goes with the shot before it, else with the one after."""
    made: list[_Draft] = []
    before = ""
    for draft in drafts:
        silent = draft.kind is Kind.PICTURE and not regex.search(r"[\p{L}\p{N}]", draft.spoken)
        if silent and made:
            made[-1] = replace(made[-1], text=made[-1].text + draft.text)
        elif silent:
            before += draft.text
        else:
            made.append(replace(draft, text=before + draft.text))
            before = ""
    return made


def _span(draft: _Draft, language: str, tempo: float) -> Span:
    if not draft.spoken:
        return _END_CARD if draft.ends_film else span_of(draft)
    said = estimate_duration(draft.spoken, language=language, speed=tempo)
    return around(said)


def span_of(shot: Shot | _Draft) -> Span:
    """How long a shot may be in which nobody speaks."""
    return _CARD if shot.kind is Kind.CARD else _INTERLUDE


def around(said: float) -> Span:
    """How long a shot may be whose narration takes that long."""
    return Span(said + AROUND_S, said + _PAUSE_S, said + _LONG_PAUSE_S + _HELD * said)


def _with_interludes(drafted: _Drafted, minutes: int, language: str) -> list[_Draft]:
    """The drafts, with pictures that nobody speaks over where there is more time than words: spread out evenly."""
    drafts = drafted.drafts
    missing = minutes * 60.0 - sum(_span(draft, language, drafted.tempo).most for draft in drafts)
    if drafted.fit.verdict != "too_short" or missing <= 0:
        return drafts
    count = math.ceil(missing / _INTERLUDE.most)
    after = [(number + 1) * len(drafts) // (count + 1) for number in range(count)]
    made: list[_Draft] = []
    for number, draft in enumerate(drafts):
        last = made[-1] if made else draft
        quiet = _Draft(Kind.PICTURE, "", "", last.scene, last.scene_number)
        made += [quiet] * after.count(number)
        made.append(draft)
    return made


def _dressed(
    drafts: Sequence[_Draft],
    lengths: Sequence[int],
    tempo: float,
    pictures: Sequence[Picture],
    characters: Sequence[Character],
    rng: random.Random,
) -> list[Shot]:
    """Shots with pictures, motions, voices and faces."""
    cast = {one.name: one for one in characters}
    narrator = cast.get("", Character())
    faces = _portraits(drafts, cast, narrator)
    known = {one.face for one in characters}
    views = [picture for picture in pictures if picture.ref not in known] or list(pictures)
    shown = _shown(drafts, faces, views, rng)
    moved = Motion.STILL
    seen: Counter[str | None] = Counter()
    made: list[Shot] = []
    for number, (draft, frames, face, picture) in enumerate(zip(drafts, lengths, faces, shown, strict=True), 1):
        kind, motion, (zoom, toward) = Kind.PORTRAIT if face else draft.kind, Motion.STILL, _NEARER[0]
        if kind is Kind.PICTURE:
            motion = moved = rng.choice([move for move in _MOVES if move is not moved])
            zoom, toward = _NEARER[seen[picture] % len(_NEARER)]
            seen[picture] += 1
        made.append(
            Shot(
                id=f"{number:03d}",
                kind=kind,
                text=draft.text,
                spoken=draft.spoken,
                frames=frames,
                picture=face or picture,
                motion=motion,
                zoom=zoom,
                toward=toward,
                speaker=draft.speaker,
                voice=cast.get(draft.speaker, narrator).voice,
                title=draft.title,
                tempo=tempo if draft.spoken else 1.0,
            )
        )
    return made


def _portraits(drafts: Sequence[_Draft], cast: Mapping[str, Character], narrator: Character) -> list[str | None]:
    """Whose face speaks in each shot: characters always, a narrator with a face now and then."""
    made: list[str | None] = []
    told = 0
    for draft in drafts:
        who = cast.get(draft.speaker, narrator)
        named = bool(draft.speaker)
        speaks = bool(draft.spoken) and (named or told % _PORTRAIT_EVERY == 0)
        told += bool(draft.spoken) and not named
        made.append(who.face if speaks else None)
    return made


def _shown(
    drafts: Sequence[_Draft], faces: Sequence[str | None], pictures: Sequence[Picture], rng: random.Random
) -> list[str | None]:
    """The picture of each shot: the one its words name, else the next in turn that its neighbours do not show. Cards
    stand on that of the shot behind them."""
    if not pictures:
        return [None] * len(drafts)
    seen = [at for at, draft in enumerate(drafts) if draft.kind is not Kind.CARD and not faces[at]]
    named = {at: _named(drafts[at].spoken, pictures) for at in seen}
    order = [picture.ref for picture in pictures]
    turn = rng.randrange(len(order)) if len(order) > 2 else 0
    made: dict[int, str] = {}
    before: str | None = None
    for at, following in zip(seen, [*seen[1:], None], strict=True):
        found = named[at]
        if found is None:
            choice = [order[(turn + step) % len(order)] for step in range(len(order))]
            beside = {before, None if following is None else named[following]}
            found = next(
                (ref for ref in choice if ref not in beside), next((ref for ref in choice if ref != before), order[0])
            )
            turn = order.index(found) + 1
        made[at] = before = found
    behind = {at: next((made[later] for later in seen if later > at), before or order[0]) for at in range(len(drafts))}
    return [made.get(at, behind[at]) for at in range(len(drafts))]


def _named(spoken: str, pictures: Sequence[Picture]) -> str | None:
    """The picture most of whose words are spoken of; the first of them."""
    words = {word.casefold() for word in _WORD.findall(spoken)}
    counts = [
        sum(word.casefold() in words for word in picture.words if len(word) >= _WORDS_NEED) for picture in pictures
    ]
    most = max(counts, default=0)
    return pictures[counts.index(most)].ref if most else None


def _words(text: str) -> int:
    """How many words: as Chinese and Japanese are written, their letters are counted."""
    han = _HAN_LETTER.findall(text)
    return len(han) + len(_WORD.findall(_HAN_LETTER.sub(" ", text)))


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _too_long(fit: Fit, minutes: int) -> str:
    return f"{_plural(fit.words, 'word')} cannot be spoken in {_plural(minutes, 'minute')}"


def _too_short(fit: Fit, minutes: int) -> str:
    return f"{_plural(fit.words, 'word')} do not fill {_plural(minutes, 'minute')}"


def _cut_advice(fit: Fit, minutes: int) -> str:
    return (
        f"Order {_plural(max(fit.minutes_fitting, minutes + 1), 'minute')}, or shorten the script by about "
        f"{_plural(max(1, fit.words_over), 'word')}."
    )


def _fill_advice(fit: Fit, minutes: int) -> str:
    fewer = f"order {_plural(fit.minutes_fitting, 'minute')}, " if fit.minutes_fitting < minutes else ""
    add = f"add about {_plural(-fit.words_over, 'word')}"
    said = f"It is spoken in about {fit.spoken_s:.0f} of {minutes * 60} seconds"
    return f"{said}: {fewer}{add}, or have the rest filled with pictures and music."
