"""The timeline is one that editing programs read, and pages show what they are given as text."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import opentimelineio as otio

from export.kits.pages import instructions_page, licences
from export.kits.timeline import captions_in, timeline
from media.captions.cues import to_srt
from media.types import Cue

CUES = [Cue("Hello there,\nfriend", 0.2, 1.4), Cue("कैसे हो", 1.5, 2.75)]


def test_captions_are_read_back_from_subrip() -> None:
    captions = captions_in(to_srt(CUES))
    assert [(one.text, one.start, one.end) for one in captions] == [(cue.text, cue.start, cue.end) for cue in CUES]
    assert captions_in("") == ()
    assert captions_in(to_srt(CUES).replace("\n", "\r\n")) == captions


def test_a_timeline_opens_with_its_film_sound_and_captions() -> None:
    text = timeline("A kettle", "original.mp4", 3.0, captions_in(to_srt(CUES)))
    assert text == timeline("A kettle", "original.mp4", 3.0, captions_in(to_srt(CUES)))
    opened = otio.adapters.read_from_string(text, "otio_json")
    assert opened.name == "A kettle"
    assert opened.duration().to_seconds() == 3.0
    (picture,), (sound,) = opened.video_tracks(), opened.audio_tracks()
    assert picture[0].media_reference.target_url == sound[0].media_reference.target_url == "original.mp4"
    markers = [(one.name, one.marked_range.start_time.to_seconds()) for one in picture[0].markers]
    assert markers == [("Hello there,\nfriend", 0.2), ("कैसे हो", 1.5)]
    assert "/" not in json.loads(text)["tracks"]["children"][0]["children"][0]["name"]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onload", "onclick", "action"}


def test_a_page_shows_what_it_is_given_as_text_and_loads_nothing() -> None:
    evil = '</textarea><script>alert(1)</script><img src=x onerror="y">'
    page = instructions_page(evil, evil, [evil], [evil, "Share."], evil, [evil])
    elements = _Elements()
    elements.feed(page)
    assert not {"script", "img", "link", "iframe"} & set(elements.found)
    assert elements.found.count("li") == 2
    assert elements.found.count("textarea") == 1


def test_fonts_are_named_where_letters_are_in_the_picture() -> None:
    assert "SIL Open Font License" in licences(burned=True)
    assert "SIL Open Font License" not in licences(burned=False)
