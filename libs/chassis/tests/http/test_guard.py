"""Nothing is sent where only we can reach, however it is written."""

from __future__ import annotations

import pytest

from chassis.http import guard
from chassis.testing.addresses import Names, unsafe_urls

URLS = unsafe_urls(1)


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "get_running_loop", Names)


def test_there_are_as_many_as_promised() -> None:
    assert len(set(URLS)) == len(URLS) >= 150


@pytest.mark.parametrize("url", URLS)
async def test_what_is_not_public_is_refused(url: str) -> None:
    with pytest.raises(guard.UnsafeAddress):
        await guard.resolved(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (
            "https://public.example.com/hook?a=1&b=%20#part",
            guard.Target("https://93.184.215.14:443/hook?a=1&b=%20", "public.example.com", "public.example.com"),
        ),
        (
            "https://public.example.com:8443",
            guard.Target("https://93.184.215.14:8443/", "public.example.com:8443", "public.example.com"),
        ),
        ("https://1.1.1.1/x", guard.Target("https://1.1.1.1:443/x", "1.1.1.1", "1.1.1.1")),
        (
            "https://[2606:4700:4700::1111]/x",
            guard.Target("https://[2606:4700:4700::1111]:443/x", "[2606:4700:4700::1111]", "2606:4700:4700::1111"),
        ),
    ],
)
async def test_what_is_public_is_reached_by_its_address(url: str, target: guard.Target) -> None:
    assert await guard.resolved(url) == target


async def test_in_development_this_machine_and_plain_http_are_good_too() -> None:
    found = await guard.resolved("http://127.0.0.1:9000/hook", private=True)
    assert (found.url, found.host) == ("http://127.0.0.1:9000/hook", "127.0.0.1:9000")
    with pytest.raises(guard.UnsafeAddress):
        await guard.resolved("file:///etc/passwd", private=True)


async def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    with pytest.raises(guard.UnknownHost):
        await guard.resolved("https://nobody-knows.example.com/")
