"""What the judge of films says of honest films and of the same with faults made on purpose, a row for each.

    python libs/media/tools/judged.py FOLDER samples/portrait.jpg [PHOTO ...]

Films are kept in FOLDER and made again where they are missing. The first photo is shown in all its kinds
(``portraits.PORTRAITS``), further ones as they are. Prints a table, and how well the scores part the two: the area
under the curve, honest films under ``GATE``, and planted faults at or above it. Ends with 1 where that is not enough.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from libs.media.tools import planted
from libs.media.tools.planted import Fault, Scene, film
from libs.media.tools.portraits import PORTRAITS

from media.images.photos import decode
from media.judge.video import score_video
from media.speech.synthesis import synthesise
from media.types import Bgr, Speech

GATE = 7.0
LEAST_AREA, MOST_REFUSED = 0.97, 0.02
SENTENCES = (
    "My baby bought a big map of the moon. People often ask me what happens next.",
    "Good morning everybody. Please remember to back up your pictures before you move.",
    "Hello from the beach. We made a simple movie about apples and bumble bees.",
)
KINDS = (
    "plain",
    "lips closed",
    "dark skin",
    "beard",
    "glasses",
    "rolled",
    "three quarters",
    "drawing",
    "grey",
    "noisy",
)

FAULTS: dict[str, tuple[Callable[[], Fault], tuple[str, ...]]] = {
    "mouth at the nose": (lambda: planted.moved(0, -0.38), ("lips closed", "plain")),
    "mouth at the chin": (lambda: planted.moved(0, 0.38), ("plain", "lips closed")),
    "mouth beside the lips": (lambda: planted.moved(0.35, 0.1), ("plain", "lips closed")),
    "opens in the upper lip": (planted.on_the_upper_lip, ("lips closed",)),
    "opens in the lower lip": (planted.on_the_lower_lip, ("lips closed",)),
    "corners too far": (lambda: planted.wider(1.6), ("plain", "lips closed")),
    "wedges": (planted.wedged, ("plain", "lips closed", "dark skin")),
    "3 late": (lambda: planted.late(3), ("plain", "lips closed", "dark skin")),
    "5 late": (lambda: planted.late(5), ("glasses", "dark skin")),
    "8 late": (lambda: planted.late(8), ("beard", "plain")),
    "4 early": (lambda: planted.late(-4), ("plain", "three quarters")),
    "frozen": (planted.frozen, ("plain", "beard", "dark skin")),
    "backwards": (planted.backwards, ("plain", "three quarters")),
    "never shut": (planted.never_shut, ("plain", "lips closed")),
    "trembling": (lambda: planted.trembling(0.6), ("plain", "lips closed")),
    "never blinks": (planted.wide_awake, ("plain", "three quarters")),
    "violet lids": (lambda: planted.lids(0.7, 18, 10), ("plain", "lips closed")),
    "grey lids": (lambda: planted.lids(0.5, 8, -14), ("plain", "three quarters")),
    "blinking nostrils": (lambda: planted.blinking_below(0.55), ("plain", "three quarters")),
    "hollow mouth": (planted.hollow, ("lips closed",)),
    "no upper lip": (lambda: planted.without_lip(upper=True), ("lips closed", "plain")),
    "no lower lip": (lambda: planted.without_lip(upper=False), ("lips closed", "plain")),
    "teeth above": (lambda: planted.teeth_outside(-0.2), ("plain", "dark skin")),
    "teeth below": (lambda: planted.teeth_outside(0.38), ("lips closed", "dark skin")),
    "torn": (lambda: planted.torn(0.25, 0.8, 0.22), ("plain", "lips closed")),
    "flicker": (lambda: planted.flickering(5), ("plain", "dark skin")),
    "another colour": (lambda: planted.tinted(25, 0, -10), ("plain", "three quarters")),
}


class Row(NamedTuple):
    """One film: what was planted in it (empty: nothing), on which face, its score and the reasons."""

    fault: str
    face: str
    score: float
    reasons: tuple[str, ...]


def films(faces: dict[str, Bgr], speeches: list[Speech]) -> Iterator[tuple[str, str, Scene]]:
    """Fault (empty: none), face and scene of every film."""
    for at, (name, photo) in enumerate(faces.items()):
        for seed, speech in enumerate(speeches):
            yield "", name, Scene(photo, speech, 10 * at + seed)
    others = [name for name in faces if name not in PORTRAITS]
    for at, (fault, (_, kinds)) in enumerate(FAULTS.items()):
        for name in (*kinds, *others[at % max(1, len(others)) :][:1]):
            yield fault, name, Scene(faces[name], speeches[at % len(speeches)], at)


def judged(folder: Path, fault: str, face: str, scene: Scene) -> Row:
    """Make the film where it is missing, and score it."""
    number = SENTENCES.index(next(one for one in SENTENCES if scene.speech.words[0].text in one))
    path = folder / f"{fault or 'honest'}-{face}-{number}.mp4".replace(" ", "_")
    if not path.exists():
        film(scene, path, FAULTS[fault][0]() if fault else None)
    score = score_video(path, speech=scene.speech)
    return Row(fault, face, score.value, score.reasons)


def area(honest: list[float], faulty: list[float]) -> float:
    """The share of pairs in which the honest film scores higher; a half for equal ones."""
    return float(np.mean([(one > other) + 0.5 * (one == other) for one in honest for other in faulty]))


def main(folder: Path, photos: list[Path]) -> int:
    """Judge them all and print the table."""
    folder.mkdir(parents=True, exist_ok=True)
    speeches = [synthesise(words, folder / f"{at}.wav", voice="female") for at, words in enumerate(SENTENCES)]
    faces = {name: PORTRAITS[name](decode(photos[0])) for name in KINDS}
    faces |= {photo.stem: decode(photo) for photo in photos[1:]}
    with ProcessPoolExecutor(os.cpu_count()) as processes:
        rows = list(processes.map(judged, *zip(*((folder, *one) for one in films(faces, speeches)), strict=True)))
    print("| fault | face | score | what the judge says |\n|---|---|---|---|")
    for row in sorted(rows, key=lambda row: (row.fault, row.face)):
        print(f"| {row.fault or 'none'} | {row.face} | {row.score:.1f} | {'; '.join(row.reasons)} |")
    honest = [row.score for row in rows if not row.fault]
    faulty = [row.score for row in rows if row.fault]
    parted, refused = area(honest, faulty), float(np.mean(np.array(honest) < GATE))
    passed = sum(score >= GATE for score in faulty)
    print(
        f"\narea {parted:.3f}; {refused:.1%} of {len(honest)} honest refused; {passed} of {len(faulty)} planted passed"
    )
    return int(parted < LEAST_AREA or refused > MOST_REFUSED)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
