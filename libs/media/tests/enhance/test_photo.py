"""Enhancement against the clean original: how much it helps, that it beats simple recipes, what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image, ImageFilter, ImageOps
from skimage.metrics import structural_similarity

from media.enhance.photo import RECIPES, enhance, enhance_file
from media.errors import NotUsable
from media.faces.preflight import find_faces
from media.images.measures import blur_sigma, jpeg_quality, luma, noise_sigma
from media.images.photos import decode
from media.types import Bgr

SAMPLES = Path(skimage.__file__).parent / "data"
PICTURES = ("astronaut.png", "coffee.png")


def _noise(sigma: float) -> Callable[[Bgr], Bgr]:
    def change(image: Bgr) -> Bgr:
        dice = np.random.default_rng(7)
        return np.clip(image + dice.normal(0, sigma, image.shape) + 0.5, 0, 255).astype(np.uint8)

    return change


def _blur(sigma: float) -> Callable[[Bgr], Bgr]:
    return lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _dark(image: Bgr) -> Bgr:
    return (image * 0.4 + 0.5).astype(np.uint8)


def _jpeg(quality: int) -> Callable[[Bgr], Bgr]:
    def change(image: Bgr) -> Bgr:
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)

    return change


LEAST_GAIN: dict[str, tuple[Callable[[Bgr], Bgr], float]] = {
    "noise_10": (_noise(10), 0.18),
    "noise_25": (_noise(25), 0.33),
    "blur_1.5": (_blur(1.5), 0.02),
    "blur_2.5": (_blur(2.5), 0.025),
    "dark": (_dark, 0.3),
    "dark_noise": (lambda image: _noise(8)(_dark(image)), 0.33),
    "jpeg_10": (_jpeg(10), 0.03),
    "jpeg_20": (_jpeg(20), 0.012),
}
"""By degradation: how much SSIM against the clean original rises at least, on every picture."""


def _similarity(one: Any, other: Any) -> float:
    return float(structural_similarity(one, other, channel_axis=2, data_range=255))  # type: ignore[no-untyped-call]


def _pillow(image: Bgr) -> Bgr:
    picture = ImageOps.autocontrast(Image.fromarray(image)).filter(ImageFilter.UnsharpMask())
    return np.asarray(picture)


def _plain_nlm(image: Bgr) -> Bgr:
    return np.asarray(cv2.fastNlMeansDenoisingColored(image), np.uint8)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("fault", LEAST_GAIN)
def test_degraded_photos_come_closer_to_the_original(name: str, fault: str) -> None:
    original = np.ascontiguousarray(decode(SAMPLES / name)[:256, 112:368])
    degrade, least = LEAST_GAIN[fault]
    poor = degrade(original)
    before = _similarity(original, poor)
    better, applied = enhance(poor)
    gain = _similarity(original, better) - before
    assert applied
    assert gain >= least
    assert gain > _similarity(original, _pillow(poor)) - before
    assert gain > _similarity(original, _plain_nlm(poor)) - before


@pytest.mark.parametrize("name", [*PICTURES, "chelsea.png", "rocket.jpg"])
def test_a_clean_photo_is_changed_little(name: str) -> None:
    original = decode(SAMPLES / name)
    better, applied = enhance(original)
    assert _similarity(original, better) > 0.98
    assert not {"deblock", "denoise", "deblur"} & set(applied)


@pytest.mark.parametrize(
    ("degrade", "step"),
    [(_noise(20), "denoise"), (_blur(2), "deblur"), (_jpeg(15), "deblock"), (_dark, "exposure")],
)
def test_only_what_is_wrong_is_named(portrait_path: Path, degrade: Callable[[Bgr], Bgr], step: str) -> None:
    _, applied = enhance(degrade(decode(portrait_path)))
    assert step in applied
    assert len({"denoise", "deblur", "deblock", "exposure"} & set(applied)) == 1


def test_a_colour_cast_is_lessened_and_orange_stays_orange(portrait_path: Path) -> None:
    original = decode(portrait_path)
    cast = np.clip(original * np.array((0.75, 1.0, 1.2)), 0, 255).astype(np.uint8)
    wall = (slice(20, 240), slice(300, 350))

    def warmth(image: Bgr) -> float:
        blue, _, red = image[wall].reshape(-1, 3).mean(axis=0)
        return float(red / blue)

    better, applied = enhance(cast, kind="vivid")
    assert "white_balance" in applied
    assert warmth(better) < 0.8 * warmth(cast)
    same, _ = enhance(original)
    assert np.abs(same[300:400, 60:120].mean(axis=(0, 1)) - original[300:400, 60:120].mean(axis=(0, 1))).max() < 6


WALLS = {"yellow": (140, 200, 220), "blue": (220, 205, 170), "green": (190, 200, 160)}


@pytest.mark.parametrize("wall", WALLS)
def test_the_wall_behind_a_person_does_not_colour_their_skin(wall: str, portrait_path: Path) -> None:
    original = decode(portrait_path)
    lab = cv2.cvtColor(original, cv2.COLOR_BGR2LAB).astype(int)
    background = (np.abs(lab - lab[60, 60]).max(axis=2) < 40) & (lab[..., 0] > 150)
    background[90:260, 160:290] = False
    before = np.where(background[..., None], np.array(WALLS[wall], np.uint8), original)
    better, applied = enhance(before, kind="portrait")
    assert "white_balance" not in applied
    cheek = (slice(118, 130), slice(195, 210))
    shift = np.abs(better[cheek].mean(axis=(0, 1)) - before[cheek].mean(axis=(0, 1)))
    assert shift.max() < 4


def test_white_stays_white(portrait_path: Path) -> None:
    cast = np.clip(decode(portrait_path) * np.array((0.75, 1.0, 1.2)), 0, 255).astype(np.uint8)
    cast[:80] = 255
    better, applied = enhance(cast, kind="vivid")
    assert "white_balance" in applied
    assert better[:60].min() >= 253


def _steps(image: Bgr) -> float:
    """How much of the variation around the eyes lies between neighbouring pixels: high where edges are staircases."""
    face = find_faces(image)[0]
    unit = face.right_eye.x - face.left_eye.x
    left, top = round(face.left_eye.x - 0.5 * unit), round(face.left_eye.y - 0.4 * unit)
    eyes = luma(image)[top : top + round(0.8 * unit), left : left + round(2 * unit)]
    fine = eyes - cv2.GaussianBlur(eyes, (0, 0), 0.8)
    return float(np.square(fine).mean() / np.square(eyes - cv2.GaussianBlur(eyes, (0, 0), 4)).mean())


@pytest.mark.parametrize("times", [1.7, 2.0, 3.0])
def test_an_enlarged_photo_gets_no_staircases(times: float, portrait_path: Path) -> None:
    """At most as fine as the photo was before it was enlarged: more would be made up."""
    photo = decode(portrait_path)
    enlarged = cv2.resize(photo[:300, 75:375], None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    better, _ = enhance(np.asarray(enlarged, np.uint8), kind="portrait")
    assert _steps(better) < 0.75 * _steps(photo)


def test_blur_that_was_compressed_is_not_undone_into_tiles(portrait_path: Path) -> None:
    better, applied = enhance(_jpeg(85)(_blur(1.2)(decode(portrait_path))), kind="portrait")
    assert "deblur" not in applied
    assert _steps(better) < 0.75 * _steps(decode(portrait_path))


def test_the_face_keeps_its_grain_and_features(portrait_path: Path) -> None:
    original = decode(portrait_path)
    better, _ = enhance(_noise(15)(original))
    before, after = find_faces(original)[0], find_faces(better)[0]
    assert abs(before.left_eye.x - after.left_eye.x) < 3
    assert abs(before.mouth.y - after.mouth.y) < 4
    cheek = (slice(118, 130), slice(195, 210))
    assert luma(better)[cheek].std() > 0.4 * luma(original)[cheek].std()


def test_strength_and_kinds(portrait_path: Path) -> None:
    poor = _jpeg(15)(np.ascontiguousarray(decode(portrait_path)[:256, 96:352]))
    untouched, applied = enhance(poor, strength=0)
    assert np.array_equal(untouched, poor)
    assert applied == ()
    dark = _dark(poor)
    changes = {kind: np.abs(enhance(dark, kind=kind)[0].astype(int) - dark).mean() for kind in RECIPES}
    assert changes["restore"] < changes["natural"] < changes["vivid"]
    with pytest.raises(NotUsable, match="no enhancement named"):
        enhance(poor, kind="sparkle")


def test_the_same_photo_gives_the_same_result(portrait_path: Path) -> None:
    poor = _noise(12)(decode(portrait_path))[:256, 96:352]
    assert np.array_equal(enhance(poor)[0], enhance(poor)[0])


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 300, 3), (40, 9, 3), (64, 64, 3)])
def test_tiny_and_flat_pictures_pass(shape: tuple[int, int, int]) -> None:
    image = np.full(shape, 90, np.uint8)
    assert enhance(image)[0].shape == shape


def test_file_says_what_was_applied(portrait_path: Path, job_dir: Path) -> None:
    source = job_dir / "dark.png"
    Image.fromarray(_dark(decode(portrait_path))[:, :, ::-1]).save(source)
    seen: list[float] = []
    made = enhance_file(source, job_dir / "better.jpg", progress=seen.append)
    assert "exposure" in str(made.details["applied"]).split(",")
    assert decode(job_dir / "better.jpg").shape == (512, 512, 3)
    assert made.size == (job_dir / "better.jpg").stat().st_size
    assert seen == sorted(seen)


@pytest.mark.parametrize("sigma", [5, 10, 20])
def test_noise_is_measured(portrait_path: Path, sigma: float) -> None:
    grey = luma(decode(portrait_path))
    noisy = grey + np.random.default_rng(1).normal(0, sigma, grey.shape).astype(np.float32)
    assert abs(noise_sigma(np.clip(noisy, 0, 255)) - sigma) < 0.2 * sigma


@pytest.mark.parametrize("quality", [10, 30, 60, 80])
def test_jpeg_quality_is_recognised(portrait_path: Path, quality: int) -> None:
    assert abs(jpeg_quality(luma(_jpeg(quality)(decode(portrait_path)))) - quality) <= 3


def test_blur_is_measured(portrait_path: Path) -> None:
    original = decode(portrait_path)
    found = [blur_sigma(luma(_blur(sigma)(original))) for sigma in (1.0, 1.5, 2.0, 3.0)]
    assert found == sorted(found)
    assert np.abs(np.array(found) - (1.0, 1.5, 2.0, 3.0)).max() < 0.4
    assert blur_sigma(luma(original)) < 0.65
