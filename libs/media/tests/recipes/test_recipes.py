"""Recipes: each step does what it says, in order, each time the same, at once in a preview."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.errors import NotUsable, TooLarge
from media.images.newest import Newest
from media.images.photos import decode, encode, write_jpeg
from media.recipes import backgrounds
from media.recipes.apply import PREVIEW_PIXELS, apply, apply_file, preview_file
from media.recipes.geometry import inner
from media.recipes.picture import Picture, transparent
from media.recipes.steps import recipe_of
from media.types import Bgr

WITHIN_S = 0.3


@pytest.fixture(scope="module")
def portrait(portrait_path: Path) -> Bgr:
    return decode(portrait_path)


@pytest.fixture(scope="module")
def megapixel(portrait: Bgr, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("recipes") / "megapixel.jpg"
    write_jpeg(np.asarray(cv2.resize(portrait, (1000, 1000), interpolation=cv2.INTER_CUBIC)), out)
    return out


@pytest.fixture(scope="module")
def logo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    drawn = np.zeros((60, 120, 4), np.uint8)
    cv2.circle(drawn, (30, 30), 28, (40, 160, 250, 255), -1)
    drawn[:, 80:] = (200, 0, 0, 128)
    out = tmp_path_factory.mktemp("recipes") / "logo.png"
    out.write_bytes(encode(drawn, "PNG", 100))
    return out


def made(image: Bgr, *steps: dict[str, Any], **more: Any) -> Picture:
    return apply(image, recipe_of(steps), **more)


def test_cuts_are_remembered_by_what_they_take(portrait: Bgr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of full size would be half a gigabyte by their number; looks at one picture do not search it again."""
    remembered = Newest[Any](4 << 20, lambda cut: cut.nbytes)
    searched: list[tuple[int, ...]] = []

    def alpha(image: Bgr, **_: Any) -> Any:
        searched.append(image.shape)
        return np.ones(image.shape[:2], np.float32)

    monkeypatch.setattr(backgrounds, "cuts", remembered)
    monkeypatch.setattr(backgrounds, "alpha", alpha)
    behind = {"op": "background", "mode": "blur"}
    for _ in range(2):
        made(portrait, behind, quick=True)
    assert len(searched) == 1 and remembered.held == 4 * 512 * 512
    for side in (700, 800, 900, 1200, 2000):
        made(np.zeros((side, side, 3), np.uint8), behind)
        assert 0 <= remembered.held <= 4 << 20
    assert len(searched) == 6


def test_the_original_stays_and_the_same_recipe_gives_the_same(portrait: Bgr) -> None:
    before = portrait.copy()
    steps = (
        {"op": "straighten", "degrees": -2.0},
        {"op": "adjust", "exposure": 0.4, "saturation": 0.2},
        {"op": "background", "mode": "colour", "colour": "#102030"},
        {"op": "text", "text": "سلام دنیا"},
    )
    first, second = made(portrait, *steps), made(portrait, *steps)
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(portrait, before)


def test_steps_are_done_in_their_order(portrait: Bgr) -> None:
    crop, turn = {"op": "crop", "width": 0.5}, {"op": "rotate", "degrees": 90}
    one, other = made(portrait, crop, turn), made(portrait, turn, crop)
    assert (one.width, one.height) == (512, 256)
    assert (other.width, other.height) == (256, 512)
    assert np.array_equal(one.pixels, cv2.rotate(portrait[:, :256], cv2.ROTATE_90_CLOCKWISE))


def test_a_turn_and_its_opposite_are_nothing(portrait: Bgr) -> None:
    back = made(portrait, {"op": "rotate", "degrees": 90}, {"op": "rotate", "degrees": 270})
    assert np.array_equal(back.pixels, portrait)
    twice = made(portrait, {"op": "flip"}, {"op": "flip"})
    assert np.array_equal(twice.pixels, portrait)
    assert np.array_equal(made(portrait, {"op": "adjust"}).pixels, portrait)


@given(st.integers(20, 400), st.integers(20, 400), st.floats(-45, 45))
@settings(max_examples=60, deadline=None)
def test_what_stays_of_a_turned_picture_has_no_empty_corner(width: int, height: int, degrees: float) -> None:
    wide, high = inner(width, height, degrees)
    turn = np.radians(degrees)
    corners = np.array([(x * wide / 2, y * high / 2) for x in (-1, 1) for y in (-1, 1)])
    back = corners @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert np.abs(back[:, 0]).max() <= width / 2 + 1e-6 and np.abs(back[:, 1]).max() <= height / 2 + 1e-6


def test_straightening_levels_a_line_that_hangs_to_the_right() -> None:
    image = np.full((300, 400, 3), 255, np.uint8)
    fall = round(np.tan(np.radians(5)) * 200)
    cv2.line(image, (0, 150 - fall), (400, 150 + fall), (0, 0, 0), 3)
    level = made(image, {"op": "straighten", "degrees": -5}).pixels
    rows = [int(np.argmin(level[:, column, 0])) for column in (10, level.shape[1] - 10)]
    assert abs(rows[0] - rows[1]) <= 1
    assert level[2, 2].min() > 250, "no empty corner"


@pytest.mark.parametrize(
    ("step", "grows"),
    [
        ({"exposure": 1.0}, lambda image: image.mean()),
        ({"contrast": 0.5}, lambda image: image.std()),
        ({"saturation": 0.5}, lambda image: (image.max(axis=2) - image.min(axis=2).astype(float)).mean()),
        ({"temperature": 0.5}, lambda image: image[..., 2].mean() - image[..., 0].mean()),
        ({"tint": 0.5}, lambda image: image[..., 0].mean() + image[..., 2].mean() - 2 * image[..., 1].mean()),
        ({"shadows": 0.6}, lambda image: np.quantile(image, 0.3)),
        ({"highlights": 0.6}, lambda image: np.quantile(image, 0.8)),
    ],
)
def test_colour_and_light_go_both_ways(portrait: Bgr, step: dict[str, float], grows: Callable[[Bgr], float]) -> None:
    opposite = {name: -value for name, value in step.items()}
    less, same, more = (
        grows(made(portrait, {"op": "adjust", **one}).pixels.astype(np.float64)) for one in (opposite, {}, step)
    )
    assert less < same < more


def test_more_exposure_leaves_bright_places_their_texture(portrait: Bgr) -> None:
    bright = made(portrait, {"op": "adjust", "exposure": 1.0}).pixels
    clipped = (portrait.astype(np.float64) * 2).clip(0, 255)
    assert (bright >= 254).mean() < 0.5 * (clipped >= 254).mean()


def test_a_background_can_be_blurred_replaced_or_left_out(portrait: Bgr, logo: Path) -> None:
    face, behind = (225, 120), (350, 120)
    blurred = made(portrait, {"op": "background", "mode": "blur", "radius": 0.03}).pixels
    assert np.abs(blurred[face[1], face[0]].astype(int) - portrait[face[1], face[0]]).max() <= 3
    shuttle = (slice(60, 260), slice(370, 450))
    assert cv2.Laplacian(blurred[shuttle], cv2.CV_64F).var() < 0.2 * cv2.Laplacian(portrait[shuttle], cv2.CV_64F).var()
    blue = made(portrait, {"op": "background", "mode": "colour", "colour": "#0000ff"}).pixels
    assert blue[behind[1], behind[0]].tolist() == [255, 0, 0]
    clear = made(portrait, {"op": "background", "mode": "transparent"}, {"op": "crop", "width": 0.9})
    assert clear.opacity is not None and clear.opacity.shape == clear.pixels.shape[:2]
    assert clear.opacity[behind[1], behind[0]] < 0.1 < 0.9 < clear.opacity[face[1], face[0]]
    flowers = np.full((40, 90, 3), (10, 200, 90), np.uint8)
    there = made(portrait, {"op": "background", "mode": "picture"}, behind=flowers).pixels
    assert there[behind[1], behind[0]].tolist() == [10, 200, 90]
    with pytest.raises(NotUsable, match="another picture behind"):
        made(portrait, {"op": "background", "mode": "picture"})


def test_persian_runs_from_the_right_and_its_letters_join(portrait: Bgr) -> None:
    """At its start a line touches the side where its writing begins; letters that join are narrower than apart."""
    ground = np.zeros((200, 600, 3), np.uint8)
    style = {"op": "text", "x": 0.5, "y": 0.5, "size": 0.3, "outline": None}

    def columns(text: str, **more: Any) -> list[int]:
        drawn = made(ground, {**style, "text": text, **more}).pixels.max(axis=(0, 2))
        return [int(each) for each in np.flatnonzero(drawn > 128)]

    joined, apart = columns("پیکسی"), columns("پ\u200cی\u200cک\u200cس\u200cی")
    assert len(joined) < len(apart)
    # Aleph before beh: the narrow upright comes first, which is on the right.
    two = made(ground, {**style, "text": "اب"}).pixels[..., 0]
    heights = [(two[:, x] > 128).sum() for x in columns("اب")]
    assert np.mean(heights[-6:]) > 2 * np.mean(heights[:6])
    lines = "سلام\nدنیای بزرگ"
    starts = made(ground, {**style, "text": lines, "align": "start", "size": 0.2}).pixels[..., 0]
    rows = np.flatnonzero((starts > 128).any(axis=1))
    upper, lower = starts[rows[0] : rows[0] + 25], starts[rows[-1] - 25 : rows[-1]]
    right = [int(np.flatnonzero((part > 128).any(axis=0))[-1]) for part in (upper, lower)]
    assert abs(right[0] - right[1]) < 12


def test_words_stay_inside_and_get_smaller_where_there_is_little_room(portrait: Bgr) -> None:
    ground = np.zeros((120, 160, 3), np.uint8)
    long = "A sentence that is rather long for so small a picture, with aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa word"
    drawn = made(ground, {"op": "text", "text": long, "size": 0.3, "y": 0.99, "x": 0.99}).pixels.max(axis=2)
    assert drawn.max() > 200
    assert drawn[:, 0].max() == 0 and drawn[0].max() == 0
    with pytest.raises(NotUsable, match="do not fit"):
        made(np.zeros((20, 20, 3), np.uint8), {"op": "text", "text": long * 3})


def test_a_logo_keeps_its_transparency(portrait: Bgr, logo: Path) -> None:
    grey = np.full((200, 400, 3), 100, np.uint8)
    stamped = made(grey, {"op": "logo", "x": 0.5, "y": 0.5, "width": 0.3}, logo=transparent(logo)).pixels
    assert np.abs(stamped[100, 170].astype(int) - (40, 160, 250)).max() <= 3, "the disc"
    assert np.abs(stamped[100, 215].astype(int) - 100).max() <= 2, "nothing between"
    assert np.abs(stamped[100, 250].astype(int) - (150, 50, 50)).max() <= 4, "half of each"


def test_grain_goes_and_edges_get_crisper(portrait: Bgr) -> None:
    noisy = (portrait + np.random.default_rng(1).normal(0, 12, portrait.shape)).clip(0, 255).astype(np.uint8)
    calm = made(noisy, {"op": "denoise"}).pixels
    error = [float(((image.astype(float) - portrait) ** 2).mean()) for image in (noisy, calm)]
    assert error[1] < 0.4 * error[0]
    crisp = made(portrait, {"op": "sharpen", "amount": 1.0}).pixels
    assert cv2.Laplacian(crisp, cv2.CV_64F).var() > 1.2 * cv2.Laplacian(portrait, cv2.CV_64F).var()


def test_files_are_written_as_what_they_are(portrait_path: Path, logo: Path, tmp_path: Path) -> None:
    large = apply_file(portrait_path, tmp_path, recipe_of([{"op": "crop", "aspect": "1:2"}, {"op": "upscale"}]), {})
    assert (large.path.suffix, large.width, large.height) == (".jpg", 512, 1024)
    clear = apply_file(portrait_path, tmp_path, recipe_of([{"op": "background", "mode": "transparent"}]), {})
    assert clear.path.suffix == ".png"
    opened = transparent(clear.path)
    assert opened.opacity is not None and 0.2 < float(opened.opacity.mean()) < 0.8


@pytest.mark.parametrize(
    "steps",
    [
        [{"op": "crop", "aspect": "4:5"}],
        [{"op": "straighten", "degrees": 3}],
        [{"op": "adjust", "exposure": 0.4, "shadows": 0.4, "saturation": 0.2}],
        [{"op": "background", "mode": "blur"}],
        [{"op": "text", "text": "سلام"}, {"op": "logo"}],
        [{"op": "sharpen"}],
        [{"op": "denoise"}],
        [{"op": "upscale", "factor": 4}],
    ],
    ids=lambda steps: steps[0]["op"],
)
def test_a_preview_of_a_megapixel_is_there_at_once(megapixel: Path, logo: Path, tmp_path: Path, steps: Any) -> None:
    """In processor time, which no neighbour lengthens; the first one of a process loads what it needs."""
    recipe, out = recipe_of(steps), tmp_path / "preview.jpg"
    spent = []
    for _ in range(3):
        began = time.process_time()
        seen = preview_file(megapixel, out, recipe, {"logo": logo})
        spent.append(time.process_time() - began)
    assert min(spent) < WITHIN_S, spent
    assert seen.width * seen.height <= PREVIEW_PIXELS and decode(out).shape[:2] == (seen.height, seen.width)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "no steps"),
        ([{"op": "blend"}], "Step 1 is 'blend'"),
        ([{"op": "flip"}, {"op": "crop", "wide": 1}], "Step 2 \\(crop\\) has no 'wide'"),
        ([{"op": "rotate"}], "Step 1 \\(rotate\\) lacks"),
        ([{"op": "flip"}] * 33, "33 steps"),
    ],
)
def test_a_bad_recipe_is_refused_with_its_step(steps: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(NotUsable, match=words) as refused:
        recipe_of(steps)
    assert refused.value.code == "BAD_RECIPE" and refused.value.advice


def test_what_a_picture_does_not_allow_is_refused(portrait: Bgr) -> None:
    with pytest.raises(NotUsable, match="crop keeps"):
        made(portrait, {"op": "crop", "width": 0.01})
    with pytest.raises(NotUsable, match="no colour"):
        made(portrait, {"op": "text", "text": "x", "colour": "red"})
    with pytest.raises(NotUsable, match="lays a logo over"):
        made(portrait, {"op": "logo"})
    with pytest.raises(TooLarge):
        made(np.zeros((3000, 3000, 3), np.uint8), {"op": "upscale", "factor": 4})
