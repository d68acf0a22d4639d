"""Films that a platform will not take as they are: told before they are made, and made as the order says."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.identity.tokens import Identity
from contracts.enums import Captions, Platform, WhenTooLong
from contracts.export import CreateKit, CreateRendition, PlatformLimitChanged, RenditionCompleted
from media.speech.estimate import estimate_duration
from workflow.platforms.limits import Limit, told

SENTENCE = "The boats come home in the evening, and people buy the fresh fish. "
LONG = SENTENCE * 39 + "All sleep."
"""166 s."""


def limit(seconds: float | None, at: int = 1) -> PlatformLimitChanged:
    return PlatformLimitChanged(
        platform=Platform.INSTAGRAM,
        display_name="Instagram Reels",
        longest_s=seconds,
        as_of=datetime(2026, 11, 29, 12, at, tzinfo=UTC),
    )


def warning(kept: str) -> str:
    return f"The film will have about 166 s; Instagram Reels takes at most 60 s. So {kept}"


SPLIT = warning(
    "it comes in parts, each ending with a sentence. Shorten the script, or choose end_at_sentence for one video "
    "without the rest."
)
ENDED = warning(
    "its video ends with the last sentence that fits, and the rest is left out. Shorten the script, or choose split to "
    "keep all of it in parts."
)


def test_the_script_is_the_long_one() -> None:
    assert estimate_duration(LONG) == pytest.approx(166, abs=0.49)


@pytest.mark.parametrize(("seconds", "warnings"), [(49.0, 0), (55.0, 1), (61.0, 1)])
def test_what_may_become_too_long_is_said_as_well(seconds: float, warnings: int) -> None:
    limits = {"instagram": Limit("Instagram Reels", 60.0), "youtube": Limit("YouTube", None)}
    found = list(told(limits, [Platform.INSTAGRAM, Platform.YOUTUBE, Platform.TIKTOK], seconds, WhenTooLong.SPLIT))
    assert len(found) == warnings
    assert all(("Should it become longer" in one) == (seconds < 60) for one in found)


async def test_an_estimate_and_an_order_say_what_a_platform_will_get(world: Any, somebody: Identity) -> None:
    await world.publish(limit(60.0))
    body = {"script": LONG, "target_platforms": ["instagram", "youtube"]}
    for chosen, expected in (({}, SPLIT), ({"when_too_long": "end_at_sentence"}, ENDED)):
        estimate = await world.call(somebody, "POST", "/api/v1/workflows/estimate", json={**body, **chosen})
        assert estimate.json()["warnings"] == [expected]
        order = await world.order(somebody, **body, **chosen)
        assert order.json()["warnings"] == [expected]
    short = await world.call(somebody, "POST", "/api/v1/workflows/estimate", json={**body, "script": SENTENCE})
    assert short.json()["warnings"] == []


async def test_the_newest_limit_counts_however_often_and_in_whatever_order_it_is_told(
    world: Any, somebody: Identity
) -> None:
    await world.publish(limit(900.0, at=2))
    await world.publish(limit(60.0, at=1), limit(900.0, at=2))
    body = {"script": LONG, "target_platforms": ["instagram"]}
    assert (await world.call(somebody, "POST", "/api/v1/workflows/estimate", json=body)).json()["warnings"] == []
    await world.publish(limit(60.0, at=3), limit(60.0, at=3))
    assert (await world.call(somebody, "POST", "/api/v1/workflows/estimate", json=body)).json()["warnings"] == [SPLIT]


@pytest.mark.parametrize(
    ("captions", "instagram", "youtube"),
    [
        (None, Captions.FILES, Captions.FILES),
        ("burned", Captions.BURNED, Captions.BURNED),
        ({"instagram": "burned"}, Captions.BURNED, Captions.FILES),
    ],
)
async def test_export_is_asked_for_what_was_chosen(
    world: Any, somebody: Identity, captions: Any, instagram: Captions, youtube: Captions
) -> None:
    chosen = {} if captions is None else {"captions": captions}
    reply = await world.order(somebody, when_too_long="end_at_sentence", **chosen)
    assert reply.status_code == 202, reply.text
    run = await world.ended(somebody, reply.json()["id"])
    assert run["status"] == "completed"
    asked = {command.platform: command for command in world.others.asked(CreateRendition)}
    assert asked[Platform.INSTAGRAM].captions is instagram
    assert asked[Platform.YOUTUBE].captions is youtube
    assert {command.when_too_long for command in asked.values()} == {WhenTooLong.END_AT_SENTENCE}


async def test_parts_are_delivered_one_by_one_with_what_is_to_be_said_of_them(
    world: Any, somebody: Identity, help_: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the whole film's captions are those of a platform that has it whole."""
    answer = world.others.answer

    def in_parts(command: Any) -> list[Any]:
        events = answer(command)
        for index, event in enumerate(events):
            if isinstance(event, RenditionCompleted) and event.platform is Platform.INSTAGRAM:
                outputs = {
                    f"{role}-{number}": help_.stored(f"{role}-{number}")
                    for role in ("video", "poster", "srt")
                    for number in (1, 2)
                }
                events[index] = event.model_copy(
                    update={"outputs": outputs, "whole": False, "warnings": ("It comes in 2 parts.",)}
                )
        return events

    monkeypatch.setattr(world.others, "answer", in_parts)
    run = await world.ended(somebody, (await world.order(somebody)).json()["id"])
    assert run["status"] == "completed", run
    assert run["warnings"] == ["It comes in 2 parts."]
    numbered = {f"{kind}_instagram_{number}" for kind in ("rendition", "poster", "srt") for number in (1, 2)}
    assert set(run["results"]) >= {*numbered, "rendition_youtube", "srt", "video"}
    assert "rendition_instagram" not in run["results"]
    (kit,) = world.others.asked(CreateKit)
    assert kit.renditions["instagram"].key == "test/video-1"
    assert kit.captions["srt"].key == "test/srt"
    link = await world.call(
        somebody, "GET", f"/api/v1/workflows/{run['id']}/download", params={"result": "rendition_instagram_2"}
    )
    assert link.status_code == 200
