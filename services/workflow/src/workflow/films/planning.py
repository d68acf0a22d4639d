"""From what a project says to the plan of its film. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any
from uuid import UUID

import regex

from contracts.enums import Captions, Language, Voice
from media.errors import MediaError
from media.film.plan import Character, FilmPlan, Picture
from media.film.planning import plan_film
from media.speech.spoken.cleaning import without_html
from media.speech.spoken.words import likely_language
from media.speech.spoken.writing import wrong_writing
from workflow.films.errors import NotFilmed
from workflow.films.models import Mark, SavedPlan
from workflow.products.film.input import Aspect, Fineness, Imagery, document_of

_WORD = regex.compile(r"[\p{L}\p{N}]{3,}")
_GUESSED = (Language.EN, Language.JA, Language.ZH, Language.KO, Language.HI)


def language_of(script: str) -> Language:
    """What a script is written in, where nobody has said so."""
    for language in _GUESSED:
        if wrong_writing(script, language.value) is None:
            likely = likely_language(script, language.value)
            return Language(likely) if likely is not None else language
    return Language.EN


def words_of(name: str, metadata: Mapping[str, Any]) -> tuple[str, ...]:
    """Words by which a picture is chosen for a shot: of its file's name, and of what its owner says of it."""
    said = " ".join(str(value) for key, value in metadata.items() if key in ("name", "description", "tags"))
    return tuple(dict.fromkeys(word.lower() for word in _WORD.findall(f"{PurePath(name).stem} {said}")))


def made(
    said: Mapping[str, Any],
    pictures: Mapping[UUID, str],
    *,
    language: Language | None,
    seed: int,
    characters: Sequence[Character] = (),
    former: SavedPlan | None = None,
    definition: Fineness | None = None,
    aspect: Aspect | None = None,
    captions: Captions | None = None,
    imagery: Imagery | None = None,
    style: str | None = None,
) -> SavedPlan:
    """The plan of the film of what a project ``said``, with ``pictures`` by their file and name; it looks as the
    ``former`` one does where nothing else is wished, and shots that say the same keep their locks.

    Raises ``NotFilmed`` with advice.
    """
    script = without_html(said["script"]).text
    spoken = language or (Language(former.plan.language) if former is not None else language_of(script))
    cast = characters or (Character("", Voice(said["voice"] or Voice.NEUTRAL).value),)
    with advised():
        film = plan_film(
            script,
            minutes=said["duration"],
            pictures=[Picture(str(id), words_of(name, {})) for id, name in pictures.items()],
            language=spoken.value,
            seed=seed,
            characters=cast,
            title=said["title"],
            fill=True,
        )
    before = former or SavedPlan(film="")
    return SavedPlan(
        film=document_of(film),
        marks=_marks(before, film) if former is not None else {},
        music=said["music"] or None,
        music_take=before.music_take,
        definition=definition or before.definition,
        aspect=aspect or before.aspect,
        captions=captions or before.captions,
        imagery=imagery or before.imagery,
        style=before.style if style is None else style,
    )


def _marks(former: SavedPlan, film: FilmPlan) -> dict[str, Mark]:
    """Decisions on shots that say and show the same as before."""
    known = {(shot.text, shot.picture): former.mark(shot.id) for shot in former.plan.shots}
    return {shot.id: known[shot.text, shot.picture] for shot in film.shots if (shot.text, shot.picture) in known}


@contextmanager
def advised() -> Iterator[None]:
    """What the library refuses, in the words for a person."""
    try:
        yield
    except MediaError as error:
        advice = error.advice or "Change the script."
        raise NotFilmed(f"{_sentence(error.message)} {advice}", fields={"script": error.code.lower()}) from error


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + ("" if words.endswith(".") else ".")
