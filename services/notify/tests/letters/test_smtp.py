"""Letters through a real SMTP server, parsed back; and what happens when it refuses, or is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from pydantic import SecretStr
from services.notify.tests import events

from chassis import ids
from chassis.settings import SettingsError, load
from contracts.notify import NotificationFailed, NotificationSent
from notify.letters.smtp import Server
from notify.settings import Settings


class Postman:
    """Takes letters, or answers what a test wants."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.answers: list[str] = []
        self.recipients: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        assert envelope.content.isascii()
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        self.recipients += envelope.rcpt_tos
        return "250 taken as 42"


@pytest_asyncio.fixture(loop_scope="session")
async def postman() -> AsyncIterator[tuple[Postman, str]]:
    """A mail server that wants a password, and its address."""
    handler = Postman()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (b"us", b"p@ss")
        return AuthResult(success=right, handled=False)

    def server() -> SMTP:
        # It warns of passwords without TLS, and should: here they never leave the machine.
        with pytest.warns(UserWarning, match="AUTH"):
            return SMTP(handler, hostname="mail", authenticator=check, auth_required=True, auth_require_tls=False)

    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield handler, f"smtp://us:p%40ss@127.0.0.1:{port}"
    listening.close()
    await listening.wait_closed()


@pytest.mark.parametrize(
    ("language", "direction", "title"),
    [
        ("en", "ltr", "Welcome, Asha"),
        ("hi", "ltr", "स्वागत है, Asha"),
        ("ja", "ltr", "ようこそ、Ashaさん"),
        ("fa", "rtl", "خوش آمدید، \u2068Asha\u2069"),
    ],
)
async def test_a_letter_arrives_whole(
    start_notify: Any, postman: tuple[Postman, str], language: str, direction: str, title: str
) -> None:
    server, url = postman
    notify = await start_notify(smtp_url=url, mail_from="Talking Phöto <hello@mail.example.com>")
    user_id = ids.uuid7()
    await notify.tell(events.registered(user_id, language=language))
    await notify.settled()
    [letter] = server.letters
    assert server.recipients == [events.ADDRESS]
    assert letter["Subject"] == title
    assert letter["To"].addresses[0].display_name == "Asha"
    assert (letter["From"].addresses[0].display_name, letter["From"].addresses[0].domain) == (
        "Talking Phöto",
        "mail.example.com",
    )
    assert letter["Date"].datetime == notify.clock.now()
    [delivery] = await notify.rows("SELECT id, status, attempts, provider_id, error FROM deliveries")
    assert letter["Message-ID"] == f"<{delivery['id']}@mail.example.com>"
    assert (delivery["status"], delivery["attempts"], delivery["error"]) == ("sent", 1, None)
    assert "taken as 42" in delivery["provider_id"]
    assert letter["Content-Language"] == language
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "multipart/alternative"
    text, html = letter.get_body(("plain",)).get_content(), letter.get_body(("html",)).get_content()
    assert title in text and title in html
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert 'name="color-scheme" content="light dark"' in html
    for outside in ("<img", "<script", "<link", "@import", "url("):
        assert outside not in html


async def test_letters_that_may_be_ended_say_how_and_security_and_money_do_not(
    start_notify: Any, postman: tuple[Postman, str]
) -> None:
    server, url = postman
    notify, user_id = await start_notify(smtp_url=url), ids.uuid7()
    await notify.tell(events.registered(user_id))
    await notify.tell(events.reset(user_id))
    await notify.tell(events.of_money(user_id)["payment_received"])
    await notify.settled()
    by_subject = {letter["Subject"]: letter for letter in server.letters}
    welcome = by_subject.pop("Welcome, Asha")
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = welcome["List-Unsubscribe"].strip("<>")
    assert link.startswith("http://127.0.0.1:8000/api/v1/notifications/unsubscribe?token=")
    assert link in welcome.get_body(("plain",)).get_content()
    assert sorted(by_subject) == ["Choose a new password", "Receipt: 1499.00 INR"]
    for letter in by_subject.values():
        assert letter["List-Unsubscribe"] is None
        assert "unsubscribe" not in letter.as_string()


async def test_what_fails_is_tried_again_after_60_120_and_240_seconds_and_then_given_up(
    start_notify: Any, postman: tuple[Postman, str]
) -> None:
    server, url = postman
    notify, user_id = await start_notify(smtp_url=url), ids.uuid7()
    server.answers = ["451 later"] * 4
    await notify.tell(events.registered(user_id))
    await notify.settled()
    for tries, wait_s in ((1, 60), (2, 120), (3, 240)):
        [row] = await notify.rows("SELECT status, attempts, error FROM deliveries")
        assert row == {"status": "pending", "attempts": tries, "error": "the mail server refused the letter: 451"}
        await notify.later(timedelta(seconds=wait_s - 1))
        assert len(server.answers) == 4 - tries
        await notify.later(timedelta(seconds=1))
        assert len(server.answers) == 3 - tries
    [row] = await notify.rows("SELECT status, attempts FROM deliveries")
    assert row == {"status": "failed", "attempts": 4}
    [failed] = notify.said(NotificationFailed)
    assert (failed.channel, failed.kind, failed.reason) == (
        "mail",
        "welcome",
        "the mail server refused the letter: 451",
    )
    assert [one.channel for one in notify.said(NotificationSent)] == ["in_app"]
    await notify.later(timedelta(hours=2))
    assert server.letters == []


async def test_a_letter_that_failed_once_arrives_once(start_notify: Any, postman: tuple[Postman, str]) -> None:
    server, url = postman
    notify, user_id = await start_notify(smtp_url=url), ids.uuid7()
    server.answers = ["451 later"]
    await notify.tell(events.registered(user_id))
    await notify.settled()
    await notify.later(timedelta(seconds=60))
    assert len(server.letters) == 1
    assert await notify.rows("SELECT status, attempts FROM deliveries") == [{"status": "sent", "attempts": 2}]


@pytest.mark.parametrize("answer", ["550 no such user", "554 spam"])
async def test_what_is_refused_for_good_is_not_tried_again(
    start_notify: Any, postman: tuple[Postman, str], answer: str
) -> None:
    server, url = postman
    notify = await start_notify(smtp_url=url)
    server.answers = [answer]
    await notify.tell(events.registered(ids.uuid7()))
    await notify.settled()
    assert await notify.rows("SELECT status, attempts FROM deliveries") == [{"status": "failed", "attempts": 1}]
    assert await notify.rows("SELECT id FROM work") == []


async def test_a_wrong_password_is_ours_to_put_right_and_stays_out_of_what_is_kept(
    start_notify: Any, postman: tuple[Postman, str], logged: Any
) -> None:
    _, url = postman
    notify = await start_notify(smtp_url=url.replace("p%40ss", "another-secret"))
    await notify.tell(events.registered(ids.uuid7()))
    await notify.settled()
    [row] = await notify.rows("SELECT status, error FROM deliveries")
    assert row["status"] == "pending" and "535" in row["error"]
    assert "another-secret" not in logged() and events.ADDRESS not in logged()


async def test_a_server_that_is_away_is_waited_for(start_notify: Any) -> None:
    notify = await start_notify(smtp_url="smtp://127.0.0.1:1")
    await notify.tell(events.registered(ids.uuid7()))
    await notify.settled()
    [row] = await notify.rows("SELECT status, error FROM deliveries")
    assert row["status"] == "pending" and "does not answer" in row["error"]


async def test_an_address_that_is_none_fails_at_once(start_notify: Any, postman: tuple[Postman, str]) -> None:
    server, url = postman
    notify = await start_notify(smtp_url=url)
    await notify.tell(events.registered(ids.uuid7(), email="a@example.com\r\nBcc: b@example.com"))
    await notify.settled()
    assert await notify.rows("SELECT status FROM deliveries") == [{"status": "failed"}]
    assert server.letters == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://a:b@mail.example.com", Server("mail.example.com", 465, "a", "b", tls=True, start_tls=False)),
        ("smtp+starttls://mail.example.com", Server("mail.example.com", 587, None, None, tls=False, start_tls=True)),
        ("smtp://mail.example.com:25", Server("mail.example.com", 25, None, None, tls=False, start_tls=None)),
    ],
)
def test_how_a_server_is_named(url: str, server: Server) -> None:
    assert Server.of(url) == server


@pytest.mark.parametrize("url", ["http://mail.example.com", "smtp://", "mail.example.com"])
def test_what_names_no_server_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="SMTP_URL"):
        load(Settings, env="test", smtp_url=SecretStr(url))


def test_production_needs_a_mail_server() -> None:
    with pytest.raises(SettingsError, match="SMTP_URL"):
        load(Settings, env="production", database_url="postgresql+asyncpg://x", public_url="https://a.example.org")
