"""Several keys of one vendor: each attempt keeps its own, and one that is refused begins nothing new."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import httpx
import pytest

from ai_router.providers.errors import Secrets
from ai_router.providers.http import VendorHttp
from ai_router.providers.keys import SET_ASIDE_S, KeyRing, asking_for
from ai_router.providers.port import FailureClass, ProviderFailure
from ai_router.providers.registry import configured
from ai_router.providers.vendors import gemini

KEYS = ("first-key", "second-key", "third-key")


def _ring(now: list[float]) -> KeyRing:
    return KeyRing(KEYS, lambda key: {"x-key": key}, ticks=lambda: now[0])


def test_attempts_are_spread_and_keep_their_key() -> None:
    """A thousand attempts, a third each; a second process finds the same."""
    used: Counter[str] = Counter()
    for number in range(1000):
        with asking_for(UUID(int=number)):
            used[_ring([0.0]).key()] += 1
            assert _ring([0.0]).key() == _ring([0.0]).key()
    assert all(250 < count < 420 for count in used.values()), used


def test_a_refused_key_is_set_aside_for_a_while() -> None:
    """Until the last good one is refused: then it is the vendor that cannot be asked."""
    now = [0.0]
    ring = _ring(now)
    with asking_for(uuid4()):
        first = ring.key()
        assert ring.set_aside()
        assert ring.key() != first
        assert ring.set_aside()
        assert not ring.set_aside()
        now[0] = SET_ASIDE_S
        assert ring.key() == first


async def test_the_next_attempt_goes_on_with_another_key() -> None:
    """A used up quota of one key is worth asking again; that of the last one is a quota."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers["x-key"])
        return httpx.Response(403, json={"error": {"status": "PERMISSION_DENIED", "message": "no"}})

    ring = _ring([0.0])
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        http = VendorHttp(client, "https://vendor.example", gemini.DIALECT, {}, Secrets(KEYS), ring)
        found = []
        with asking_for(uuid4()):
            for _ in range(4):
                with pytest.raises(ProviderFailure) as refused:
                    await http.call("GET", "/v1/models")
                found.append(refused.value.failure)
                assert not any(key in str(refused.value) for key in KEYS)
    assert found == [FailureClass.TRANSIENT, FailureClass.TRANSIENT, FailureClass.AUTH, FailureClass.AUTH]
    assert set(asked) == set(KEYS)


async def test_keys_come_separated_by_commas() -> None:
    """Blanks around them are none of theirs."""
    async with httpx.AsyncClient() as client:
        (provider,) = configured({"NANO_BANANA_API_KEY": " one , two,"}, lambda: client).values()
        ring = provider.http.ring  # type: ignore[attr-defined]
        seen = set()
        for number in range(50):
            with asking_for(UUID(int=number)):
                seen.add(ring.key())
        assert seen == {"one", "two"}
