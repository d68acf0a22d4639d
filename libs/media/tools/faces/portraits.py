"""The set: some seventy faces by name, each made from a seed. No person makes up a third of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
from libs.media.tools.faces import light, people, shapes, worn

from media.images.photos import decode
from media.types import Bgr

SAMPLE = Path(__file__).parents[4] / "samples" / "portrait.jpg"

_DARK, _BROWN, _FAIR, _PALE = (0.52, 0.78, 1.2), (0.56, 0.78, 1.15), (0.72, 0.86, 1.06), (0.80, 0.90, 1.03)


@cache
def sample() -> Bgr:
    """Head and shoulders of the sample portrait."""
    side = people.SIDE
    return np.asarray(cv2.resize(decode(SAMPLE)[:300, 75:375], (side, side), interpolation=cv2.INTER_CUBIC), np.uint8)


@cache
def person(number: int, skin: tuple[float, float, float] = _FAIR) -> Bgr:
    """Somebody else: :func:`people.person` with the sample's fine detail."""
    return people.person(number, sample(), skin=skin)


def _rolled(image: Bgr, degrees: float) -> Bgr:
    side = image.shape[0]
    turn = cv2.getRotationMatrix2D((side / 2, side / 2), degrees, 1)
    made = cv2.warpAffine(image, turn, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(made, np.uint8)


def _set() -> dict[str, Callable[[], Bgr]]:
    shaped, turned = shapes.shaped, shapes.turned
    made: dict[str, Callable[[], Bgr]] = {
        "sample": lambda: sample(),
        "sample closed": lambda: shapes.mouth_at(sample(), 0.0),
        "sample wide face": lambda: shaped(sample(), shapes.wide(0.22)),
        "sample narrow face": lambda: shaped(shapes.mouth_at(sample(), 0.0), shapes.wide(-0.18)),
        "sample as a child": lambda: shaped(shapes.mouth_at(sample(), 0.0), shapes.child),
        "sample aged": lambda: light.aged(sample(), 1),
        "sample dark skin": lambda: light.toned(sample(), 0.5, 1.0, 1.1),
        "sample turned right 25": lambda: shaped(shapes.mouth_at(sample(), 0.0), turned(25)),
        "sample turned left 40": lambda: shaped(sample(), turned(-40)),
        "sample shouting": lambda: shapes.mouth_at(sample(), 0.75, teeth=0.25, seed=2),
        "sample parted, teeth": lambda: shapes.mouth_at(sample(), 0.16, teeth=0.9, seed=3),
        "sample barely parted": lambda: shapes.mouth_at(sample(), 0.08, seed=4),
        "sample thick glasses": lambda: worn.glasses(sample(), 0.07, (30, 26, 24), round_ones=False),
        "sample moustache": lambda: worn.moustache(shapes.mouth_at(sample(), 0.0), (30, 40, 58), 5),
        "sample oil": lambda: people.oiled(sample(), 7),
        "sample 160 px": lambda: light.small_jpeg(sample(), 288, 40),
        "closed, side light": lambda: light.side_lit(person(7), 0.9),
        "smile, side light": lambda: light.side_lit(person(94), -0.8),
        "candle": lambda: light.candle_lit(person(62)),
        "low light": lambda: light.low_light(person(72), 6),
        "blown": lambda: light.blown(person(38)),
        "dark skin, smile": lambda: light.toned(person(85, _DARK), 0.62),
        "dark skin, closed": lambda: light.toned(person(26, _DARK), 0.62, 0.9),
        "very dark skin": lambda: light.toned(person(55, _DARK), 0.42, 0.9),
        "pale skin": lambda: light.toned(person(73, _PALE), 1.15, 0.7, 0.8),
        "red lipstick": lambda: light.lips_toned(person(91), (45, 25, 190), 0.75),
        "dark lipstick": lambda: light.lips_toned(person(46), (60, 20, 70), 0.8),
        "pale lips": lambda: light.lips_toned(person(8), (150, 165, 205), 0.7),
        "full lips": lambda: shaped(person(31), shapes.with_lips(0.35)),
        "thin lips": lambda: shaped(person(60), shapes.with_lips(-0.3, 0.08)),
        "thin glasses": lambda: worn.glasses(person(93), 0.02, (60, 60, 66)),
        "dark rims": lambda: worn.glasses(person(63), 0.055, (18, 16, 16)),
        "thick round glasses": lambda: worn.glasses(person(49), 0.09, (24, 40, 70), shine=0.12),
        "glasses of its own": lambda: person(58),
        "dark glasses rim, old": lambda: person(39),
        "strands": lambda: worn.strands(person(18), 14, 7),
        "many strands": lambda: worn.strands(person(36), 40, 8),
        "fair strands": lambda: worn.strands(person(82), 25, 9, (90, 150, 190)),
        "moustache": lambda: worn.moustache(person(54), (24, 28, 36), 10, over=0.5),
        "grey moustache": lambda: worn.moustache(person(27), (130, 135, 140), 11),
        "beard": lambda: worn.beard(person(66), (25, 32, 45), 12),
        "dense beard": lambda: worn.beard(worn.moustache(person(15), (28, 34, 46), 13), (28, 34, 46), 13, dense=0.16),
        "red beard": lambda: worn.beard(person(42), (40, 75, 150), 14),
        "moustache of his own": lambda: person(25),
        "beard of his own": lambda: person(80),
        "white beard of his own": lambda: person(47),
        "turned right 15": lambda: shaped(person(52), turned(15)),
        "turned left 15": lambda: shaped(person(3), turned(-15)),
        "turned right 35": lambda: shaped(person(50), turned(35)),
        "turned left 30": lambda: shaped(person(61), turned(-30)),
        "chin up": lambda: shaped(person(33), turned(0, -18)),
        "chin down": lambda: shaped(person(92), turned(0, 18)),
        "leant left": lambda: _rolled(person(1), 18),
        "leant right": lambda: _rolled(person(65), -24),
        "teeth, laughing": lambda: person(96),
        "shouting man": lambda: person(51),
        "open, no teeth": lambda: shapes.mouth_at(person(41), 0.4, seed=15),
        "open, both rows": lambda: shapes.mouth_at(person(35), 0.5, teeth=0.3, lower_teeth=True, seed=16),
        "parted": lambda: shapes.mouth_at(person(67), 0.12, teeth=0.5, seed=17),
        "barely parted": lambda: shapes.mouth_at(person(86), 0.06, seed=18),
        "child, laughing": lambda: shaped(shapes.mouth_at(person(79), 0.25, teeth=0.7, seed=19), shapes.child),
        "child, closed": lambda: shaped(person(57), shapes.child),
        "long face": lambda: shaped(person(6), shapes.long),
        "aged man": lambda: light.aged(person(76), 20),
        "noise": lambda: light.noisy(person(98), 16, 21),
        "blur": lambda: light.blurred(person(70), 3.2),
        "small JPEG": lambda: light.small_jpeg(person(89), 300, 30),
        "grey": lambda: light.grey(person(43)),
        "oil": lambda: people.oiled(person(84), 9),
        "pencil": lambda: people.sketched(person(10)),
        "marble": lambda: people.statue(shapes.mouth_at(sample(), 0.0), (0.95, 1.0, 1.02), 22),
        "bronze": lambda: people.statue(person(2), (0.42, 0.66, 0.82), 23),
    }
    made |= {f"cartoon {seed}": partial(people.drawn, seed) for seed in (1, 4, 7)}
    made |= {f"painted {seed}": partial(people.drawn, seed, ink=False) for seed in (2, 5)}
    return made


FACES: Mapping[str, Callable[[], Bgr]] = _set()
"""What makes each face: a BGR picture, the same bytes whenever it is asked."""
