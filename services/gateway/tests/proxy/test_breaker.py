"""A service that does not answer is left alone for a moment, and tried again by one."""

from __future__ import annotations

import time
from typing import Any

import pytest

from chassis.errors import Unavailable
from gateway.proxy.breaker import FAILURES, REST_S, Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_only_failures_in_a_row_open_it() -> None:
    breaker = Breaker("users", clock=Clock())
    for _ in range(3 * FAILURES):
        for _ in range(FAILURES - 1):
            breaker.failed()
        breaker.answered()
    breaker.check()
    for _ in range(FAILURES):
        breaker.check()
        breaker.failed()
    with pytest.raises(Unavailable) as refused:
        breaker.check()
    assert refused.value.headers["Retry-After"] == str(int(REST_S))


def test_one_tries_again_and_what_comes_of_it_counts_for_all() -> None:
    clock = Clock()
    breaker = Breaker("users", clock=clock)
    for _ in range(FAILURES):
        breaker.failed()
    clock.now += REST_S
    breaker.check()
    with pytest.raises(Unavailable):
        breaker.check()
    breaker.failed()
    with pytest.raises(Unavailable):
        breaker.check()
    clock.now += REST_S
    breaker.check()
    breaker.answered()
    for _ in range(3):
        breaker.check()


def test_one_that_leaves_while_it_tries_holds_up_nobody_for_long() -> None:
    clock = Clock()
    breaker = Breaker("users", clock=clock)
    for _ in range(FAILURES):
        breaker.failed()
    for _ in range(3):
        clock.now += REST_S
        breaker.check()


async def test_nobody_waits_for_a_service_that_is_known_not_to_answer(gateway: Any) -> None:
    clock = Clock()
    gateway.service.app.state.upstreams.breakers["users"] = Breaker("users", clock=clock)
    for _ in range(FAILURES):
        async with gateway.request("GET", "/api/v1/users/hanging") as answer:
            assert answer.status == 504
    began = time.monotonic()
    async with gateway.request("GET", "/api/v1/users/me") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert (await answer.json())["error"]["message"] == "users cannot be reached. Try again in a moment."
    assert time.monotonic() - began < 0.4
    assert len(gateway.upstream.requests) == FAILURES
    async with gateway.request("GET", "/api/v1/workflows/1") as answer:
        assert answer.status == 200, "the others go on"
    clock.now += REST_S
    for _ in range(2):
        async with gateway.request("GET", "/api/v1/users/me") as answer:
            assert answer.status == 200


async def test_what_a_service_says_is_an_answer_whatever_it_says(gateway: Any) -> None:
    gateway.upstream.says["/api/v1/users/me"] = (500, {"error": {"code": "internal_error", "message": "Oh."}})
    for _ in range(2 * FAILURES):
        async with gateway.request("GET", "/api/v1/users/me") as answer:
            assert answer.status == 500


async def test_a_service_is_told_how_long_anybody_waits_for_what_is_only_read(gateway: Any) -> None:
    headers = {"X-Internal-Within": "9000"}
    for method, path in (("GET", "/api/v1/users/me"), ("POST", "/api/v1/workflows"), ("GET", "/api/v1/auth/oauth/x")):
        async with gateway.request(method, path, headers=headers) as answer:
            assert answer.status == 200
    told = [
        [value for name, value in seen["headers"] if name == "x-internal-within"] for seen in gateway.upstream.requests
    ]
    assert told == [["0.5"], [], []]
