"""What clients tell of their use: only of who agreed, only words and numbers, under a word that leads to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from analytics.facts import service as facts
from analytics.facts.models import Pseudonyms
from chassis import ids
from contracts.users import UserDeletionRequested

ASHA, BEN = ids.uuid7(), ids.uuid7()
KEY = "local-person-hash-key-for-development"
VIEWED = {
    "event_type": "page.viewed",
    "event_data": {"step": "script", "tries": 2, "first": True},
    "page_url": "https://app.example.com/studio/videos/0199f0a1-0000-7000-8000-000000000001?token=s3cret#top",
    "referrer": "https://mail.example.org/inbox/asha@example.com?q=1",
    "session_id": "0199f0a1-0000-4000-8000-000000000001",
    "device_type": "desktop",
    "browser": "Firefox 145",
    "os": "Linux",
    "page_load_time": 840,
    "interaction_time": 12.5,
}


async def told(analytics: Any, person: Any, **fields: Any) -> Any:
    async with analytics.client(person) as client:
        return await client.post("/api/v1/analytics/events", json=VIEWED | fields)


async def test_only_of_who_agreed_and_for_as_long_as_they_do(analytics: Any) -> None:
    async def answer() -> tuple[int, str | None]:
        found = await told(analytics, ASHA)
        return found.status_code, found.json().get("error", {}).get("code")

    assert await answer() == (403, "consent_missing")
    await analytics.consents(ASHA, kind="marketing")
    assert await answer() == (403, "consent_missing"), "to something else"
    await analytics.consents(ASHA)
    assert await answer() == (202, None)
    assert (await told(analytics, BEN)).status_code == 403, "each for themselves"
    analytics.clock.advance(timedelta(seconds=1))
    await analytics.consents(ASHA, granted=False)
    assert await answer() == (403, "consent_missing")
    assert len(await analytics.rows("SELECT FROM user_analytics")) == 1


async def test_an_older_word_that_comes_late_changes_nothing(analytics: Any) -> None:
    from contracts.users import ConsentChanged

    now = analytics.clock.now()
    words = [(True, now), (False, now + timedelta(hours=1))]
    for granted, at in reversed(words):
        await analytics.tell(ConsentChanged(user_id=ASHA, kind="analytics", granted=granted, given_at=at))
    assert (await told(analytics, ASHA)).status_code == 403


async def test_nothing_that_is_kept_leads_to_anybody(analytics: Any) -> None:
    await analytics.consents(ASHA)
    assert (await told(analytics, ASHA)).status_code == 202
    [row] = await analytics.rows("SELECT * FROM user_analytics")
    assert (row["page_url"], row["referrer"]) == ("/studio/videos/:id", "mail.example.org")
    assert (row["page_load_time"], row["interaction_time"], row["browser"]) == (840, 12.5, "Firefox 145")
    kept = str(row)
    assert not [one for one in (str(ASHA), "s3cret", "asha@", "0199f0a1-0000-7000") if one in kept]
    assert row["person"] == Pseudonyms(KEY).of(ASHA)


@pytest.mark.parametrize(
    "fields",
    [
        {"event_data": {"a\0b": "a\0b"}},
        {"event_data": {"said": "I am Asha and live in Pune"}},
        {"event_data": {"mail": "asha@example.com"}},
        {"event_data": {"nested": {"a": 1}}},
        {"event_data": {f"f{number}": 1 for number in range(21)}},
        {"event_type": "Page Viewed"},
        {"event_type": "a" * 101},
        {"page_url": "javascript:alert(1)"},
        {"page_url": "http://[::1/"},
        {"page_load_time": -1},
        {"interaction_time": float("1e9")},
        {"session_id": "asha"},
        {"browser": "Fire<b>fox"},
        {"device_type": "d" * 51},
        {"user_id": str(BEN)},
    ],
)
async def test_what_may_be_more_than_a_word_is_refused(analytics: Any, fields: dict[str, Any]) -> None:
    await analytics.consents(ASHA)
    assert (await told(analytics, ASHA, **fields)).status_code == 422
    assert await analytics.rows("SELECT FROM user_analytics") == []


async def test_whoever_is_forgotten_agrees_to_nothing_any_more(analytics: Any) -> None:
    await analytics.consents(ASHA)
    await told(analytics, ASHA)
    await analytics.tell(UserDeletionRequested(user_id=ASHA, deletion_id=ids.uuid7(), email="asha@example.com"))
    await analytics.consents(ASHA)
    assert (await told(analytics, ASHA)).status_code == 403
    assert await analytics.rows("SELECT FROM consents") == []
    [row] = await analytics.rows("SELECT person FROM user_analytics")
    assert row["person"] not in (None, Pseudonyms(KEY).of(ASHA)), "the figures stay, of nobody"


async def test_words_go_under_a_new_key_with_all_others(analytics: Any) -> None:
    await analytics.consents(ASHA)
    await told(analytics, ASHA)
    new = Pseudonyms(f"another-key-of-as-many-characters-1,{KEY}")
    async with analytics.database.transaction() as tx:
        assert await facts.rekey(new, tx) == 1
    for table in ("user_analytics", "consents"):
        [row] = await analytics.rows(f"SELECT person FROM {table}")  # noqa: S608
        assert row["person"] == new.of(ASHA), table
    answer = await told(analytics, ASHA)
    assert answer.status_code == 503, "it waits until this process has the new key too"


async def test_what_was_done_on_pages(analytics: Any) -> None:
    for person in (ASHA, BEN):
        await analytics.consents(person)
        await told(analytics, person, session_id=str(ids.uuid7()))
    await told(analytics, ASHA, page_load_time=None, interaction_time=0.5)
    await told(analytics, ASHA, event_type="film.planned", page_url=None)
    analytics.clock.advance(timedelta(seconds=1))
    first, second = (await analytics.get("behaviour"))["items"]
    assert first == {
        "event_type": "page.viewed", "page": "/studio/videos/:id", "events": 3, "people": 2, "visits": 3,
        "average_load_ms": 840.0, "average_seconds": 8.5,
    }  # fmt: skip
    assert (second["event_type"], second["page"], second["people"]) == ("film.planned", "", 1)
    assert (await analytics.get("behaviour", product_line="pixie"))["items"] == []


async def test_nobody_unknown_tells_anything(analytics: Any) -> None:
    async with analytics.client() as client:
        assert (await client.post("/api/v1/analytics/events", json=VIEWED)).status_code == 401
