"""``python -m simulators`` in a process of its own, with the settings that it prints, over real connections."""

from __future__ import annotations

import html
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

_DEADLINE_S = 30.0


@pytest.fixture(scope="module")
def printed() -> Iterator[dict[str, str]]:
    """Settings of the running simulators, as lines of an environment."""
    command = [sys.executable, "-m", "simulators", "--settings", "google", "apple"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline().strip() for _ in range(9)]
            yield dict(line.split("=", 1) for line in lines)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_DEADLINE_S)


@pytest.fixture
def settings(printed: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in printed.items():
        monkeypatch.setenv(name, value)
    return printed


async def journey(users: Any, provider: str) -> httpx.Response:
    """A browser without any help: it keeps cookies, follows the redirect, posts the form."""
    base = f"/api/v1/auth/oauth/{provider}"
    async with users.client() as browser, httpx.AsyncClient() as elsewhere:
        query = {"consent": ["terms", "privacy"]}
        started = await browser.get(f"{base}/start", params=query)
        assert started.status_code == 302, started.text
        consented = await elsewhere.get(started.headers["location"])
        name, _, value = started.headers["set-cookie"].partition(";")[0].partition("=")
        cookie = {"Cookie": f"{name}={value}"}
        if provider == "google":
            back = httpx.URL(consented.headers["location"])
            answer: httpx.Response = await browser.get(f"{base}/callback", params=dict(back.params), headers=cookie)
        else:
            fields = re.findall(r'name="(\w+)" value="([^"]*)"', consented.text)
            data = {name: html.unescape(value) for name, value in fields}
            answer = await browser.post(f"{base}/callback", data=data, headers=cookie)
    return answer


@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_sign_in_over_sockets(users_with: Any, settings: dict[str, str], provider: str) -> None:
    async with users_with() as users:
        # Their clock is this machine's.
        users.clock.advance(datetime.now(UTC) - users.clock.now())
        answer = await journey(users, provider)
        assert answer.status_code == 200, answer.text
        assert answer.json()["user"]["email"] == "asha@example.com"
        address = settings[f"SIGNIN_{provider.upper()}_ISSUER"]
        async with httpx.AsyncClient(base_url=address) as control:
            assert (await control.get("/__simulator__/ledger")).json()["accepted"] == 1
            order = {"operation": "token", "faults": ["drop_after"]}
            assert (await control.post("/__simulator__/faults", json=order)).status_code == 204
        broken = await journey(users, provider)
        assert (broken.status_code, broken.json()["error"]["code"]) == (503, "signin_provider_away")
        assert (await journey(users, provider)).json()["user"]["id"] == answer.json()["user"]["id"]
