"""What users decide, quiet hours, and ending letters with one click."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from services.notify.tests import events

from chassis import ids
from notify.preferences.models import Preferences

PATH = "/api/v1/notifications/preferences"


async def decide(notify: Any, user_id: Any, **body: Any) -> Any:
    async with notify.client(user_id) as client:
        return await client.put(PATH, json=body)


async def subjects(notify: Any) -> list[str]:
    return [letter["subject"] for letter in await notify.letters() if not letter["subject"].startswith("Welcome")]


async def test_what_nobody_has_decided_is_as_the_kind_says(notify: Any) -> None:
    async with notify.client(ids.uuid7()) as client:
        found = (await client.get(PATH)).json()
    assert found["choices"]["workflow_completed"] == {"in_app": True, "mail": True}
    assert found["choices"]["workflow_cancelled"] == {"in_app": True, "mail": False}
    assert "password_changed" not in found["choices"] and "payment_received" not in found["choices"]
    assert found["quiet_hours"] is None


async def test_a_channel_that_is_switched_off_stays_silent_for_its_user_alone(notify: Any, new_run: Any) -> None:
    silent, other = new_run(), new_run()
    for run, email in ((silent, "a@example.com"), (other, "b@example.com")):
        await notify.tell(events.registered(run.user_id, email=email))
    answer = await decide(notify, silent.user_id, choices={"workflow_completed": {"in_app": False, "mail": False}})
    assert answer.json()["choices"]["workflow_completed"] == {"in_app": False, "mail": False}
    await notify.tell(silent.completed(), other.completed())
    await notify.settled()
    assert [one["to"] for one in await notify.letters() if "ready" in one["subject"]] == ["b@example.com"]
    async with notify.client(silent.user_id) as client:
        assert (await client.get("/api/v1/notifications")).json()["unread"] == 1
        assert (await client.post("/api/v1/notifications/read-all")).json() == {"marked": 1}


@pytest.mark.parametrize("kind", ["password_changed", "payment_failed", "no_such_kind"])
async def test_security_and_money_cannot_be_switched_off(notify: Any, kind: str) -> None:
    answer = await decide(notify, ids.uuid7(), choices={kind: {"mail": False}})
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == [f"choices.{kind}"]


@pytest.mark.parametrize(
    "body",
    [
        {"quiet_hours": {"start": "22:00"}},
        {"quiet_hours": {"start": "25:00", "end": "07:00"}},
        {"choices": {"welcome": {"x": 1}}},
    ],
)
async def test_what_cannot_be_decided_is_refused(notify: Any, body: dict[str, Any]) -> None:
    assert (await decide(notify, ids.uuid7(), **body)).status_code == 422


async def test_letters_wait_for_the_end_of_quiet_hours_and_security_does_not(notify: Any, new_run: Any) -> None:
    # 12:00 UTC is 17:30 in India.
    run = new_run()
    await notify.tell(events.registered(run.user_id, timezone="Asia/Kolkata"))
    await notify.settled()
    assert (await decide(notify, run.user_id, quiet_hours={"start": "17:00", "end": "07:00"})).json()[
        "quiet_hours"
    ] == {
        "start": "17:00",
        "end": "07:00",
    }
    await notify.tell(run.completed())
    await notify.tell(events.reset(run.user_id))
    await notify.settled()
    assert await subjects(notify) == ["Choose a new password"]
    await notify.later(timedelta(hours=13, minutes=29))
    assert await subjects(notify) == ["Choose a new password"]
    await notify.later(timedelta(minutes=1))
    assert await subjects(notify) == ["Choose a new password", "Your video is ready"]
    async with notify.client(run.user_id) as client:
        assert (await client.get("/api/v1/notifications", params={"kind": "workflow_completed"})).json()["total"] == 1


@pytest.mark.parametrize(
    ("now", "start", "end", "until"),
    [
        ("2026-05-17T21:59", "22:00", "07:00", None),
        ("2026-05-17T22:00", "22:00", "07:00", "2026-05-18T07:00"),
        ("2026-05-18T06:59", "22:00", "07:00", "2026-05-18T07:00"),
        ("2026-05-18T07:00", "22:00", "07:00", None),
        ("2026-05-17T13:00", "12:00", "14:00", "2026-05-17T14:00"),
        ("2026-05-17T13:00", "13:00", "13:00", None),
        # The night in which the clocks go forward.
        ("2026-03-28T23:00", "22:00", "07:00", "2026-03-29T07:00"),
    ],
)
def test_when_quiet_hours_end(now: str, start: str, end: str, until: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")
    wanted = Preferences({}, time.fromisoformat(start), time.fromisoformat(end))
    found = wanted.quiet_until(datetime.fromisoformat(now).replace(tzinfo=zone), zone)
    assert found == (datetime.fromisoformat(until).replace(tzinfo=zone).astimezone(UTC) if until else None)


async def test_one_click_ends_letters_of_a_kind_and_looking_at_the_link_does_not(notify: Any, new_run: Any) -> None:
    user_id = ids.uuid7()
    first, second, third = new_run(user_id), new_run(user_id), new_run(user_id)
    await notify.tell(events.registered(user_id))
    await notify.tell(first.completed())
    await notify.settled()
    [letter] = [one for one in await notify.letters() if one["subject"] == "Your video is ready"]
    link = urlsplit(letter["headers"]["List-Unsubscribe"].strip("<>"))
    address = f"{link.path}?{link.query}"
    async with notify.client() as client:
        asked = await client.get(address)
        assert asked.status_code == 200 and 'method="post"' in asked.text
        await notify.tell(second.completed())
        await notify.settled()
        assert (await subjects(notify)).count("Your video is ready") == 2
        for _ in range(2):
            answer = await client.post(address, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
    await notify.tell(third.completed())
    await notify.tell(new_run(user_id).failed())
    await notify.settled()
    assert (await subjects(notify)).count("Your video is ready") == 2
    assert (await subjects(notify)).count("Your video could not be made") == 1
    async with notify.client(user_id) as client:
        assert (await client.get(PATH)).json()["choices"]["workflow_completed"] == {"in_app": True, "mail": False}


async def test_a_link_that_is_none_of_ours_changes_nothing(notify: Any) -> None:
    async with notify.client() as client:
        for call in (client.get, client.post):
            assert (await call("/api/v1/notifications/unsubscribe?token=gAAAAforged")).status_code == 404
    assert await notify.rows("SELECT user_id FROM preferences") == []


async def test_preferences_are_each_users_own(notify: Any) -> None:
    mine, other = ids.uuid7(), ids.uuid7()
    await decide(notify, mine, choices={"welcome": {"mail": False}})
    async with notify.client(other) as client:
        assert (await client.get(PATH)).json()["choices"]["welcome"]["mail"] is True
    async with notify.client() as nobody:
        assert (await nobody.get(PATH)).status_code == 401
