"""Who is who in a scene. Faces here are white squares, so that it is known where each of them is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from media.clips import people
from media.faces.landmarks import Glance
from media.faces.looks import Window
from media.types import Bgr, Box
from media.video.clip import inspect

SIDE = 40


def _squares(picture: Bgr) -> list[Box]:
    columns = np.flatnonzero(picture[100, :, 0] > 200)
    return [Box(int(columns[0]), 80, SIDE, SIDE)] if len(columns) > SIDE // 2 else []


def _glance(picture: Bgr, window: Window) -> Glance | None:
    """A square is seen in the middle of a window."""
    for box in _squares(picture):
        if abs(box.x + SIDE / 2 - window.x) < 0.25 * window.side:
            return Glance(box, 0.1, _window(box))
    return None


def _window(box: Box) -> Window:
    return Window(box.x + SIDE / 2, box.y + SIDE / 2, 1.5 * SIDE, 0.0)


@pytest.mark.parametrize("away", [6, 24], ids=["for a moment", "for seconds"])
def test_who_is_found_again_is_followed_from_there(
    write_clip: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, away: int
) -> None:
    """Lost, found 18 pixels farther, and walking on: one person, seen at every look but those without a face."""
    monkeypatch.setattr(people, "glance", _glance)
    monkeypatch.setattr(people, "propose", lambda picture, _: [_window(box) for box in _squares(picture)])
    back, last = 6 + away, 26 + away
    places = [*[40] * 6, *[None] * away, *(58 + 4 * step for step in range(last - back))]
    pictures = []
    for place in places:
        picture = np.full((180, 320, 3), 90, np.uint8)
        if place is not None:
            picture[80 : 80 + SIDE, place : place + SIDE] = 255
        pictures += [picture, picture]
    film = write_clip(tmp_path / "film.mp4", pictures, frame_rate=25)

    (scene,) = people.scenes([inspect(film)])

    (person,) = scene.people
    assert sorted(person.boxes) == [*range(6), *range(back, last)]
    assert person.boxes[last - 1].x == pytest.approx(places[-1], abs=3)
