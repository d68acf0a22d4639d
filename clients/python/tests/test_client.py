"""What the client does when things go well and when they do not, against answers as the API gives them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from talkingphoto_client import (
    ApiError,
    AsyncTalkingPhoto,
    BadDownload,
    Invalid,
    NotAuthenticated,
    PaymentNeeded,
    Progress,
    RateLimited,
    TalkingPhoto,
    TookTooLong,
    Unavailable,
    Unreachable,
    WorkFailed,
    retrying,
)
from talkingphoto_client.generated import calls
from talkingphoto_client.sync import work
from talkingphoto_client.sync.uploads import Uploads

URL = "http://platform.test"
Answer = httpx.Response | Exception
Script = Callable[[httpx.Request], Answer]


class Platform:
    """Answers as it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, list[Answer] | Script] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        told = self.answers[f"{request.method} {request.url.path}"]
        answer = told(request) if callable(told) else told.pop(0) if len(told) > 1 else told[0]
        if isinstance(answer, Exception):
            raise answer
        # A response belongs to the client that was given it.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def keys(self) -> list[str]:
        return [request.headers["Idempotency-Key"] for request in self.asked]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def client(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[TalkingPhoto]:
    monkeypatch.setattr(retrying, "_FIRST_WAIT_S", 0.0)
    monkeypatch.setattr(work, "_BETWEEN_LOOKS_S", 0.0)
    with TalkingPhoto(URL, "tp_key", transport=httpx.MockTransport(platform)) as found:
        yield found


def refused(status: int, code: str, **more: Any) -> httpx.Response:
    headers = {"Retry-After": "0"} if status in (429, 503, 504) else {}
    error = {"code": code, "message": "Do this next.", "request_id": "0199f0a1", **more}
    return httpx.Response(status, json={"error": error}, headers=headers)


ORDER: Any = {"input_file_id": "f", "script": "Hi."}
ACCEPTED = httpx.Response(202, json={"id": "w1", "status": "pending"})


def test_it_shows_its_key_to_the_platform(client: TalkingPhoto, platform: Platform) -> None:
    platform.answers["GET /api/v1/billing/credits/balance"] = [httpx.Response(200, json={"available": 7})]
    assert client.send(calls.get_balance())["available"] == 7
    assert platform.asked[0].headers["X-API-Key"] == "tp_key"


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadError("broke"), httpx.ConnectError("gone"), refused(503, "unavailable"), refused(429, "rate_limited")],
    ids=["broken", "unconnected", "unavailable", "limited"],
)
def test_an_order_is_tried_again_under_one_key(client: TalkingPhoto, platform: Platform, trouble: Answer) -> None:
    platform.answers["POST /api/v1/workflows"] = [trouble, trouble, ACCEPTED]
    assert client.send(calls.create_workflow(ORDER))["id"] == "w1"
    assert len(platform.keys()) == 3 and len(set(platform.keys())) == 1


def test_two_orders_have_two_keys_and_ones_own_is_kept(client: TalkingPhoto, platform: Platform) -> None:
    platform.answers["POST /api/v1/workflows"] = [ACCEPTED]
    for key in (None, None, "mine"):
        client.send(calls.create_workflow(ORDER, idempotency_key=key))
    assert len(set(platform.keys())) == 3 and platform.keys()[2] == "mine"


@pytest.mark.parametrize(
    "trouble", [httpx.ReadError("broke"), refused(503, "unavailable")], ids=["broken", "unavailable"]
)
def test_what_would_act_twice_is_not_tried_again(client: TalkingPhoto, platform: Platform, trouble: Answer) -> None:
    platform.answers["POST /api/v1/webhooks"] = [trouble]
    with pytest.raises((Unreachable, Unavailable)):
        client.send(calls.create_webhook({"url": "https://hooks.example.com", "event_types": ["workflow.completed"]}))
    assert len(platform.asked) == 1


def test_patience_ends(client: TalkingPhoto, platform: Platform) -> None:
    platform.answers["GET /api/v1/users/me"] = [refused(429, "rate_limited")]
    with pytest.raises(RateLimited) as caught:
        client.send(calls.get_me())
    assert len(platform.asked) == retrying.TRIES
    assert caught.value.retry_after_s == 0


def test_a_platform_that_asks_for_long_patience_is_not_waited_for(client: TalkingPhoto, platform: Platform) -> None:
    busy = httpx.Response(
        429, json={"error": {"code": "rate_limited", "message": "."}}, headers={"Retry-After": "86400"}
    )
    platform.answers["GET /api/v1/users/me"] = [busy]
    with pytest.raises(RateLimited) as caught:
        client.send(calls.get_me())
    assert (len(platform.asked), caught.value.retry_after_s) == (1, 86400)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, NotAuthenticated), (402, PaymentNeeded), (422, Invalid), (503, Unavailable), (418, ApiError)],
)
def test_a_refusal_says_what_why_and_what_next(
    client: TalkingPhoto, platform: Platform, status: int, kind: type[ApiError]
) -> None:
    platform.answers["POST /api/v1/webhooks"] = [refused(status, "because", fields={"url": "Begin with https."})]
    with pytest.raises(kind) as caught:
        client.send(calls.create_webhook({"url": "x", "event_types": []}))
    error = caught.value
    assert (error.status, error.code, error.request_id) == (status, "because", "0199f0a1")
    assert "Begin with https." in str(error) and "Do this next." in str(error) and error.next_step


def test_what_is_no_platform_is_told(client: TalkingPhoto, platform: Platform) -> None:
    platform.answers["GET /api/v1/users/me"] = [httpx.Response(200, text="<html>")]
    with pytest.raises(Unreachable):
        client.send(calls.get_me())


def test_a_session_that_has_run_out_is_opened_again(client: TalkingPhoto, platform: Platform) -> None:
    tokens = [httpx.Response(200, json={"access_token": f"token-{number}"}) for number in range(2)]
    platform.answers["POST /api/v1/auth/login"] = list(tokens)
    platform.answers["GET /api/v1/users/me"] = [
        refused(401, "not_authenticated"),
        httpx.Response(200, json={"id": "u"}),
    ]
    client.log_in("asha@example.com", "monsoon-42-lamp", line="reely")
    assert client.send(calls.get_me())["id"] == "u"
    assert [request.headers.get("Authorization") for request in platform.asked if request.method == "GET"] == [
        "Bearer token-0",
        "Bearer token-1",
    ]
    assert platform.asked[0].headers["X-Product-Line"] == "reely"


def test_a_list_is_walked_page_by_page(client: TalkingPhoto, platform: Platform) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params["page"])
        items = [{"id": str(n)} for n in range(250)][(number - 1) * 100 : number * 100]
        return httpx.Response(200, json={"items": items, "total": 250, "page": number, "per_page": 100})

    platform.answers["GET /api/v1/workflows"] = page
    assert [one["id"] for one in client.runs(status="completed")] == [str(n) for n in range(250)]
    assert len(platform.asked) == 3
    assert {request.url.params["status"] for request in platform.asked} == {"completed"}


def test_a_large_file_goes_in_pieces_and_on_where_it_was(
    client: TalkingPhoto, platform: Platform, tmp_path: Path
) -> None:
    film, told, arrived = tmp_path / "film.mp4", [], bytearray()
    film.write_bytes(bytes(range(250)))
    breaks = [httpx.ReadError("broke")]

    def take(request: httpx.Request) -> Answer:
        assert int(request.headers["Upload-Offset"]) == len(arrived)
        if len(arrived) == 100 and breaks:
            # Half of the piece had arrived when the connection broke.
            arrived.extend(request.content[:50])
            return breaks.pop()
        arrived.extend(request.content)
        return httpx.Response(204)

    def look(_: httpx.Request) -> Answer:
        return httpx.Response(
            200, json={"id": "u1", "offset": len(arrived), "file_id": "f1" if len(arrived) == 250 else None}
        )

    platform.answers |= {
        "POST /api/v1/files/multipart": [httpx.Response(201, json={"id": "u1", "offset": 0})],
        "PATCH /api/v1/files/multipart/u1": take,
        "GET /api/v1/files/multipart/u1": look,
    }
    assert Uploads(client, piece=100).send(film, on_progress=told.append) == "f1"
    assert bytes(arrived) == film.read_bytes()
    shares = [progress.share for progress in told]
    assert shares == sorted(shares) and shares[-1] == 1.0


def an_event(number: int, state: str, progress: int = 50) -> str:
    said = {"state": state, "status": {"progress": progress, "step": "speak", "message": "Speaking"}}
    return f"id: {number}\ndata: {json.dumps(said)}\n\n"


def a_stream(*events: str) -> httpx.Response:
    return httpx.Response(200, text="".join(events), headers={"Content-Type": "text/event-stream"})


def a_run(status: str, **more: Any) -> httpx.Response:
    return httpx.Response(
        200,
        json={"status": status, "progress": 100, "steps": [], "phase": "done", "waiting_for": None, "error": None}
        | more,
    )


def test_waiting_goes_by_the_stream_and_on_after_it_broke(client: TalkingPhoto, platform: Platform) -> None:
    told: list[Progress] = []
    platform.answers |= {
        "GET /api/v1/workflows/w1/events": [
            a_stream(an_event(1, "processing", 10), an_event(2, "processing", 20)),
            httpx.ReadError("broke"),
            a_stream(an_event(3, "processing", 90), an_event(4, "completed", 100)),
        ],
        "GET /api/v1/workflows/w1": [a_run("processing"), a_run("processing"), a_run("completed")],
    }
    assert client.run("w1").wait(told.append).id == "w1"
    seen = [request.headers.get("Last-Event-ID") for request in platform.asked if request.url.path.endswith("/events")]
    assert seen == [None, "2", "2"]
    assert [one.share for one in told if one.step == "speak"][:3] == [0.1, 0.2, 0.9]


def test_where_no_stream_is_to_be_had_it_looks(client: TalkingPhoto, platform: Platform) -> None:
    platform.answers |= {
        "GET /api/v1/workflows/w1/events": [httpx.Response(502, text="a proxy")],
        "GET /api/v1/workflows/w1": [a_run("processing"), a_run("completed")],
    }
    client.run("w1").wait()


def test_a_run_that_failed_says_why(client: TalkingPhoto, platform: Platform) -> None:
    error = {"step": "generate", "code": "NO_FACE", "message": "Use a photo that shows a face.", "retryable": False}
    platform.answers |= {
        "GET /api/v1/workflows/w1/events": [a_stream(an_event(1, "failed"))],
        "GET /api/v1/workflows/w1": [a_run("failed", error=error)],
    }
    with pytest.raises(WorkFailed, match=r"NO_FACE: Use a photo that shows a face\. \(w1\)") as caught:
        client.run("w1").wait()
    assert (caught.value.code, caught.value.retryable) == ("NO_FACE", False)


def test_whoever_waits_long_enough_is_told_that_it_goes_on(client: TalkingPhoto, platform: Platform) -> None:
    platform.answers |= {
        "GET /api/v1/workflows/w1/events": [a_stream()],
        "GET /api/v1/workflows/w1": [a_run("processing")],
    }
    began = time.monotonic()
    with pytest.raises(TookTooLong, match="w1"):
        client.run("w1").wait(within_s=0.05)
    assert time.monotonic() - began < 10


def test_a_damaged_download_leaves_nothing(client: TalkingPhoto, platform: Platform, tmp_path: Path) -> None:
    made = {"url": "/api/v1/objects/video.mp4?signature=s", "sha256": hashlib.sha256(b"whole").hexdigest()}
    platform.answers |= {
        "GET /api/v1/workflows/w1": [a_run("completed", results={"video": made})],
        "GET /api/v1/objects/video.mp4": [httpx.Response(200, content=b"hal"), httpx.Response(200, content=b"whole")],
    }
    target = tmp_path / "new" / "video.mp4"
    with pytest.raises(BadDownload):
        client.run("w1").download("video", target)
    assert list(target.parent.iterdir()) == []
    assert client.run("w1").download("video", target).read_bytes() == b"whole"


def test_neither_key_nor_token_goes_to_another_host(
    client: TalkingPhoto, platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        elsewhere.append(request)
        return httpx.Response(200, content=b"bytes")

    monkeypatch.setattr(httpx.Client, "__init__", _mocked(httpx.Client.__init__, httpx.MockTransport(answer)))
    client.download("https://bucket.example.com/video.mp4?signature=s", tmp_path / "video.mp4")
    assert "X-API-Key" not in elsewhere[0].headers and not platform.asked


def _mocked(init: Callable[..., None], transport: httpx.MockTransport) -> Callable[..., None]:
    def begin(self: httpx.Client, **options: Any) -> None:
        init(self, **options | {"transport": transport})

    return begin


async def test_the_awaited_one_does_the_same(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(retrying, "_FIRST_WAIT_S", 0.0)
    photo = tmp_path / "me.jpg"
    photo.write_bytes(b"photo")
    platform.answers |= {
        "POST /api/v1/files": [httpx.ReadError("broke"), httpx.Response(201, json={"id": "f1"})],
        "POST /api/v1/workflows": [refused(503, "unavailable"), ACCEPTED],
        "GET /api/v1/workflows/w1/events": [a_stream(an_event(1, "completed", 100))],
        "GET /api/v1/workflows/w1": [a_run("completed")],
    }
    async with AsyncTalkingPhoto(URL, "tp_key", transport=httpx.MockTransport(platform)) as client:
        run = await client.videos.make(photo, "Hi.", voice="female", idempotency_key="mine")
        assert (await run.wait()).id == "w1"
    order = [request for request in platform.asked if request.url.path == "/api/v1/workflows"]
    assert json.loads(order[-1].content) == {"input_file_id": "f1", "script": "Hi.", "voice": "female"}
    assert [request.headers["Idempotency-Key"] for request in order] == ["mine", "mine"]
    assert b'filename="me.jpg"' in platform.asked[0].content and b"image/jpeg" in platform.asked[0].content


def test_importing_it_does_nothing_and_needs_nothing_of_the_platform() -> None:
    watch = """
import sys

def no(event, _):
    if event in ("socket.__new__", "socket.connect", "subprocess.Popen", "os.mkdir"):
        raise SystemExit(event)

sys.addaudithook(no)
import talkingphoto_client, talkingphoto_client.webhooks
ours = {"contracts", "chassis", "gateway", "talkingphoto", "pydantic", "fastapi"} & set(sys.modules)
assert not ours, ours
"""
    subprocess.run([sys.executable, "-I", "-B", "-c", watch], check=True, timeout=60)
