"""The image score: what it rewards, that it falls with every fault, and that another face is noticed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from media.enhance.photo import enhance
from media.images.photos import decode, write_jpeg
from media.judge import image as image_score
from media.judge.image import PENALTIES, score_image, score_image_file
from media.types import Bgr, Score


@pytest.fixture(scope="module")
def portrait(portrait_path: Path) -> Bgr:
    return decode(portrait_path)


@pytest.fixture(scope="module")
def clean(portrait: Bgr) -> Score:
    return score_image(portrait)


def _noise(image: Bgr, sigma: float) -> Bgr:
    dice = np.random.default_rng(11)
    return np.clip(image + dice.normal(0, sigma, image.shape), 0, 255).astype(np.uint8)


def _blur(image: Bgr, sigma: float) -> Bgr:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _jpeg(image: Bgr, quality: float) -> Bgr:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _dark(image: Bgr, share: float) -> Bgr:
    return (image * share).astype(np.uint8)


def _small(image: Bgr, side: float) -> Bgr:
    return np.asarray(cv2.resize(image, (int(side), int(side)), interpolation=cv2.INTER_AREA), np.uint8)


def test_a_good_portrait_and_its_enhancement_pass(portrait: Bgr, clean: Score) -> None:
    assert clean.value >= 9
    better, _ = enhance(portrait)
    score = score_image(better, original=portrait)
    assert score.value >= 9
    assert score.measures["face_similarity"] > 0.95


@pytest.mark.parametrize(
    ("degrade", "levels", "measure"),
    [
        pytest.param(_noise, (8, 25), "noise", id="noise"),
        pytest.param(_blur, (1.5, 3.2), "blur", id="blur"),
        pytest.param(_jpeg, (25, 8), "blockiness", id="jpeg"),
        pytest.param(_dark, (0.3, 0.1), "exposure", id="dark"),
        pytest.param(_small, (350, 150), "resolution", id="size"),
    ],
)
def test_more_of_a_fault_scores_less(
    portrait: Bgr, clean: Score, degrade: Callable[[Bgr, float], Bgr], levels: tuple[float, ...], measure: str
) -> None:
    scores = [clean, *(score_image(degrade(portrait, level)) for level in levels)]
    values = [score.value for score in scores]
    assert all(later < earlier for earlier, later in pairwise(values)), values
    assert values[-1] < 6.5
    assert measure in scores[-1].measures
    assert scores[-1].reasons


@pytest.mark.parametrize(
    "poor",
    [
        pytest.param(lambda image: _noise(image, 20), id="noise"),
        pytest.param(lambda image: _blur(image, 2), id="blur"),
        pytest.param(lambda image: _jpeg(image, 12), id="jpeg"),
        pytest.param(lambda image: _dark(image, 0.3), id="dark"),
    ],
)
def test_enhancement_lifts_a_poor_portrait_over_the_gate(portrait: Bgr, poor: Callable[[Bgr], Bgr]) -> None:
    degraded = poor(portrait)
    before = score_image(degraded, original=portrait)
    after = score_image(enhance(degraded)[0], original=portrait)
    assert before.value < 8.0 <= after.value


def _other_person(image: Bgr) -> Bgr:
    """The same photo with eyes further apart and lower, and a smaller mouth."""
    changed = image.copy()
    skin = image[120:125, 205:245].mean(axis=(0, 1))
    cv2.ellipse(changed, (225, 120), (36, 42), 0, 0, 360, tuple(map(float, skin)), -1)
    left, right = image[90:108, 190:216], image[92:110, 234:260]
    changed[100:118, 184:210], changed[102:120, 240:266] = left, right
    mouth = cv2.resize(image[136:158, 200:246], (26, 14), interpolation=cv2.INTER_AREA)
    changed[148:162, 212:238] = mouth
    return np.asarray(cv2.GaussianBlur(changed, (0, 0), 0.6), np.uint8)


def test_a_changed_person_fails(portrait: Bgr) -> None:
    assert score_image(_other_person(portrait), original=portrait).value < 7


def test_a_lost_face_fails(portrait: Bgr) -> None:
    empty = portrait.copy()
    empty[10:220, 130:320] = (190, 190, 195)
    score = score_image(empty, original=portrait)
    assert score.measures["face_lost"] == 1.0
    assert score.value <= 5


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda image: _noise(image, 10), id="noise"),
        pytest.param(lambda image: _dark(image, 0.25), id="dark"),
    ],
)
def test_faces_are_looked_for_in_a_copy_without_another_verdict(
    portrait: Bgr, fault: Callable[[Bgr], Bgr], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A photo larger than the copy scores within 0.1 of what it scores with faces sought in the photo itself."""
    large = np.asarray(cv2.resize(portrait, (1024, 1024), interpolation=cv2.INTER_CUBIC), np.uint8)
    poor = fault(large)
    quick = score_image(poor, original=large)
    monkeypatch.setattr(image_score, "FACE_SIDE", 1024)
    thorough = score_image(poor, original=large)
    assert quick.value == pytest.approx(thorough.value, abs=0.1)
    assert quick.reasons == thorough.reasons
    assert quick.measures["faces"] == thorough.measures["faces"] == 1
    assert quick.measures["sharpness"] == pytest.approx(thorough.measures["sharpness"], abs=0.03)


def test_a_larger_copy_is_the_same_person(portrait: Bgr) -> None:
    large = np.asarray(cv2.resize(portrait, (1024, 1024), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert score_image(large, original=portrait).measures["face_similarity"] > 0.93


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("sigma", [None, 60, 90, 150])
def test_noise_alone_is_no_good_photo_however_much_of_it_is_clipped(sigma: float | None, grey: bool) -> None:
    dice = np.random.default_rng(5)
    shape = (480, 360, 1 if grey else 3)
    noise = dice.uniform(0, 256, shape) if sigma is None else dice.normal(128, sigma, shape)
    picture = np.clip(np.broadcast_to(noise, (480, 360, 3)), 0, 255).astype(np.uint8)
    score = score_image(np.ascontiguousarray(picture))
    assert score.value <= 5
    assert "The picture is grainy." in score.reasons


def test_the_formula_is_the_documented_one(portrait: Bgr) -> None:
    score = score_image(_noise(portrait, 15), original=portrait)
    lost = sum(rule.of(score.measures[rule.measure]) for rule in PENALTIES if rule.measure in score.measures)
    assert score.value == pytest.approx(max(0.0, 10 - lost), abs=0.01)
    assert score == score_image(_noise(portrait, 15), original=portrait)


def test_files(portrait_path: Path) -> None:
    assert score_image_file(portrait_path, portrait_path).measures["face_similarity"] == pytest.approx(1.0, abs=1e-3)


def test_files_score_as_their_pictures_do(portrait: Bgr, tmp_path: Path) -> None:
    """The original of a large photo is decoded at a reduced size, which changes the verdict by less than 0.1."""
    large = np.asarray(cv2.resize(portrait, (2048, 2048), interpolation=cv2.INTER_CUBIC), np.uint8)
    paths = [
        write_jpeg(image, tmp_path / name).path for image, name in ((large, "a.jpg"), (_dark(large, 0.6), "b.jpg"))
    ]
    of_files = score_image_file(paths[1], paths[0])
    of_pictures = score_image(decode(paths[1]), original=decode(paths[0]))
    assert of_files.value == pytest.approx(of_pictures.value, abs=0.1)
    assert of_files.measures["face_similarity"] == pytest.approx(of_pictures.measures["face_similarity"], abs=0.02)
