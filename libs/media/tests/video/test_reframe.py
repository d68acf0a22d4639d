"""Which part of a picture is kept for another shape, and when the whole of it is shown instead."""

import pytest

from media.types import Box
from media.video.reframe import crop_box, fit_for

FACE = Box(700, 300, 300, 400)


@pytest.mark.parametrize(
    ("size", "aspect", "face", "fit"),
    [
        # A wide film of somebody at the side becomes tall around the face.
        ((1920, 1080), 9 / 16, FACE, "crop"),
        # A face that fills a tall film would be cut by a wide crop.
        ((1080, 1920), 16 / 9, Box(200, 400, 700, 900), "pad"),
        ((1080, 1920), 16 / 9, Box(400, 400, 250, 320), "crop"),
        # Without a face half of the picture has to stay.
        ((1080, 1920), 4 / 5, None, "crop"),
        ((1080, 1920), 16 / 9, None, "pad"),
        ((1920, 1080), 9 / 16, None, "pad"),
        ((1080, 1080), 9 / 16, None, "crop"),
    ],
)
def test_a_crop_is_taken_where_it_will_do(size: tuple[int, int], aspect: float, face: Box | None, fit: str) -> None:
    assert fit_for(*size, aspect, face) == fit


@pytest.mark.parametrize("aspect", [9 / 16, 4 / 5, 1.0, 2 / 3])
@pytest.mark.parametrize("x", [0, 700, 1620])
def test_a_crop_holds_the_face_and_stays_in_the_picture(aspect: float, x: int) -> None:
    face = Box(x, 300, 300, 400)
    kept = crop_box(1920, 1080, aspect, face)
    assert kept.x <= face.x
    assert kept.x + kept.width >= face.x + face.width
    assert kept.y <= face.y
    assert kept.y + kept.height >= face.y + face.height
    assert kept.x >= 0
    assert kept.x + kept.width <= 1920
    assert abs(kept.width / kept.height - aspect) < 0.01
