"""An order in the words of the API, results in the words of files, and what a person sees meanwhile."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from talkingphoto.making import Order, RunFailed, file_name
from talkingphoto.screen import Screen
from talkingphoto.show import Printer


@pytest.mark.parametrize(
    ("script", "low", "high"),
    [("Hi.", 1, 2), ("", 1, 1), ("Hello there, this is one sentence. " * 3, 4, 20), ("word " * 2000, 60, 60)],
)
def test_the_wanted_length_follows_from_the_script_within_the_platforms_bounds(
    script: str, low: int, high: int
) -> None:
    duration = Order(photo=Path("x.jpg"), script=script).request()["target_duration"]
    assert isinstance(duration, int)
    assert low <= duration <= high


def test_an_order_says_everything_but_the_photo() -> None:
    order = Order(
        photo=Path("x.jpg"), script="Hello.", language="hi", platforms=("tiktok",), title="T", captions="burned"
    )
    request = order.request()
    assert (request["captions"], request["when_too_long"]) == ("burned", "split")
    assert (request["script_language"], request["target_platforms"], request["title"]) == ("hi", ["tiktok"], "T")
    assert "x.jpg" not in str(request)
    assert order.key != Order(photo=Path("x.jpg"), script="Hello.").key
    assert len(order.key) >= 16


@pytest.mark.parametrize(
    ("result", "mime_type", "name"),
    [
        ("enhanced_image", "image/jpeg", "enhanced.jpg"),
        ("video", "video/mp4", "video.mp4"),
        ("srt", "application/x-subrip", "captions.srt"),
        ("vtt", "text/vtt", "captions.vtt"),
        ("kit", "application/zip", "kit.zip"),
        ("rendition_instagram", "video/mp4", "instagram.mp4"),
        ("rendition_instagram_2", "video/mp4", "instagram_2.mp4"),
        ("srt_instagram_2", "application/x-subrip", "instagram_2.srt"),
        ("vtt_instagram_2", "text/vtt", "instagram_2.vtt"),
        ("poster_instagram_2", "image/jpeg", "poster_instagram_2.jpg"),
        ("speech", "audio/wav", "speech.wav"),
        ("something", "application/unknown", "something.bin"),
        ("rendition_../../x", "video/mp4", "______x.mp4"),
    ],
)
def test_what_results_are_called(result: str, mime_type: str, name: str) -> None:
    assert file_name(result, mime_type) == name


def test_a_failed_run_says_why() -> None:
    failed = RunFailed({"status": "failed", "error": {"code": "no_face", "message": "There is no face."}})
    assert (failed.code, str(failed)) == ("no_face", "There is no face.")
    cancelled = RunFailed({"status": "cancelled", "error": None})
    assert (cancelled.code, str(cancelled)) == ("cancelled", "The run was cancelled.")


DONE = {
    "status": {"progress": None, "step": "renditions:tiktok", "message": "done"},
    "step_completed": {"seconds": 2.25, "provider": "local", "score": 8.04, "attempts": 2, "cost": "0.0390"},
}
ON = {"status": {"progress": 40, "step": "generate", "message": "Animating"}, "seconds_left": 12.0}


def show(screen: Screen) -> None:
    with screen.showing():
        screen.stage("Uploading x.jpg")
        screen.update(ON)
        screen.update(DONE)
        screen.update({"status": {"progress": 30, "step": "unheard-of", "message": None}, "waiting_for": "a worker"})


def test_without_a_terminal_there_are_plain_lines() -> None:
    out = io.StringIO()
    show(Screen(Printer(file=out, force_terminal=False, width=120)))
    assert out.getvalue().splitlines() == [
        "Uploading x.jpg",
        "Fit to platforms (tiktok): 2.2 s, local, score 8.0, 2 attempts, ₹0.039",
    ]


def test_quiet_is_quiet() -> None:
    for terminal in (True, False):
        out = io.StringIO()
        show(Screen(Printer(file=out, force_terminal=terminal), quiet=True))
        assert out.getvalue() == ""


@pytest.mark.parametrize(("left", "said"), [(12.0, "about 12 s left"), (0.4, ""), (0, ""), (-3, ""), (None, "")])
def test_what_is_left_is_told_as_long_as_something_is(left: float | None, said: str) -> None:
    screen = Screen(Printer(file=io.StringIO(), force_terminal=True, width=120))
    screen.update({"status": {"progress": 40, "message": "Animating"}, "seconds_left": left})
    drawn = io.StringIO()
    Printer(file=drawn, force_terminal=False, width=120).print(screen)
    assert said in drawn.getvalue()
    assert ("left" in drawn.getvalue()) == bool(said)


def test_on_a_terminal_the_state_is_drawn() -> None:
    screen = Screen(Printer(file=io.StringIO(), force_terminal=True, width=120))
    show(screen)
    drawn = io.StringIO()
    Printer(file=drawn, force_terminal=False, width=120).print(screen)
    text = drawn.getvalue()
    # Progress never goes back, whatever order updates come in.
    for part in ("✓", "Fit to platforms (tiktok)", "unheard-of", "a worker", " 40 %", "Animating"):
        assert part in text
    assert "left" not in text
    assert "\x1b[" not in text
