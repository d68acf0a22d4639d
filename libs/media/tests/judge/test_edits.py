"""The guard of edits: what was not to change is measured, and put back."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from media.errors import NotUsable
from media.faces.preflight import find_faces
from media.images.photos import decode, encode, write_png
from media.judge import edits
from media.judge.edits import composite, drift, guard_file
from media.types import Bgr

CENTRE, RADIUS = (420, 200), 90


@pytest.fixture(scope="module")
def portrait(portrait_path: Path) -> Bgr:
    return decode(portrait_path)


@pytest.fixture(scope="module")
def mask(portrait: Bgr) -> Bgr:
    """White where the model of the shuttle is."""
    drawn = np.zeros_like(portrait)
    cv2.circle(drawn, CENTRE, RADIUS, (255, 255, 255), -1)
    return drawn


@pytest.fixture(scope="module")
def edited(portrait: Bgr) -> Bgr:
    """A green ball there."""
    drawn = portrait.copy()
    cv2.circle(drawn, CENTRE, RADIUS - 20, (30, 200, 60), -1)
    return drawn


def moved(image: Bgr, right: int, down: int = 0) -> Bgr:
    return np.roll(image, (down, right), (0, 1))


def likeness_db(one: Bgr, other: Bgr, where: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    error = float(((one.astype(float) - other)[where] ** 2).mean())
    return 99.0 if error == 0 else 10 * np.log10(255**2 / error)


@pytest.mark.parametrize("name", ["as it is", "compressed", "at another size", "a little soft"])
def test_an_edit_that_keeps_to_its_mask_is_left_alone(portrait: Bgr, edited: Bgr, mask: Bgr, name: str) -> None:
    honest = {
        "as it is": edited,
        "compressed": decode(encode(edited, "JPEG", 80)),
        "at another size": np.asarray(cv2.resize(edited, (384, 384), interpolation=cv2.INTER_AREA)),
        "a little soft": np.asarray(cv2.GaussianBlur(edited, (0, 0), 0.8)),
    }[name]
    found = drift(portrait, honest, mask)
    assert not found.is_over, found
    assert found.measures["outside_shift"] < 0.2


@pytest.mark.parametrize(("right", "down"), [(4, 0), (-3, 2), (0, 2)])
def test_an_edit_that_moves_the_picture_is_told_by_how_much(
    portrait: Bgr, edited: Bgr, mask: Bgr, right: int, down: int
) -> None:
    found = drift(portrait, moved(edited, right, down), mask)
    assert found.is_over
    assert found.measures["outside_shift"] == pytest.approx(np.hypot(right, down), abs=0.3)


def test_a_composite_has_the_original_outside_and_the_edit_inside_where_it_belongs(
    portrait: Bgr, edited: Bgr, mask: Bgr
) -> None:
    put_back = composite(portrait, moved(edited, 4), mask)
    outside = mask[..., 0] == 0
    assert likeness_db(put_back, portrait, outside) > 45
    inside = np.hypot(*(np.indices(outside.shape)[::-1] - np.array(CENTRE)[:, None, None])) < RADIUS - 25
    assert likeness_db(put_back, edited, inside) > 30, "moved back, the ball lies where it was drawn"


def test_darker_softer_or_another_shape_is_flagged(portrait: Bgr, edited: Bgr, mask: Bgr) -> None:
    darker = (edited * 0.8).astype(np.uint8)
    assert drift(portrait, darker, mask).reasons == ("Much has changed outside the mask.",)
    wide = np.asarray(cv2.resize(edited, (768, 512)))
    assert drift(portrait, wide, mask).measures["aspect_changed"] == 1
    assert drift(portrait, wide, mask).is_over


def test_a_face_that_was_to_be_kept_is_compared(portrait: Bgr, edited: Bgr, mask: Bgr) -> None:
    gone = portrait.copy()
    gone[50:220, 160:300] = cv2.blur(gone[50:220, 160:300], (61, 61))
    for under in (None, mask):
        found = drift(portrait, gone, under)
        assert found.is_over and any("face" in reason for reason in found.reasons), found
    brighter = (portrait * 1.1).clip(0, 255).astype(np.uint8)
    assert not drift(portrait, brighter).is_over, "without a mask everything but the face may change"
    over_face = np.zeros_like(portrait)
    over_face[40:230, 150:310] = 255
    assert not any("face" in reason for reason in drift(portrait, gone, over_face).reasons), "it was to be changed"
    put_back = composite(portrait, gone)
    assert likeness_db(put_back, portrait, np.s_[100:150, 200:250]) > 45  # type: ignore[arg-type]


def test_without_mask_and_face_there_is_nothing_to_keep() -> None:
    plain = np.full((100, 100, 3), 90, np.uint8)
    assert not drift(plain, plain[::-1]).is_over
    with pytest.raises(NotUsable):
        composite(plain, plain)


def test_files(portrait_path: Path, portrait: Bgr, edited: Bgr, mask: Bgr, tmp_path: Path) -> None:
    paths = {name: tmp_path / f"{name}.png" for name in ("good", "moved", "mask", "out")}
    for name, image in (("good", edited), ("moved", moved(edited, 4)), ("mask", mask)):
        write_png(image, paths[name])
    assert not guard_file(portrait_path, paths["good"], paths["mask"], paths["out"]).is_over
    assert not paths["out"].exists()
    assert guard_file(portrait_path, paths["moved"], paths["mask"], paths["out"]).is_over
    assert likeness_db(decode(paths["out"]), portrait, mask[..., 0] == 0) > 45


def test_the_faces_of_the_original_are_looked_for_once(
    portrait_path: Path, portrait: Bgr, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = portrait.copy()
    gone[50:220, 160:300] = cv2.blur(gone[50:220, 160:300], (61, 61))
    write_png(gone, tmp_path / "gone.png")
    looked: list[tuple[int, ...]] = []
    monkeypatch.setattr(edits, "find_faces", lambda image: looked.append(image.shape) or find_faces(image))
    assert guard_file(portrait_path, tmp_path / "gone.png", None, tmp_path / "out.png").is_over
    assert looked == [portrait.shape] and (tmp_path / "out.png").exists()
