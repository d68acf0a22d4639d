"""A lip is there as long as what lay along its edge comes along with it, whatever that is."""

from __future__ import annotations

import numpy as np
import pytest

from media.judge.face.follow import BOTTOM, DENSITY, LEFT, RIGHT, TOP, Look, Patch, Points
from media.judge.face.lips import UPPER, LipLook

EDGE, THICK = 0.9, 0.1
SKIN, LIP, HAIR, HOLLOW = 150.0, 110.0, 50.0, 20.0


def face(edge: float, lip: float | None = LIP, hair: float | None = None, noise: float = 2.0) -> Look:
    """A face whose upper lip ends at ``edge``, above it skin or hair, below it the hollow of the mouth."""
    shape = round((BOTTOM - TOP) * DENSITY), round((RIGHT - LEFT) * DENSITY)
    rows = TOP + (np.arange(shape[0], dtype=np.float32) + 0.5) / DENSITY
    luma = np.full(shape, SKIN, np.float32)
    if hair is not None:
        luma[(rows > edge - 0.2) & (rows < edge - 0.03)] = hair
    elif lip is not None:
        luma[(rows > edge - THICK) & (rows <= edge)] = lip
    luma[rows > edge] = HOLLOW
    luma += np.random.default_rng(round(1000 * edge)).normal(0, noise, shape).astype(np.float32)
    chroma: Patch = np.full((shape[0] // 2, shape[1] // 2, 2), 128, np.float32)
    points: Points = np.zeros((468, 2))
    for at, (outer, inner) in enumerate(UPPER):
        across = -0.3 + 0.15 * at
        points[outer], points[inner] = (across, edge - THICK), (across, edge)
    return Look(points, luma, chroma)


@pytest.mark.parametrize("hair", [None, HAIR])
@pytest.mark.parametrize("moved", [0.0, -0.05, 0.08])
def test_a_lip_or_the_hair_on_it_is_there_wherever_it_went(moved: float, hair: float | None) -> None:
    lip = LipLook(face(EDGE, hair=hair), UPPER, -1)
    assert lip.kept(face(EDGE + moved, hair=hair)) > 0.9


def test_the_mesh_may_miss_the_edge_by_a_little() -> None:
    lip, seen = LipLook(face(EDGE), UPPER, -1), face(EDGE + 0.05)
    assert lip.kept(Look(seen.points - (0.0, 0.025), seen.luma, seen.chroma)) > 0.85


def test_skin_in_its_place_is_no_lip() -> None:
    assert LipLook(face(EDGE), UPPER, -1).kept(face(EDGE + 0.05, lip=None)) < 0.6


def test_of_a_lip_like_the_skin_nothing_is_missed() -> None:
    pale = LipLook(face(EDGE, lip=SKIN, noise=1.0), UPPER, -1)
    assert pale.contrast < 5
    assert pale.kept(face(EDGE + 0.05, lip=None, noise=1.0)) == 1
