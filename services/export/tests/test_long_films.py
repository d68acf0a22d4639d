"""Films that are longer than a platform takes: nothing is cut silently, and everything ends where its captions do."""

from __future__ import annotations

import io
import json
import re
import zipfile
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from contracts.enums import Captions, Platform, WhenTooLong
from contracts.export import KitCompleted, PlatformLimitChanged, RenditionCompleted
from contracts.objects import StoredObject
from export.platforms.starting import SPECIFICATIONS
from export.renditions.work import Wanted, render
from media.video.probe import probe

SENTENCES = 6
SCRIPT = " ".join(f"This is sentence number{number} of six." for number in range(1, SENTENCES + 1))
"""2.8 s a sentence, 17 s in all."""


async def _limited(export: Any, seconds: float = 7.0) -> None:
    """A limit that these films reach; and none below, which would be said of their last parts."""
    await export.execute(
        "UPDATE platform_requirements SET key_values = key_values || jsonb_build_object('max_duration_s', $1::float, "
        "'min_duration_s', null) WHERE platform = 'instagram'",
        seconds,
    )


async def _made(export: Any, *orders: Any) -> dict[Platform, RenditionCompleted]:
    await export.tell(*orders)
    return {event.platform: event for event in await export.wait_for(RenditionCompleted, len(orders))}


async def _seconds(export: Any, stored: StoredObject, path: Path) -> float:
    return probe(await export.store.fetch(stored, path)).duration


def _last_moment(srt: str) -> float:
    hours, minutes, seconds, millis = map(int, re.findall(r"--> (\d+):(\d+):(\d+),(\d+)", srt)[-1])
    return 3600 * hours + 60 * minutes + seconds + millis / 1000


async def test_a_long_film_comes_in_parts_that_end_with_sentences(
    start_export: Any, a_source: Any, tmp_path: Path
) -> None:
    """Each part within the limit, with captions of its own that end in it; YouTube's film stays whole."""
    export = await start_export()
    await _limited(export)
    source = await a_source(export, SCRIPT)
    made = await _made(export, *(source.rendition(each) for each in (Platform.INSTAGRAM, Platform.YOUTUBE)))
    film, parts = made[Platform.YOUTUBE], made[Platform.INSTAGRAM]
    assert set(film.outputs) == {"video", "poster", "srt", "vtt"}
    assert (film.whole, parts.whole, film.warnings) == (True, False, ())
    assert set(parts.outputs) == {f"{role}-{n}" for role in ("video", "poster", "srt", "vtt") for n in (1, 2, 3)}
    assert parts.warnings == (
        "Instagram Reels takes at most 7 s and the film has 17 s: it comes in 3 parts to be published one after the "
        "other, each ending with a sentence.",
    )
    assert parts.duration == pytest.approx(film.duration, abs=0.2)
    said = []
    for number in (1, 2, 3):
        seconds = await _seconds(export, parts.outputs[f"video-{number}"], tmp_path / f"{number}.mp4")
        srt = (await export.store.read(parts.outputs[f"srt-{number}"])).decode()
        assert 4 < seconds <= 7.05
        assert srt.rstrip().endswith("of six.")
        assert _last_moment(srt) <= seconds + 0.05
        said += re.findall(r"number(\d)", srt)
    assert said == [str(number) for number in range(1, SENTENCES + 1)]


async def test_a_long_film_can_end_with_a_sentence(start_export: Any, a_source: Any, tmp_path: Path) -> None:
    export = await start_export()
    await _limited(export)
    source = await a_source(export, SCRIPT)
    order = source.rendition(Platform.INSTAGRAM, when_too_long=WhenTooLong.END_AT_SENTENCE)
    made = (await _made(export, order))[Platform.INSTAGRAM]
    assert set(made.outputs) == {"video", "poster", "srt", "vtt"}
    assert not made.whole
    assert made.warnings == (
        "Instagram Reels takes at most 7 s and the film has 17 s: its video ends at 6 s, with the last sentence that "
        "fits. The whole film is in the original video.",
    )
    seconds = await _seconds(export, made.outputs["video"], tmp_path / "video.mp4")
    srt = (await export.store.read(made.outputs["srt"])).decode()
    assert 5 < seconds <= 7
    assert re.findall(r"number(\d)", srt) == ["1", "2"]
    assert srt.rstrip().endswith("of six.")
    assert _last_moment(srt) <= seconds + 0.05


@pytest.mark.parametrize(
    ("longest", "when_too_long", "pieces"),
    [
        (60.0, WhenTooLong.SPLIT, 3),
        (60.0, WhenTooLong.END_AT_SENTENCE, 1),
        (None, WhenTooLong.SPLIT, 1),
    ],
    ids=["parts", "ended", "as-the-row-says"],
)
def test_a_script_of_166_seconds(
    write_video: Any, tmp_path: Path, longest: float | None, when_too_long: WhenTooLong, pieces: int
) -> None:
    """On Instagram as its row is, whole; with a minute's limit never cut elsewhere than behind a sentence."""
    words, at = [], 0.2
    for number in range(46):
        for text in f"The boats come home number{number} tonight.".split():
            words.append({"text": text, "start": at, "end": at + 0.45})
            at += 0.52
        at += 0.48
    assert at == pytest.approx(166, abs=0.5)
    write_video(source := tmp_path / "source.mp4", at, rate=5, width=90, height=160)
    (timings := tmp_path / "timings.json").write_text(json.dumps({"words": words}))
    row = next(one.values for one in SPECIFICATIONS if one.platform == Platform.INSTAGRAM)
    limit = {} if longest is None else {"max_duration_s": longest}
    slow = {"frame_rate": 5.0, "frame_rate_min": 5.0, "min_duration_s": None}
    small = row.model_copy(update={"width": 90, "height": 160, **slow, **limit})
    (folder := tmp_path / "out").mkdir()
    wanted = [Wanted("instagram", small, when_too_long)]
    (made,) = render(source, timings, "en", wanted, folder, 2, progress=lambda _: None)
    assert len(made.pieces) == pieces
    assert made.whole == (longest is None)
    assert len(made.warnings) == (0 if made.whole else 1)
    said: list[str] = []
    for piece in made.pieces:
        assert piece.srt is not None
        srt = piece.srt.read_text()
        seconds = probe(piece.video).duration
        assert seconds <= small.max_duration_s + 0.1
        assert srt.rstrip().endswith("tonight.")
        assert seconds - 1.0 < _last_moment(srt) <= seconds + 0.05
        said += re.findall(r"number(\d+)", srt)
    assert said == [str(number) for number in range(len(said))]
    assert len(said) == (16 if when_too_long is WhenTooLong.END_AT_SENTENCE else 46)


async def test_a_sentence_that_is_too_long_is_cut_between_words_and_that_is_said(
    start_export: Any, a_source: Any
) -> None:
    export = await start_export()
    await _limited(export, 3.3)
    source = await a_source(export, "One two three four five six seven eight nine ten eleven twelve. End.")
    made = (await _made(export, source.rendition(Platform.INSTAGRAM)))[Platform.INSTAGRAM]
    (warning,) = made.warnings
    assert warning.endswith("in 2 parts to be published one after the other; part 1 ends inside a sentence that is "
                            "longer than that.")  # fmt: skip
    said = [(await export.store.read(made.outputs[f"srt-{n}"])).decode().split("\n", 2)[2].split() for n in (1, 2)]
    assert [word.rstrip(".") for word in said[0]] == ["One", "two", "three", "four", "five", "six", "seven"]


async def test_where_nobody_knows_when_words_are_said_the_clock_cuts_and_that_is_said(
    start_export: Any, a_source: Any
) -> None:
    """Speech of a vendor that gives no times."""
    export = await start_export()
    await _limited(export, 3.0)
    source = await a_source(export, "Somebody says something that nobody has the times of here.")
    made = (await _made(export, source.rendition(Platform.INSTAGRAM, timings=None)))[Platform.INSTAGRAM]
    assert set(made.outputs) == {"video-1", "poster-1", "video-2", "poster-2"}
    (warning,) = made.warnings
    assert warning.endswith("part 1 ends inside a sentence, for it is not known when each word is said.")


async def test_a_kit_of_parts_says_how_to_publish_them(start_export: Any, a_source: Any) -> None:
    """Each part's video, cover and captions, and instructions and a checklist that match."""
    export = await start_export()
    await _limited(export)
    source = await a_source(export, SCRIPT)
    made = (await _made(export, source.rendition(Platform.INSTAGRAM)))[Platform.INSTAGRAM]
    await export.tell(source.kit({"instagram": made.outputs["video-1"]}))
    (done,) = await export.wait_for(KitCompleted)
    archive = zipfile.ZipFile(io.BytesIO(await export.store.read(done.kit)))
    names = {name.removeprefix("instagram/") for name in done.files if name.startswith("instagram/")}
    assert names >= {f"part-{n}.{ending}" for n in (1, 2, 3) for ending in ("mp4", "jpg", "srt", "vtt")}
    assert not names & {"video.mp4", "cover.jpg", "captions.srt"}
    instructions = archive.read("instagram/instructions.md").decode()
    assert made.warnings[0] in instructions
    assert "once for each part" in instructions
    assert "part-3" in instructions
    checklist = archive.read("instagram/checklist.md").decode()
    assert "- [x] part-3.mp4" in checklist
    assert "- [x] part-3.srt" in checklist
    assert "- [ ] publish all 3 parts, in their order" in checklist
    assert "[ ] video.mp4" not in checklist

    await export.tell(source.paid())
    caller = {"Authorization": f"Bearer {source.user_id}"}
    answer = (await export.http.get(f"/api/v1/export/kits/{source.run_id}", headers=caller)).json()
    assert {"video-1", "video-2", "video-3"} <= set(answer["renditions"]["instagram"])


def _picture(video: Path, number: int) -> Any:
    with av.open(str(video)) as container:
        return next(islice(container.decode(video=0), number, None)).to_ndarray(format="bgr24")


def _apart(one: Any, other: Any) -> float:
    """The share of what is clearly different: letters, not the noise of encoding."""
    return float((np.abs(one.astype(float) - other.astype(float)) > 60).mean())


async def test_captions_in_the_picture_need_no_file(start_export: Any, a_source: Any, tmp_path: Path) -> None:
    """For those platforms that it was ordered for; no cover has one, and the kit asks for no file that is not there."""
    export = await start_export()
    source = await a_source(export)
    made = await _made(
        export,
        source.rendition(Platform.INSTAGRAM),
        source.rendition(Platform.TIKTOK, captions=Captions.BURNED),
    )
    burned = made[Platform.TIKTOK]
    assert (burned.captions, set(burned.outputs)) == (Captions.BURNED, {"video", "poster"})
    assert made[Platform.INSTAGRAM].captions is Captions.FILES
    assert burned.outputs["video"].sha256 != made[Platform.INSTAGRAM].outputs["video"].sha256
    with_text = await export.store.fetch(burned.outputs["video"], tmp_path / "with.mp4")
    without = await export.store.fetch(made[Platform.INSTAGRAM].outputs["video"], tmp_path / "without.mp4")
    cover = cv2.imdecode(np.frombuffer(await export.store.read(burned.outputs["poster"]), np.uint8), cv2.IMREAD_COLOR)
    assert _apart(_picture(with_text, 15), _picture(without, 15)) > 0.005
    assert _apart(cover, _picture(without, 0)) < 0.0005
    files = {role: made[Platform.INSTAGRAM].outputs[role] for role in ("srt", "vtt")}
    await export.tell(source.kit({one.platform.value: one.outputs["video"] for one in made.values()}, captions=files))
    (done,) = await export.wait_for(KitCompleted)
    archive = zipfile.ZipFile(io.BytesIO(await export.store.read(done.kit)))
    assert "instagram/captions.srt" in done.files
    assert "tiktok/captions.srt" not in done.files
    assert "captions.srt" not in archive.read("tiktok/checklist.md").decode()
    assert "The captions are in the picture." in archive.read("tiktok/instructions.md").decode()


async def test_captions_that_no_font_draws_are_delivered_in_files(
    start_export: Any, a_source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next step is said."""
    export = await start_export()
    source = await a_source(export, "ᚠᛇᚻ ᛒᛦᚦ ᚠᚱᚩᚠᚢᚱ.")
    made = (await _made(export, source.rendition(Platform.TIKTOK, captions=Captions.BURNED)))[Platform.TIKTOK]
    assert made.captions is Captions.FILES
    assert {"srt", "vtt"} <= set(made.outputs)
    (warning,) = made.warnings
    assert warning.startswith("The captions for TikTok are files beside the video, not in it: no installed font draws")
    assert "Runic" in warning


async def test_limits_are_told_once_and_again_when_their_row_changes(start_export: Any) -> None:
    export = await start_export()
    first = {event.platform: event.longest_s for event in await export.wait_for(PlatformLimitChanged, 3)}
    assert first == {"instagram": 900, "tiktok": 600, "youtube": 900}
    announcing = next(part for part in export.service.background if part.__class__.__name__ == "Announcing")
    await announcing.round()
    await _limited(export, 60.0)
    await announcing.round()
    *_, last = await export.wait_for(PlatformLimitChanged, 4)
    assert (last.platform, last.display_name, last.longest_s) == ("instagram", "Instagram Reels", 60)
    assert len(export.events(PlatformLimitChanged)) == 4
