"""In-app messages: which, in what language, once, and whose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from chassis.work.sweeper import Sweeper
from contracts.notify import NotificationSent
from contracts.users import RegistrationRepeated, UserRegistered, UserUpdated


def registered(user_id: UUID, **fields: Any) -> UserRegistered:
    given = {"email": "a@example.com", "username": "asha", "home_product_line": "talkingphoto"} | fields
    return UserRegistered(user_id=user_id, **given)


def updated(user_id: UUID, version: int, **fields: Any) -> UserUpdated:
    return UserUpdated(user_id=user_id, email="a@example.com", version=version, **fields)


async def messages_of(notify: Any, user_id: UUID, **query: Any) -> Any:
    async with notify.client(user_id) as client:
        answer = await client.get("/api/v1/notifications", params=query)
    assert answer.status_code == 200
    return answer.json()


async def title_of_the_end(notify: Any, user_id: UUID) -> str:
    found = (await messages_of(notify, user_id))["items"]
    [title] = [message["title"] for message in found if message["kind"] == "workflow_completed"]
    return str(title)


async def test_a_new_user_is_greeted_once(notify: Any) -> None:
    user_id = ids.uuid7()
    greeting = notify.delivery(registered(user_id, name="Asha", language="hi"))
    assert await notify.deliver(greeting) == [ACKNOWLEDGE]
    assert await notify.deliver(greeting) == [ACKNOWLEDGE]
    assert await notify.tell(registered(user_id, name="Asha", language="hi")) == [ACKNOWLEDGE]
    [message] = (await messages_of(notify, user_id))["items"]
    assert (message["kind"], message["title"]) == ("welcome", "स्वागत है, Asha")
    [sent] = notify.said(NotificationSent)
    assert (str(sent.notification_id), sent.channel, sent.kind) == (message["id"], "in_app", "welcome")


@pytest.mark.parametrize(
    ("fields", "kept"), [({}, "asha"), ({"username": "asha2"}, "asha2"), ({"name": "Asha", "username": "asha"}, "Asha")]
)
async def test_who_has_no_name_is_called_by_the_username_after_a_change_too(
    notify: Any, fields: dict[str, str], kept: str
) -> None:
    user_id = ids.uuid7()
    await notify.tell(registered(user_id))
    await notify.tell(updated(user_id, 2, language="es", **fields))
    assert await notify.rows("SELECT name, language FROM recipients") == [{"name": kept, "language": "es"}]


async def test_the_owner_of_an_address_is_warned_once_a_day(notify: Any) -> None:
    user_id, stranger = ids.uuid7(), ids.uuid7()
    await notify.tell(registered(user_id, language="es"))
    repeated = notify.delivery(RegistrationRepeated(user_id=user_id, product_line="talkingphoto"))
    for delivery in (repeated, repeated):
        assert await notify.deliver(delivery) == [ACKNOWLEDGE]
    again = RegistrationRepeated(user_id=user_id, product_line="talkingphoto")
    assert await notify.tell(again, again.model_copy()) == [ACKNOWLEDGE] * 2
    warnings = [m for m in (await messages_of(notify, user_id))["items"] if m["kind"] == "registration_repeated"]
    assert [warning["title"] for warning in warnings] == ["Alguien se registró con tu dirección"]
    notify.clock.advance(timedelta(days=1))
    assert await notify.tell(again) == [ACKNOWLEDGE]
    assert (await messages_of(notify, user_id))["total"] == 3
    assert (await messages_of(notify, stranger))["total"] == 0


async def test_the_longest_name_still_fits_the_title(notify: Any) -> None:
    user_id = ids.uuid7()
    assert await notify.tell(registered(user_id, name="x" * 255, language="es")) == [ACKNOWLEDGE]
    [message] = (await messages_of(notify, user_id))["items"]
    assert len(message["title"]) == 255
    assert message["title"].endswith("x…")


@pytest.mark.parametrize(
    ("end", "fields", "kind", "parts", "data"),
    [
        ("completed", {}, "workflow_completed", ["12 s", "1 credit"], {"cost": "0.5", "results": ["video"]}),
        ("failed", {}, "workflow_failed", ["no face", "back in your account"], {"code": "no_face"}),
        ("failed", {"credits_returned": False}, "workflow_failed", ["No credits were used"], {"retryable": False}),
        ("cancelled", {}, "workflow_cancelled", ["No credits were used"], {}),
    ],
)
async def test_how_a_run_ended_is_told(
    notify: Any, new_run: Any, end: str, fields: dict[str, Any], kind: str, parts: list[str], data: dict[str, Any]
) -> None:
    run = new_run()
    await notify.tell(run.created(), run.step(), getattr(run, end)(**fields))
    [message] = (await messages_of(notify, run.user_id))["items"]
    assert message["kind"] == kind
    for part in parts:
        assert part in message["body"]
    assert message["data"].items() >= ({"workflow_id": str(run.id)} | data).items()


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "Your video is ready"),
        ("hi", "आपका वीडियो तैयार है"),
        ("es", "Tu vídeo está listo"),
        ("ta", "Your video is ready"),
    ],
)
async def test_messages_speak_the_users_language(notify: Any, new_run: Any, language: str, title: str) -> None:
    run = new_run()
    await notify.tell(registered(run.user_id, language=language))
    await notify.tell(run.completed())
    assert await title_of_the_end(notify, run.user_id) == title


async def test_the_newest_word_about_a_user_counts(notify: Any, new_run: Any) -> None:
    run, user_id = new_run(), ids.uuid7()
    run.user_id = user_id
    change = notify.delivery(updated(user_id, 2, name="Asha", language="es"))
    assert await notify.deliver(change) == [ACKNOWLEDGE]
    assert await notify.tell(registered(user_id, language="en")) == [ACKNOWLEDGE]
    await notify.tell(updated(user_id, 3, language="hi"))
    assert await notify.deliver(change) == [ACKNOWLEDGE]
    await notify.tell(run.completed())
    [row] = await notify.rows("SELECT * FROM recipients")
    assert (row["language"], row["version"]) == ("hi", 3)
    assert await title_of_the_end(notify, user_id) == "आपका वीडियो तैयार है"


async def test_an_event_leads_to_one_message_however_often_it_comes(notify: Any, new_run: Any) -> None:
    run = new_run()
    end = run.completed()
    delivery = notify.delivery(end)
    await notify.deliver(delivery)
    await notify.deliver(delivery)
    await notify.tell(end, end)
    assert (await messages_of(notify, run.user_id))["total"] == 1
    assert len(notify.said(NotificationSent)) == 1


async def test_an_event_that_is_twice_in_one_batch_is_one_message(notify: Any, new_run: Any) -> None:
    run = new_run()
    end = run.failed()
    assert await notify.tell(end, end) == [ACKNOWLEDGE, ACKNOWLEDGE]
    assert (await messages_of(notify, run.user_id))["total"] == 1
    assert len(notify.said(NotificationSent)) == 1


async def test_what_follows_from_an_event_carries_its_correlation(notify: Any, new_run: Any) -> None:
    runs = [new_run(), new_run()]
    deliveries = [notify.delivery(run.completed(), correlation_id=f"request-{run.id}") for run in runs]
    await notify.deliver(*deliveries)
    sent = {message.headers["cloudEvents:userid"]: message.headers for message in notify.sent(NotificationSent)}
    for run, delivery in zip(runs, deliveries, strict=True):
        assert sent[str(run.user_id)]["cloudEvents:correlationid"] == f"request-{run.id}"
        assert sent[str(run.user_id)]["cloudEvents:causationid"] == delivery.headers["cloudEvents:id"]


async def test_list_read_and_read_all(notify: Any, new_run: Any) -> None:
    user_id = ids.uuid7()
    for run in [new_run(user_id) for _ in range(3)]:
        await notify.tell(run.completed())
    page = await messages_of(notify, user_id, per_page=2)
    assert (len(page["items"]), page["total"], page["unread"]) == (2, 3, 3)
    assert (await messages_of(notify, user_id, per_page=2, page=9))["total"] == 3
    async with notify.client(user_id) as client:
        one = page["items"][0]["id"]
        for _ in range(2):
            assert (await client.post(f"/api/v1/notifications/{one}/read")).json() == {"marked": 1}
        unread = (await client.get("/api/v1/notifications", params={"unread": True})).json()
        assert (unread["total"], unread["unread"]) == (2, 2)
        assert one not in {message["id"] for message in unread["items"]}
        assert (await client.post("/api/v1/notifications/read-all")).json() == {"marked": 2}
        assert (await client.post("/api/v1/notifications/read-all")).json() == {"marked": 0}
    after = await messages_of(notify, user_id)
    assert (after["unread"], after["total"]) == (0, 3)
    assert all(message["read_at"] for message in after["items"])


async def test_messages_of_another_user_are_neither_seen_nor_touched(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.tell(run.completed())
    [message] = (await messages_of(notify, run.user_id))["items"]
    stranger = ids.uuid7()
    assert (await messages_of(notify, stranger))["total"] == 0
    async with notify.client(stranger) as client:
        foreign = await client.post(f"/api/v1/notifications/{message['id']}/read")
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "not_found")
        assert (await client.post("/api/v1/notifications/read-all")).json() == {"marked": 0}
    assert (await messages_of(notify, run.user_id))["unread"] == 1
    async with notify.client() as nobody:
        assert (await nobody.get("/api/v1/notifications")).status_code == 401


async def test_messages_and_updates_go_when_they_are_old_and_younger_ones_stay(notify: Any, new_run: Any) -> None:
    from_then, user_id = new_run(), ids.uuid7()
    await notify.tell(registered(user_id))
    await notify.tell(from_then.created(), from_then.completed())
    sweeper = Sweeper(notify.database, notify.service.retention)
    assert "client_events" not in await sweeper.sweep()
    notify.clock.advance(timedelta(days=30, minutes=1))
    now = new_run()
    await notify.tell(now.created())
    assert (await sweeper.sweep())["client_events"] == 2
    assert [row["run_id"] for row in await notify.rows("SELECT run_id FROM client_events")] == [now.id]
    assert (await messages_of(notify, user_id))["total"] == 1
    notify.clock.advance(timedelta(days=335))
    assert (await sweeper.sweep())["notifications"] == 2
    assert (await messages_of(notify, user_id))["total"] == 0
