"""Two sets of films with nothing in common: thresholds are chosen on one, and the other one says what they are worth.

Held out are other people, other kinds of pictures, other sentences and voices, other strengths of faults, and faults of
kinds that the first set lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from libs.media.tools import planted
from libs.media.tools.faces import light, people, shapes, worn
from libs.media.tools.faces.portraits import FACES, SAMPLE, person, sample
from libs.media.tools.planted import Fault
from libs.media.tools.portraits import PORTRAITS

from media.images.photos import decode
from media.types import Bgr, Voice

Faces = Mapping[str, Callable[[], Bgr]]


class Line(NamedTuple):
    """A sentence and who says it."""

    words: str
    voice: Voice
    engine: Literal["hibari", "espeak-ng"] | None = None


class Planted(NamedTuple):
    """A fault, and the faces that have it."""

    make: Callable[[], Fault]
    faces: tuple[str, ...]


@dataclass(frozen=True)
class Set:
    """Films to be judged: every face says every line, and some have a fault. ``seed`` is that of blinks and drift."""

    faces: Faces
    lines: tuple[Line, ...]
    faults: Mapping[str, Planted]
    seed: int


SENTENCES = (
    "My baby bought a big map of the moon. People often ask me what happens next.",
    "Good morning everybody. Please remember to back up your pictures before you move.",
    "Hello from the beach. We made a simple movie about apples and bumble bees.",
)


def _of_sample(kind: str) -> Callable[[], Bgr]:
    return cache(lambda: PORTRAITS[kind](decode(SAMPLE)))


_SAMPLE_KINDS = (
    "plain",
    "lips closed",
    "dark skin",
    "beard",
    "glasses",
    "rolled",
    "three quarters",
    "drawing",
    "noisy",
)
_TUNED_FACES = (
    *("sample closed", "moustache of his own", "moustache", "dark skin, closed", "closed, side light", "thin lips"),
    *("chin up", "red lipstick", "dark lipstick", "aged man", "turned right 35", "open, no teeth", "full lips", "grey"),
)

TUNING = Set(
    faces={kind: _of_sample(kind) for kind in _SAMPLE_KINDS} | {name: FACES[name] for name in _TUNED_FACES},
    lines=(Line(SENTENCES[0], "female"), Line(SENTENCES[1], "female")),
    faults={
        "mouth at the nose": Planted(lambda: planted.moved(0, -0.38), ("lips closed", "plain", "full lips")),
        "mouth at the chin": Planted(lambda: planted.moved(0, 0.38), ("plain", "lips closed", "aged man")),
        "mouth beside the lips": Planted(lambda: planted.moved(0.35, 0.1), ("plain", "lips closed", "moustache")),
        "opens in the upper lip": Planted(planted.on_the_upper_lip, ("lips closed", "red lipstick", "sample closed")),
        "opens in the lower lip": Planted(planted.on_the_lower_lip, ("lips closed", "dark lipstick")),
        "corners too far": Planted(lambda: planted.wider(1.6), ("plain", "lips closed", "dark skin, closed")),
        "wedges": Planted(planted.wedged, ("plain", "lips closed", "dark skin", "thin lips")),
        "3 late": Planted(lambda: planted.late(3), ("plain", "lips closed", "dark skin", "aged man")),
        "5 late": Planted(lambda: planted.late(5), ("glasses", "dark skin")),
        "8 late": Planted(lambda: planted.late(8), ("beard", "plain")),
        "4 early": Planted(lambda: planted.late(-4), ("plain", "three quarters")),
        "frozen": Planted(planted.frozen, ("plain", "beard", "dark skin", "moustache of his own")),
        "backwards": Planted(planted.backwards, ("plain", "three quarters")),
        "never shut": Planted(planted.never_shut, ("plain", "lips closed", "thin lips")),
        "trembling": Planted(lambda: planted.trembling(0.6), ("plain", "lips closed")),
        "never blinks": Planted(planted.wide_awake, ("plain", "three quarters", "moustache")),
        "violet lids": Planted(lambda: planted.lids(0.7, 18, 10), ("plain", "lips closed", "full lips")),
        "grey lids": Planted(lambda: planted.lids(0.5, 8, -14), ("plain", "three quarters", "thin lips")),
        "blinking nostrils": Planted(lambda: planted.blinking_below(0.55), ("plain", "three quarters")),
        "hollow mouth": Planted(planted.hollow, ("lips closed", "red lipstick")),
        "no upper lip": Planted(lambda: planted.without_lip(upper=True), ("lips closed", "plain", "red lipstick")),
        "no lower lip": Planted(lambda: planted.without_lip(upper=False), ("lips closed", "plain", "dark lipstick")),
        "teeth above": Planted(lambda: planted.teeth_outside(-0.2), ("plain", "dark skin", "moustache")),
        "teeth below": Planted(lambda: planted.teeth_outside(0.38), ("lips closed", "dark skin")),
        "torn": Planted(lambda: planted.torn(0.25, 0.8, 0.22), ("plain", "lips closed", "aged man")),
        "flicker": Planted(lambda: planted.flickering(5), ("plain", "dark skin")),
        "another colour": Planted(lambda: planted.tinted(25, 0, -10), ("plain", "three quarters")),
        "another face": Planted(lambda: planted.another(FACES["full lips"](), 40), ("plain", "aged man")),
        "half shut": Planted(planted.half_shut, ("plain", "lips closed", "full lips")),
        "smeared": Planted(lambda: planted.smeared(0.25), ("plain", "lips closed", "full lips")),
    },
    seed=0,
)

_TAN, _LIGHT = (0.56, 0.78, 1.15), (0.72, 0.86, 1.06)

HELD_OUT = Set(
    faces={
        "older man": lambda: person(20),
        "broad smile": lambda: person(5, _TAN),
        "grey beard": lambda: person(11),
        "large moustache": lambda: person(23, _TAN),
        "painted moustache": lambda: worn.moustache(person(77), (20, 24, 40), 31, over=0.6),
        "young man": lambda: person(40, _LIGHT),
        "dark skin, parted": lambda: light.toned(person(64, (0.52, 0.78, 1.2)), 0.6),
        "stern man": lambda: person(83, _TAN),
        "glasses and smile": lambda: person(69),
        "painted glasses": lambda: worn.glasses(person(56), 0.04, (40, 30, 20), round_ones=False),
        "hair before an eye": lambda: worn.strands(person(74), 9, 33),
        "woman, soft light": lambda: person(99, _LIGHT),
        "laughing": lambda: person(78),
        "turned left 20": lambda: shapes.shaped(person(37), shapes.turned(-20, 6)),
        "child, smiling": lambda: shapes.shaped(person(81), shapes.child),
        "old woman": lambda: light.aged(person(45), 34),
        "lit from the right": lambda: light.side_lit(person(95), -0.7),
        "pink lipstick": lambda: light.lips_toned(person(21), (150, 90, 215), 0.7),
        "small and noisy": lambda: light.small_jpeg(light.noisy(person(90), 9, 35), 330, 45),
        "sketch": lambda: people.sketched(person(44)),
        "drawing 3": lambda: people.drawn(3),
        "painting 8": lambda: people.drawn(8, ink=False),
        "oil, long face": lambda: shapes.shaped(people.oiled(sample(), 5), shapes.long),
    },
    lines=(
        Line("Welcome back, my friends. Tomorrow we bake a pie with plums and fresh butter.", "male"),
        Line("Every summer the boats come home. Mum and I wave from the bridge above the bay.", "neutral"),
        Line("This lamp is simple to put together. Push both arms down, and it will jump up.", "female", "espeak-ng"),
    ),
    faults={
        "mouth at the nose": Planted(lambda: planted.moved(0.05, -0.32), ("older man", "laughing", "grey beard")),
        "mouth at the chin": Planted(lambda: planted.moved(-0.05, 0.32), ("young man", "drawing 3", "broad smile")),
        "mouth beside the lips": Planted(lambda: planted.moved(-0.3, 0.05), ("stern man", "old woman")),
        "opens in the upper lip": Planted(planted.on_the_upper_lip, ("drawing 3", "older man", "lit from the right")),
        "opens in the lower lip": Planted(planted.on_the_lower_lip, ("stern man", "pink lipstick", "painting 8")),
        "corners too far": Planted(lambda: planted.wider(1.45), ("older man", "lit from the right", "young man")),
        "wedges": Planted(planted.wedged, ("dark skin, parted", "old woman", "child, smiling")),
        "3 late": Planted(lambda: planted.late(3), ("broad smile", "painted glasses", "small and noisy")),
        "6 late": Planted(lambda: planted.late(6), ("large moustache", "drawing 3")),
        "5 early": Planted(lambda: planted.late(-5), ("laughing", "turned left 20")),
        "frozen": Planted(planted.frozen, ("old woman", "painted moustache", "sketch")),
        "backwards": Planted(planted.backwards, ("young man", "dark skin, parted")),
        "never shut": Planted(lambda: planted.never_shut(0.35), ("stern man", "woman, soft light")),
        "trembling": Planted(lambda: planted.trembling(0.7, 4), ("glasses and smile", "older man")),
        "never blinks": Planted(planted.wide_awake, ("turned left 20", "painting 8")),
        "blue lids": Planted(lambda: planted.lids(0.8, 22, -4), ("young man", "pink lipstick")),
        "brown lids": Planted(lambda: planted.lids(0.45, -6, 12), ("broad smile", "lit from the right")),
        "blinking cheeks": Planted(lambda: planted.blinking_below(0.45), ("older man", "laughing")),
        "hollow mouth": Planted(planted.hollow, ("pink lipstick", "woman, soft light")),
        "no upper lip": Planted(lambda: planted.without_lip(upper=True), ("pink lipstick", "painting 8", "old woman")),
        "no lower lip": Planted(lambda: planted.without_lip(upper=False), ("pink lipstick", "young man")),
        "teeth above": Planted(lambda: planted.teeth_outside(-0.22), ("stern man", "large moustache")),
        "teeth below": Planted(lambda: planted.teeth_outside(0.36), ("dark skin, parted", "child, smiling")),
        "torn cheek": Planted(lambda: planted.torn(-0.3, 0.75, 0.25), ("older man", "glasses and smile")),
        "torn chin": Planted(lambda: planted.torn(0.05, 1.35, 0.3), ("young man", "painting 8")),
        "flicker": Planted(lambda: planted.flickering(6, 3), ("painted glasses", "old woman")),
        "another colour": Planted(lambda: planted.tinted(-20, 10, 15), ("turned left 20", "broad smile")),
        "another face": Planted(lambda: planted.another(sample(), 30), ("lit from the right", "stern man")),
        "another face, slowly": Planted(lambda: planted.another(person(5), 20, 40), ("older man",)),
        "background sways": Planted(lambda: planted.wobbling(6), ("laughing", "turned left 20")),
        "half shut": Planted(lambda: planted.half_shut(0.5), ("young man", "broad smile")),
        "smeared": Planted(lambda: planted.smeared(0.3), ("stern man", "laughing")),
    },
    seed=100,
)

SETS: Mapping[str, Set] = {"held-out": HELD_OUT, "tuning": TUNING}
