"""Captions beside faces: where a screen is shown whole, they stand on neither forehead nor chin."""

from __future__ import annotations

import av
import numpy as np
import pytest

from media.captions.karaoke import karaoke_cues
from media.clips.edits import SIZES, EditList, Kept
from media.clips.layouts import Sizes, framed
from media.clips.people import Person, Scene
from media.clips.render import _Captions
from media.types import Box, Word

LOOKS = 20
WORDS = tuple(Word(word, n / 2, (n + 1) / 2) for n, word in enumerate(["Extraordinarily", "complicated", "machines"]))


def _scene(box: Box) -> Scene:
    """Somebody in a corner of a slide, who nods."""
    person = Person(
        {look: Box(box.x, box.y + look % 5, box.width, box.height) for look in range(LOOKS)},
        dict.fromkeys(range(LOOKS), 0.1),
    )
    return Scene(0, LOOKS, (person,), slide=True)


@pytest.mark.parametrize("aspect", ["vertical", "square", "wide"])
@pytest.mark.parametrize("style", ["karaoke", "plain"])
@pytest.mark.parametrize(
    "face", [Box(1500, 750, 240, 310), Box(100, 20, 300, 380), Box(900, 690, 160, 390)], ids=["corner", "top", "bottom"]
)
def test_captions_stay_clear_of_the_face_under_a_screen(aspect: str, style: str, face: Box) -> None:
    width, height = (side // 2 for side in SIZES[aspect])  # type: ignore[index]
    scene = _scene(face)
    (shot,), warnings = framed([scene], "screen", Sizes(1920, 1080, width, height), np.zeros(LOOKS))
    assert (shot.layout, warnings) == ("screen", ())
    panel = shot.panels[1]
    scale = panel.box.height / panel.views[0, 3]
    places = [(box, panel.views[look]) for look, box in scene.people[0].boxes.items()]
    left = min((box.x - view[0]) * scale + panel.box.x for box, view in places)
    tops = [(box.y - view[1]) * scale + panel.box.y for box, view in places]
    first, last = min(tops), max(tops) + face.height * scale

    edit = EditList("f" * 64, (Kept(0, 2),), captions=style)  # type: ignore[arg-type]
    captions = _Captions(WORDS, edit, "en", width, height)
    frame = av.VideoFrame.from_ndarray(np.full((height * 3 // 2, width), 120, np.uint8), format="yuv420p")
    captions.paint(frame, karaoke_cues(WORDS)[0].start + 0.1, shot.captions)
    rows, columns = np.nonzero(np.abs(frame.to_ndarray()[:height].astype(int) - 120) > 20)

    assert len(rows) > 100
    assert rows.max() < first or rows.min() > last or columns.max() < left
    assert rows.max() <= height * 0.99
