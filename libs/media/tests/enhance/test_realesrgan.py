"""Redrawing a photo: sharper than what interpolates, true to the photo, the same in tiles, and bounded."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from media.enhance import realesrgan
from media.enhance.realesrgan import MOST_PIXELS, redraw, redraw_file
from media.errors import TooLarge
from media.images.photos import decode
from media.types import Bgr


@pytest.fixture(scope="module")
def face() -> Bgr:
    """Forty pixels around the eyes of the sample portrait, reduced."""
    portrait = decode(Path(__file__).parents[4] / "samples" / "portrait.jpg")
    return np.asarray(cv2.resize(portrait[60:220, 140:300], (40, 40), interpolation=cv2.INTER_AREA), np.uint8)


def test_it_draws_detail_and_stays_true_to_the_photo(face: Bgr) -> None:
    told: list[float] = []
    drawn = redraw(face, 4, progress=told.append)
    assert drawn.shape == (160, 160, 3)
    again = cv2.resize(drawn, (40, 40), interpolation=cv2.INTER_AREA)
    assert np.abs(again.astype(int) - face).mean() < 1.5
    plain = cv2.resize(face, (160, 160), interpolation=cv2.INTER_CUBIC)
    sharpness = [cv2.Laplacian(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var() for one in (drawn, plain)]
    assert sharpness[0] > 1.5 * sharpness[1]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_tiles_do_not_show(face: Bgr, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = redraw(face[:24], 2)
    monkeypatch.setattr(realesrgan, "_TILE", 20)
    assert np.abs(redraw(face[:24], 2).astype(int) - whole).mean() < 1.5


def test_a_photo_that_would_take_an_hour_is_refused() -> None:
    side = int(MOST_PIXELS**0.5) + 1
    with pytest.raises(TooLarge) as refused:
        redraw(np.zeros((side, side, 3), np.uint8), 2)
    assert refused.value.advice


def test_a_file(face: Bgr, job_dir: Path) -> None:
    cv2.imwrite(str(job_dir / "small.png"), face[:16, :16])
    made = redraw_file(job_dir / "small.png", job_dir / "large.jpg", factor=2)
    assert (made.width, made.height) == (32, 32)
