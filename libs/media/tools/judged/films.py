"""The films of a set: made where they are missing, and scored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from libs.media.tools.judged.sets import SETS, Set
from libs.media.tools.planted import Scene, film

from media.judge.video import score_video
from media.speech.synthesis import synthesise
from media.types import Score, Speech


class Wanted(NamedTuple):
    """One film: of which set, what is planted in it (empty: nothing), on which face, with which line."""

    set_name: str
    fault: str
    face: str
    line: int

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.fault or 'honest'}-{self.face}-{self.line}.mp4".replace(" ", "_")


class Row(NamedTuple):
    """A film and what the judge says of it."""

    fault: str
    face: str
    line: int
    score: Score


def wanted(set_name: str) -> Iterator[Wanted]:
    """Every film of a set, honest ones first."""
    of: Set = SETS[set_name]
    for face in of.faces:
        for line in range(len(of.lines)):
            yield Wanted(set_name, "", face, line)
    for at, (fault, planted) in enumerate(of.faults.items()):
        for number, face in enumerate(planted.faces):
            yield Wanted(set_name, fault, face, (at + number) % len(of.lines))


def spoken(set_name: str, folder: Path) -> list[Speech]:
    """The set's lines, spoken into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        synthesise(line.words, folder / f"{at}.wav", voice=line.voice, engine=line.engine)
        for at, line in enumerate(SETS[set_name].lines)
    ]


def judged(one: Wanted, speeches: list[Speech], folder: Path) -> Row:
    """Make the film in ``folder`` where it is missing, and score it."""
    of, path, speech = SETS[one.set_name], folder / one.file, speeches[one.line]
    if not path.exists():
        seed = of.seed + 10 * list(of.faces).index(one.face) + one.line
        film(Scene(of.faces[one.face](), speech, seed), path, of.faults[one.fault].make() if one.fault else None)
    return Row(one.fault, one.face, one.line, score_video(path, speech=speech))


def area(honest: list[float], faulty: list[float]) -> float:
    """The share of pairs in which the honest film scores higher; a half for equal ones."""
    return float(np.mean([(one > other) + 0.5 * (one == other) for one in honest for other in faulty]))
