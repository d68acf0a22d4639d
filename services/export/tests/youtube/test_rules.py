"""What needs nobody else: requests, limits of texts, which video is the finished one, encryption."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from chassis.identity.vault import Unreadable, Vault
from chassis.settings import SettingsError, load
from contracts.enums import WorkflowType
from export.settings import Settings
from export.youtube import calls, metadata
from export.youtube.calls import Addresses, Client, Inserted, Processing, Received
from export.youtube.errors import YouTubeFailure
from export.youtube.projects import Order, finished
from export.youtube.tokens import Tokens

AT = Addresses()
CLIENT = Client("an-id", "a-secret", "https://talkingphoto.example/callback")
ID = UUID(int=7)


def test_the_challenge_is_the_one_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert calls.challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_requests_as_documented() -> None:
    url = urlsplit(calls.authorization_url(AT, CLIENT, state="s", challenge="c"))
    assert (url.netloc, url.path) == ("accounts.google.com", "/o/oauth2/v2/auth")
    assert parse_qs(url.query)["scope"] == ["https://www.googleapis.com/auth/youtube.force-ssl"]
    begun = calls.begin(AT, "t", {"snippet": {}, "status": {}}, size=10, mime_type="video/mp4")
    assert begun.url.startswith("https://www.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&part=snippet")
    assert begun.headers["X-Upload-Content-Length"] == "10"
    sent = calls.piece("https://x", "t", first=5, length=5, total=10, mime_type="video/mp4")
    assert (sent.method, sent.headers["Content-Range"], sent.headers["Content-Length"]) == ("PUT", "bytes 5-9/10", "5")
    assert calls.how_far("https://x", "t", 10).headers["Content-Range"] == "bytes */10"


@pytest.mark.parametrize(
    ("status", "headers", "body", "place"),
    [
        (308, {}, None, Received(0)),
        (308, {"range": "bytes=0-0"}, None, Received(1)),
        (308, {"range": "bytes=0-98"}, None, Received(99)),
        (200, {}, {"id": "v"}, Inserted("v")),
        (201, {}, {"id": "v"}, Inserted("v")),
    ],
)
def test_where_an_upload_is(status: int, headers: dict[str, str], body: Any, place: Any) -> None:
    assert calls.read_position(status, headers, body, total=100) == place


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (308, {"range": "bytes=5-9"}, None),
        (308, {"range": "bytes=0-100"}, None),
        (308, {"range": "all of it"}, None),
        (200, {}, None),
        (200, {}, {"id": 5}),
        (200, {}, []),
    ],
)
def test_nonsense_is_no_place(status: int, headers: dict[str, str], body: Any) -> None:
    with pytest.raises(YouTubeFailure):
        calls.read_position(status, headers, body, total=100)


@pytest.mark.parametrize(
    "location",
    [
        "", "http://www.googleapis.com/upload?upload_id=1", "https://evil.example/upload?upload_id=1",
        "https://www.googleapis.com.evil.example/", "https://www.googleapis.com@evil.example/", "//evil.example/",
        "https://www.googleapis.com/" + "x" * 2000,
    ],
)  # fmt: skip
def test_a_session_elsewhere_gets_no_token(location: str) -> None:
    with pytest.raises(YouTubeFailure):
        calls.read_session(AT, {"location": location})


@pytest.mark.parametrize("body", [None, [], {}, {"items": None}, {"items": []}, {"items": "x"}])
def test_answers_without_items(body: Any) -> None:
    assert calls.read_channel(body) is None
    assert calls.read_processing(body) is None


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ({"uploadStatus": "uploaded"}, Processing("processing")),
        ({"uploadStatus": "processed"}, Processing("done")),
        ({"uploadStatus": "failed", "failureReason": "codec"}, Processing("failed", "codec")),
        ({"uploadStatus": "rejected", "rejectionReason": "length"}, Processing("failed", "length")),
        ({"uploadStatus": "deleted"}, Processing("failed", "deleted")),
        ({}, Processing("processing")),
    ],
)
def test_what_became_of_a_video(status: dict[str, str], told: Processing) -> None:
    assert calls.read_processing({"items": [{"status": status}]}) == told


@given(st.text(max_size=400), st.text(max_size=6000), st.sampled_from([None, *WorkflowType]))
def test_texts_are_what_youtube_accepts(title: str, script: str, kind: WorkflowType | None) -> None:
    """For any text, in any alphabet."""
    made = metadata.resource(ID, title=title, script=script, workflow_type=kind, language="en", privacy="private")
    snippet = made["snippet"]
    assert 1 <= len(snippet["title"]) <= 100
    assert len(snippet["description"].encode()) <= 5000
    assert not set("<>") & set(snippet["title"] + snippet["description"] + "".join(snippet["tags"]))
    assert sum(len(tag) + 1 for tag in snippet["tags"]) <= 500
    assert snippet["tags"][0] == metadata.tag_of(ID)
    assert len(set(snippet["tags"])) == len(snippet["tags"])


def test_a_long_title_ends_with_a_whole_word() -> None:
    title = "seventeen letters " * 10
    made = metadata.resource(ID, title=title, script="", workflow_type=None, language="en", privacy="private")
    assert made["snippet"]["title"] == "seventeen letters " * 5 + "seventeen…"


def test_a_script_of_one_long_sentence_is_begun() -> None:
    made = metadata.resource(ID, title="T", script="word " * 2000, workflow_type=None, language="en", privacy="private")
    assert made["snippet"]["description"].startswith("T\n\nword word")
    assert made["snippet"]["description"].endswith("word…")
    assert len(made["snippet"]["description"].encode()) <= 5000


def test_a_long_script_ends_with_a_whole_sentence() -> None:
    script = "これは一つの文です。" * 600
    text = metadata.resource(ID, title="題", script=script, workflow_type=None, language="ja", privacy="private")
    assert text["snippet"]["description"].endswith("。")
    assert 4000 < len(text["snippet"]["description"].encode()) <= 5000


def _video(key: str) -> dict[str, Any]:
    return {"key": key, "sha256": "0" * 64, "size": 5, "mime_type": "video/mp4"}


def _order(platform: str | None, status: str, **request: Any) -> Order:
    outputs = {"video": _video(f"made-{platform}")} if status == "completed" and platform else {}
    return Order(platform, status, {"video": _video("original"), **request}, outputs)


@pytest.mark.parametrize(
    ("orders", "key"),
    [
        ([_order("youtube", "completed"), _order("tiktok", "pending")], "made-youtube"),
        ([_order("youtube", "pending"), _order("tiktok", "completed")], None),
        ([_order("tiktok", "completed"), _order(None, "pending")], None),
        ([_order("tiktok", "completed"), _order(None, "failed")], "original"),
        ([_order("youtube", "failed"), _order("tiktok", "completed")], "original"),
        ([_order("youtube", "failed")], None),
        ([_order("youtube", "cancelled")], None),
        ([_order(None, "completed")], "original"),
        (
            [
                Order(
                    "youtube",
                    "completed",
                    {"video": _video("original")},
                    {"video-1": _video("part-1"), "video-2": _video("part-2")},
                )
            ],
            "original",
        ),
    ],
)
def test_which_video_is_the_finished_one(orders: list[Order], key: str | None) -> None:
    found = finished(orders)
    assert (found.video.key if found else None) == key


def test_what_a_kit_says_of_the_video() -> None:
    said = {"title": "T", "script": "S.", "language": "hi", "workflow_type": "educational"}
    found = finished([_order("youtube", "completed"), _order(None, "completed", **said)])
    assert found is not None
    assert (found.title, found.script, found.language) == ("T", "S.", "hi")
    assert found.workflow_type is WorkflowType.EDUCATIONAL
    alone = finished([_order("youtube", "completed", language="fr")])
    assert alone is not None
    assert (alone.title, alone.language, alone.workflow_type) == ("", "fr", None)


def test_a_vault_opens_what_it_sealed_with_any_of_its_keys() -> None:
    old, new = "an old key of more than 32 characters", Fernet.generate_key().decode()
    tokens = Tokens("a", "r", datetime(2026, 1, 1, tzinfo=UTC))
    sealed = tokens.sealed(Vault(old))
    assert Tokens.opened(sealed, Vault(f"{new}, {old}")) == tokens
    assert Vault(old).seal("x") != Vault(old).seal("x")
    for other in (Vault(new), Vault(old[::-1])):
        with pytest.raises(Unreadable):
            other.open(sealed)
    with pytest.raises(Unreadable):
        Vault(old).open(sealed[:-2] + b"AA")
    with pytest.raises(ValueError, match="32"):
        Vault("short")


def test_settings_of_a_client_are_complete_or_refused() -> None:
    key = "k" * 16 + "l" * 16
    with pytest.raises(SettingsError, match="YOUTUBE_CLIENT_SECRET, ENCRYPTION_KEY"):
        load(Settings, youtube_client_id="id")
    with pytest.raises(SettingsError, match="shorter than 32"):
        load(Settings, youtube_client_id="id", youtube_client_secret="s", encryption_key=f"{key},short")
    with pytest.raises(SettingsError, match="multiple"):
        load(Settings, youtube_piece=1_000_000)
    whole = load(Settings, youtube_client_id="id", youtube_client_secret="s", encryption_key=key)
    assert whole.youtube_callback == "http://127.0.0.1:8000/api/v1/youtube/callback"
    assert key not in repr(whole)
