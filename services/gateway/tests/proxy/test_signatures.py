"""A request costs at most one check of a signature, and one with a token that is known costs none."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.identity.tokens import TokenVerifier
from chassis.testing.tokens import Issuer


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens whose signature is checked, each time."""
    found: list[str] = []
    checked = TokenVerifier._checked

    def counted(self: TokenVerifier, token: str, key: Any) -> Any:
        found.append(token)
        return checked(self, token, key)

    monkeypatch.setattr(TokenVerifier, "_checked", counted)
    return found


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/system/stats", "/api/user/profile"])
async def test_a_good_one_is_checked_once_for_as_long_as_it_lasts(gateway: Any, checks: list[str], path: str) -> None:
    token = gateway.issuer.token()
    for _ in range(3):
        async with gateway.request("GET", path, token=token) as answer:
            assert answer.status != 401
    assert checks == [token]


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/system/stats", "/api/user/profile"])
async def test_a_forged_one_is_checked_once_a_request(gateway: Any, checks: list[str], path: str) -> None:
    forged = Issuer().token()
    for number in (1, 2):
        async with gateway.request("GET", path, token=forged) as answer:
            assert answer.status == 401
        assert len(checks) == number


async def test_no_token_stays_in_memory(gateway: Any) -> None:
    token = gateway.issuer.token()
    async with gateway.request("GET", "/api/v1/users/me", token=token) as answer:
        assert answer.status == 200
    kept = gateway.service.app.state.verifier._verified
    assert len(kept) == 1
    assert token not in repr(kept)
