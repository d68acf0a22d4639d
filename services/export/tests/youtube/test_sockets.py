"""The adapter on real connections: what is streamed has a length, and what breaks is noticed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from chassis.storage.port import ObjectDamaged
from export.youtube.calls import UNIT, Addresses, Client, Inserted, Received
from export.youtube.client import YouTube as Adapter
from export.youtube.client import pooled_client
from export.youtube.errors import FailureClass, YouTubeFailure
from simulators.core.faults import Fault
from simulators.serve import Served, serving
from simulators.vendors.youtube.server import YouTube

DATA = Random(1).randbytes(2 * UNIT + 5)


class _Watched(YouTube):
    """Notes how pieces are framed."""

    def __init__(self) -> None:
        super().__init__()
        self.framed: list[tuple[str | None, str | None]] = []
        inner = self.app

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["method"] == "PUT":
                headers = Request(scope).headers
                self.framed.append((headers.get("content-length"), headers.get("transfer-encoding")))
            await inner(scope, receive, send)

        self.__dict__["app"] = watched


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    with serving([_Watched()]) as all_served:
        yield all_served["youtube"]


@pytest.fixture
async def connected(served: Served) -> AsyncIterator[tuple[Adapter, str]]:
    """The adapter with an access token."""
    served.simulator.plan.clear()
    async with pooled_client() as http:
        client = Client("simulated-client", "simulated-key", "http://127.0.0.1/callback")
        adapter = Adapter(http, client, Addresses(*[served.url] * 4))
        page = await http.get(adapter.authorization_url(state="s", verifier="v" * 43))
        code = httpx.URL(page.headers["location"]).params["code"]
        yield adapter, (await adapter.exchange(code, "v" * 43)).access_token


async def _parts(start: int, end: int) -> AsyncIterator[bytes]:
    for at in range(start, end, 100_000):
        yield DATA[at : min(at + 100_000, end)]


async def _send(adapter: Adapter, token: str, session: str, first: int, length: int) -> Any:
    content = _parts(first, first + length)
    where = {"first": first, "length": length, "total": len(DATA)}
    return await adapter.send(token, session, content, mime="video/mp4", **where)


async def test_pieces_are_streamed_with_their_length(connected: tuple[Adapter, str], served: Served) -> None:
    """And arrive whole."""
    adapter, token = connected
    vendor = served.simulator
    assert isinstance(vendor, _Watched)
    session = await adapter.begin(token, {"snippet": {"title": "t"}}, size=len(DATA), mime_type="video/mp4")
    vendor.framed.clear()
    assert await _send(adapter, token, session, 0, UNIT) == Received(UNIT)
    assert await adapter.how_far(token, session, total=len(DATA)) == Received(UNIT)
    done = await _send(adapter, token, session, UNIT, UNIT + 5)
    assert done == await adapter.how_far(token, session, total=len(DATA)) == Inserted(vendor.ledger.entries[-1].job_id)
    assert vendor.framed == [(str(UNIT), None), ("0", None), (str(UNIT + 5), None), ("0", None)]
    assert vendor.ledger.entries[-1].body["sha256"] == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("fault", [Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.GATEWAY_AFTER, Fault.GARBLED])
async def test_a_lost_answer_is_asked_for(connected: tuple[Adapter, str], served: Served, fault: Fault) -> None:
    """The session knows."""
    adapter, token = connected
    session = await adapter.begin(token, {"snippet": {"title": "t"}}, size=len(DATA), mime_type="video/mp4")
    before = len(served.simulator.ledger)
    served.simulator.plan.script("chunk", [fault])
    with pytest.raises(YouTubeFailure) as caught:
        await _send(adapter, token, session, 0, len(DATA))
    assert caught.value.failure is FailureClass.TRANSIENT
    found = await adapter.how_far(token, session, total=len(DATA))
    assert isinstance(found, Received if fault is Fault.DROP_BEFORE else Inserted)
    assert len(served.simulator.ledger) == before + (fault is not Fault.DROP_BEFORE)


async def test_a_file_that_turns_out_too_short_breaks_off(connected: tuple[Adapter, str], served: Served) -> None:
    """What was announced and does not come is not filled up with anything."""
    adapter, token = connected
    session = await adapter.begin(token, {"snippet": {"title": "t"}}, size=len(DATA), mime_type="video/mp4")
    before = len(served.simulator.ledger)

    async def short() -> AsyncIterator[bytes]:
        yield DATA[:1000]
        raise ObjectDamaged("A stored file is shorter than it was.")

    with pytest.raises(ObjectDamaged):
        await adapter.send(token, session, short(), first=0, length=len(DATA), total=len(DATA), mime="video/mp4")
    assert await adapter.how_far(token, session, total=len(DATA)) == Received(0)
    assert len(served.simulator.ledger) == before
