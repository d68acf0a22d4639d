"""The shared transport: what may be fetched, how much of it, and what a broken connection means."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ai_router.providers import http as module
from ai_router.providers.errors import retry_after
from ai_router.providers.http import VendorHttp, pooled_client
from ai_router.providers.port import FailureClass, ProviderFailure
from ai_router.providers.vendors.openai import DIALECT
from chassis.http import guard

Handler = Callable[[httpx.Request], httpx.Response]


def _http(handler: Handler, base_url: str = "https://vendor.example/v1") -> VendorHttp:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return VendorHttp(client, base_url, DIALECT, {"authorization": "Bearer secret"})


def _resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def found(self: Any, host: str, port: int, **more: Any) -> list[Any]:
        if not addresses:
            raise socket.gaierror(-2, "unknown")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(guard, "get_running_loop", lambda: type("Loop", (), {"getaddrinfo": found})())


async def _download(http: VendorHttp, url: str, target: Path, **more: Any) -> ProviderFailure | int:
    try:
        return await http.download(url, target, **more)
    except ProviderFailure as failed:
        return failed


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.5", "192.168.1.1", "169.254.169.254", "172.16.0.1", "100.64.0.1"]
)
async def test_links_into_private_space_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    _resolving(monkeypatch, address)
    failed = await _download(
        _http(lambda r: httpx.Response(200, content=b"x")), "https://cdn.example/x", tmp_path / "x"
    )
    assert isinstance(failed, ProviderFailure)
    assert failed.failure is FailureClass.BAD_OUTPUT


async def test_one_private_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _resolving(monkeypatch, "93.184.215.14", "127.0.0.1")
    failed = await _download(_http(lambda r: httpx.Response(200)), "https://cdn.example/x", tmp_path / "x")
    assert isinstance(failed, ProviderFailure)


async def test_the_connection_goes_to_the_address_that_was_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The name is resolved once; the host header and the TLS name stay the link's."""
    _resolving(monkeypatch, "93.184.215.14")
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"abc")

    assert await _download(_http(answer), "https://cdn.example/x?sig=1", tmp_path / "x") == 3
    assert (tmp_path / "x").read_bytes() == b"abc"
    assert seen[0].url.host == "93.184.215.14"
    assert seen[0].headers["host"] == "cdn.example"
    assert seen[0].extensions["sni_hostname"] == "cdn.example"
    assert "authorization" not in seen[0].headers


async def test_redirects_are_followed_and_guarded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A redirect is a new link: to plain http or into private space it ends there, in a loop it ends soon."""
    _resolving(monkeypatch, "93.184.215.14")
    for target in ("http://cdn.example/y", "https://vendor.example/v1/loop"):

        def answer(request: httpx.Request, target: str = target) -> httpx.Response:
            return httpx.Response(302, headers={"location": target})

        failed = await _download(_http(answer), "https://cdn.example/x", tmp_path / "x")
        assert isinstance(failed, ProviderFailure)
        assert failed.failure is FailureClass.BAD_OUTPUT


async def test_a_download_stops_at_its_limit(tmp_path: Path) -> None:
    """However long the body, no more than the limit is written."""
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 300_000

    http = _http(lambda r: httpx.Response(200, content=endless()))
    failed = await _download(http, "https://vendor.example/v1/file", tmp_path / "x", limit=1_000_000)
    assert isinstance(failed, ProviderFailure)
    assert failed.failure is FailureClass.BAD_OUTPUT
    assert (tmp_path / "x").stat().st_size <= 1_000_000
    assert sent < 10


async def test_an_answer_stops_at_its_limit() -> None:
    http = _http(lambda r: httpx.Response(200, content=b'"' + b"x" * 5_000_000 + b'"'))
    with pytest.raises(ProviderFailure) as caught:
        await http.call("GET", "/x")
    assert caught.value.failure is FailureClass.BAD_OUTPUT


class _Drip(httpx.AsyncByteStream):
    """One byte, and then never another: each phase is in time, the whole is not."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()


async def test_a_dripping_answer_ends_with_the_whole_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What a client without an overall limit would wait for without end."""
    monkeypatch.setattr(module, "_WRITE_S", 0.0)
    monkeypatch.setattr(module, "DOWNLOAD_TIMEOUT_S", 0.05)
    http = _http(lambda r: httpx.Response(200, stream=_Drip()))
    for accepts, expected in ((True, FailureClass.UNKNOWN_OUTCOME), (False, FailureClass.TRANSIENT)):
        with pytest.raises(ProviderFailure) as caught:
            await http.call("POST", "/x", accepts=accepts, read_timeout_s=0.05)
        assert caught.value.failure is expected
    failed = await _download(http, "https://vendor.example/v1/file", tmp_path / "x")
    assert isinstance(failed, ProviderFailure)
    assert failed.failure is FailureClass.TRANSIENT


async def test_cancelling_the_caller_closes_the_connection() -> None:
    """Nothing goes on behind a cancelled task."""
    reading, closed = asyncio.Event(), asyncio.Event()

    class Watched(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            reading.set()
            await asyncio.Event().wait()

        async def aclose(self) -> None:
            closed.set()

    http = _http(lambda r: httpx.Response(200, stream=Watched()))
    task = asyncio.create_task(http.call("POST", "/x", accepts=True))
    await asyncio.wait_for(reading.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed.is_set()


async def test_an_unknown_host_is_worth_another_try(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _resolving(monkeypatch)
    failed = await _download(_http(lambda r: httpx.Response(200)), "https://gone.example/x", tmp_path / "x")
    assert isinstance(failed, ProviderFailure)
    assert failed.failure is FailureClass.TRANSIENT


async def test_a_call_outside_the_vendors_origin_is_refused() -> None:
    """A status address that a vendor's answer names cannot carry the key elsewhere."""
    with pytest.raises(ProviderFailure):
        await _http(lambda r: httpx.Response(200, json={})).call("GET", "https://other.example/v1/x")


_LOST = [
    (httpx.ConnectError, FailureClass.TRANSIENT, FailureClass.TRANSIENT),
    (httpx.ConnectTimeout, FailureClass.TRANSIENT, FailureClass.TRANSIENT),
    (httpx.PoolTimeout, FailureClass.TRANSIENT, FailureClass.TRANSIENT),
    (httpx.ReadTimeout, FailureClass.UNKNOWN_OUTCOME, FailureClass.TRANSIENT),
    (httpx.WriteTimeout, FailureClass.UNKNOWN_OUTCOME, FailureClass.TRANSIENT),
    (httpx.ReadError, FailureClass.UNKNOWN_OUTCOME, FailureClass.TRANSIENT),
    (httpx.WriteError, FailureClass.UNKNOWN_OUTCOME, FailureClass.TRANSIENT),
    (httpx.RemoteProtocolError, FailureClass.UNKNOWN_OUTCOME, FailureClass.TRANSIENT),
]


@pytest.mark.parametrize(("error", "accepting", "asking"), _LOST, ids=lambda value: getattr(value, "__name__", ""))
async def test_what_a_lost_connection_means_depends_on_what_was_asked(
    error: type[httpx.TransportError], accepting: FailureClass, asking: FailureClass
) -> None:
    """Before the first byte nothing was accepted; after it only a question may simply be asked again."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise error("broken")

    for accepts, expected in ((True, accepting), (False, asking)):
        with pytest.raises(ProviderFailure) as caught:
            await _http(broken).call("POST", "/x", accepts=accepts)
        assert caught.value.failure is expected
        assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Sat, 21 Nov 2026 12:01:00 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 60.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT", "date": "Sat, 21 Nov 2026 12:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


async def test_every_phase_of_the_shared_client_has_a_time_out() -> None:
    async with pooled_client() as client:
        assert None not in client.timeout.as_dict().values()
        assert client.follow_redirects is False
