"""Which letter follows from which event, to whom, with which links, once; and where nothing secret stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from services.notify.tests import events

from chassis import ids
from chassis.bus.port import ACKNOWLEDGE
from contracts.notify import NotificationSent
from contracts.users import UserLoggedIn, UserUpdated
from notify.messages.kinds import KINDS

TOLD = {*events.of_accounts(ids.uuid7()), *events.of_money(ids.uuid7())}
SOMEWHERE_ELSE = {"change_email": "new@example.com", "email_changed": "old@example.com",
                  "account_deleted": "gone@example.com"}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(TOLD))
async def test_every_fact_is_told_once_however_often_it_comes(notify: Any, kind: str) -> None:
    user_id = ids.uuid7()
    event = {**events.of_accounts(user_id), **events.of_money(user_id)}[kind]
    await notify.tell(events.registered(user_id))
    delivery = notify.delivery(event)
    assert await notify.deliver(delivery) == [ACKNOWLEDGE]
    assert await notify.deliver(delivery) == [ACKNOWLEDGE]
    await notify.settled()
    letters = [letter for letter in await notify.letters() if "Welcome" not in letter["subject"]]
    assert [letter["to"] for letter in letters] == [SOMEWHERE_ELSE.get(kind, events.ADDRESS)] * KINDS[kind].mail
    async with notify.client(user_id) as client:
        listed = (await client.get("/api/v1/notifications", params={"kind": kind})).json()
    assert listed["total"] == KINDS[kind].in_app
    for text in [letter["subject"] + letter["text"] for letter in letters] + [str(listed)]:
        assert "{" not in text.replace("{'", "").replace(": {}", "")
    sent = [(one.channel, one.kind) for one in notify.said(NotificationSent) if one.kind != "welcome"]
    assert sent == [("in_app", kind)] * KINDS[kind].in_app + [("mail", kind)] * KINDS[kind].mail
    again = await notify.rows("SELECT count(*) AS n FROM work")
    assert again == [{"n": 0}]


async def test_a_one_time_token_is_in_the_link_and_nowhere_else(notify: Any, logged: Any) -> None:
    user_id = ids.uuid7()
    await notify.tell(events.registered(user_id))
    await notify.tell(events.reset(user_id, "the-plain-token"))
    [sealed] = await notify.rows("SELECT sealed_token FROM deliveries WHERE sealed_token IS NOT NULL")
    assert "the-plain-token" not in sealed["sealed_token"]
    await notify.settled()
    [letter] = [one for one in await notify.letters() if one["subject"] == "Choose a new password"]
    [link] = [one for one in letter["links"] if "token" in one]
    assert link.startswith("http://127.0.0.1:8000/reset-password?")
    assert parse_qs(urlsplit(link).query) == {"token": ["the-plain-token"]}
    assert link in letter["html"]
    assert await notify.rows("SELECT DISTINCT sealed_token, sealed_address FROM deliveries") == [
        {"sealed_token": None, "sealed_address": None}
    ]
    for table in ("notifications", "deliveries", "mailbox", "outbox", "work"):
        for row in await notify.fetch(f"SELECT to_jsonb(t)::text AS row FROM {table} AS t"):  # noqa: S608
            assert "the-plain-token" not in row["row"]
    assert "the-plain-token" not in logged()


async def test_links_lead_to_the_web_client_where_there_is_one(start_notify: Any) -> None:
    notify, user_id = await start_notify(app_url="https://app.example.com/"), ids.uuid7()
    await notify.tell(events.registered(user_id))
    await notify.tell(events.reset(user_id), events.of_accounts(user_id)["password_changed"])
    await notify.settled()
    letters = {letter["subject"]: letter["links"] for letter in await notify.letters()}
    assert letters["Choose a new password"] == ["https://app.example.com/reset-password?token=plain-token"]
    assert letters["Your password was changed"] == ["https://app.example.com/forgot-password"]


async def test_a_finished_run_comes_with_links_and_its_picture(notify: Any, new_run: Any) -> None:
    run = new_run()
    picture = await notify.store.put_bytes(b"\xff\xd8 a picture", "images/a.jpg", "image/jpeg")
    video = await notify.store.put_bytes(b"a film", "videos/a.mp4", "video/mp4")
    await notify.tell(events.registered(run.user_id))
    await notify.tell(run.completed(results={"enhanced_image": picture, "video": video}, credits=1, seconds=12.4))
    await notify.settled()
    [letter] = [one for one in await notify.letters() if one["subject"] == "Your video is ready"]
    assert "It took 12 s and cost 1 credit(s)." in letter["text"]
    assert str(run.id) in letter["text"] and "avatar_presentation" in letter["text"] and "0.5" in letter["text"]
    assert "data:image/jpeg;base64,/9ggYSBwaWN0dXJl" in letter["html"]
    [action, *_] = letter["links"]
    assert "/api/v1/objects/videos/a.mp4?" in action and "signature" in action
    async with notify.client(run.user_id) as client:
        [message] = (await client.get("/api/v1/notifications", params={"kind": "workflow_completed"})).json()["items"]
    assert message["links"].keys() == {"enhanced_image", "video"}


async def test_a_picture_that_is_gone_keeps_no_letter_back(notify: Any, new_run: Any) -> None:
    run = new_run()
    picture = await notify.store.put_bytes(b"\xff\xd8 a picture", "images/a.jpg", "image/jpeg")
    await notify.store.delete("images/a.jpg")
    await notify.tell(events.registered(run.user_id))
    await notify.tell(run.completed(results={"enhanced_image": picture}))
    await notify.settled()
    assert "Your video is ready" in [letter["subject"] for letter in await notify.letters()]


@pytest.mark.parametrize(("returned", "words"), [(True, "back in your account"), (False, "No credits were used")])
async def test_a_failed_run_says_why_and_what_became_of_the_credits(
    notify: Any, new_run: Any, returned: bool, words: str
) -> None:
    run = new_run()
    await notify.tell(events.registered(run.user_id))
    await notify.tell(run.failed(message="There is no face in the photo.", credits_returned=returned))
    await notify.settled()
    [letter] = [one for one in await notify.letters() if one["subject"] == "Your video could not be made"]
    assert "There is no face in the photo." in letter["text"] and words in letter["text"]


@pytest.mark.parametrize(("language", "direction"), [("hi", "ltr"), ("fa", "rtl"), ("ta", "ltr")])
async def test_a_letter_is_in_the_users_language_and_direction(notify: Any, language: str, direction: str) -> None:
    user_id = ids.uuid7()
    await notify.tell(events.registered(user_id, language=language))
    await notify.settled()
    [letter] = await notify.letters()
    shown = language if language != "ta" else "en"
    assert letter["headers"]["Content-Language"] == shown
    assert f'<html lang="{shown}" dir="{direction}">' in letter["html"]


async def test_names_and_reasons_are_text_in_html(notify: Any, new_run: Any) -> None:
    run = new_run()
    await notify.tell(events.registered(run.user_id, name='<script>alert("x")</script>\r\nBcc: all@example.com'))
    await notify.tell(run.failed(message="{{ 7 * 7 }} <b>bold</b>"))
    await notify.settled()
    for letter in await notify.letters():
        assert "<script>" not in letter["html"] and "<b>" not in letter["html"]
        assert "Bcc" not in letter["headers"]
    assert any("{{ 7 * 7 }}" in letter["text"] for letter in await notify.letters())


async def test_letters_go_to_the_newest_address_and_nobody_without_one(notify: Any, new_run: Any) -> None:
    run, unknown = new_run(), new_run()
    await notify.tell(events.registered(run.user_id))
    await notify.tell(UserUpdated(user_id=run.user_id, email="b@example.com", version=2))
    await notify.tell(run.completed(), unknown.completed())
    await notify.settled()
    assert [one["to"] for one in await notify.letters() if "ready" in one["subject"]] == ["b@example.com"]
    rows = await notify.rows(
        "SELECT status, attempts FROM deliveries JOIN notifications AS n ON n.id = notification_id WHERE user_id = $1",
        unknown.user_id,
    )
    assert rows == [{"status": "skipped", "attempts": 0}]


async def test_a_login_from_a_known_device_is_nobodys_news(notify: Any) -> None:
    user_id = ids.uuid7()
    known = UserLoggedIn(
        user_id=user_id, session_id=ids.uuid7(), product_line="talkingphoto", device="Firefox", address_hash="0"
    )
    assert await notify.tell(known) == [ACKNOWLEDGE]
    assert await notify.rows("SELECT kind FROM notifications") == []


async def test_a_token_sealed_with_a_lost_key_fails_at_once(notify: Any) -> None:
    user_id = ids.uuid7()
    await notify.tell(events.registered(user_id))
    await notify.tell(events.reset(user_id).model_copy(update={"sealed_token": "gAAAAA"}))
    await notify.settled()
    rows = await notify.rows("SELECT status, error FROM deliveries WHERE status <> 'sent'")
    assert rows == [{"status": "failed", "error": "sealed with a key that is not here any more"}]


async def test_what_nobody_foresaw_ends_after_four_tries(notify: Any) -> None:
    await notify.tell(events.registered(ids.uuid7()))
    await notify.execute("UPDATE notifications SET kind = 'of_another_release'")
    await notify.settled()
    for minutes in (1, 2, 4, 8):
        await notify.later(timedelta(minutes=minutes))
    assert await notify.rows("SELECT status, error FROM deliveries") == [
        {"status": "failed", "error": "it could not be written"}
    ]
    assert await notify.rows("SELECT id FROM work") == []


async def test_the_local_mail_box_is_read_as_json_and_as_a_page(notify: Any) -> None:
    first, second = ids.uuid7(), ids.uuid7()
    await notify.tell(events.registered(first, email="A@Example.com", name="<i>Asha</i>"))
    await notify.settled()
    await notify.later(timedelta(seconds=1))
    await notify.tell(events.registered(second, email="b@example.com", name="Bo"))
    await notify.settled()
    async with notify.client() as client:
        listed = (await client.get("/mail/messages", params={"to": "a@example.com"})).json()
        assert (listed["total"], listed["items"][0]["to"]) == (1, "a@example.com")
        assert [one["to"] for one in (await client.get("/mail/messages")).json()["items"]] == [
            "b@example.com",
            "a@example.com",
        ]
        page = await client.get("/mail")
        assert page.headers["content-type"].startswith("text/html")
        assert "&lt;i&gt;Asha" in page.text and "<i>" not in page.text
        shown = await client.get(f"/mail/messages/{listed['items'][0]['id']}/page")
        assert "default-src 'none'" in shown.headers["content-security-policy"]
        assert (await client.get(f"/mail/messages/{ids.uuid7()}")).status_code == 404
    assert {name.lower() for name in (await notify.letters())[0]["headers"]} >= {"list-unsubscribe", "date"}


async def test_there_is_no_mail_box_where_letters_go_through_a_server(start_notify: Any) -> None:
    notify = await start_notify(smtp_url="smtp://127.0.0.1:1")
    async with notify.client() as client:
        for path in ("/mail", "/mail/messages", f"/mail/messages/{ids.uuid7()}"):
            assert (await client.get(path)).status_code == 404
