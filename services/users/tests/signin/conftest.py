"""The service with Google and Apple beside it, and a browser that goes from one to the other."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio

from chassis.testing.slices import NOW
from simulators.core.loopback import InProcess
from simulators.vendors.openid.apple import Apple
from simulators.vendors.openid.google import Google
from simulators.vendors.openid.issuer import OpenID, Person

PUBLIC = "https://api.talkingphoto.test"
CONSENTS = ("terms:2", "privacy")


@dataclass
class Browser:
    """Follows redirects and posts forms as a browser would; keeps cookies by what they say about other sites."""

    world: World
    cookies: dict[str, tuple[str, str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    async def start(self, provider: str, **query: Any) -> httpx.Response:
        query = {"consent": CONSENTS} | query
        return await self._ask("GET", f"/api/v1/auth/oauth/{provider}/start", params=query)

    async def consent(self, url: str) -> tuple[str, str, dict[str, str]]:
        """At the provider: method, address and fields with which it sends the browser back."""
        async with httpx.AsyncClient(transport=self.world.internet) as client:
            answer = await client.get(url)
        if answer.status_code == 302:
            back = httpx.URL(answer.headers["location"])
            return "GET", str(back.copy_with(query=None)), dict(back.params)
        assert answer.status_code == 200, answer.text
        action = re.search(r'action="([^"]+)"', answer.text)
        assert action is not None, answer.text
        inputs = re.findall(r'name="(\w+)" value="([^"]*)"', answer.text)
        return "POST", html.unescape(action[1]), {name: html.unescape(value) for name, value in inputs}

    async def come_back(self, method: str, url: str, fields: dict[str, str]) -> httpx.Response:
        assert url.startswith(PUBLIC)
        path = url.removeprefix(PUBLIC)
        if method == "GET":
            return await self._ask("GET", path, params=fields)
        return await self._ask("POST", path, data=fields, across_sites=True)

    async def sign_in(self, provider: str = "google", **query: Any) -> httpx.Response:
        """The whole journey; the last answer."""
        started = await self.start(provider, **query)
        if started.status_code != 302:
            return started
        return await self.come_back(*await self.consent(started.headers["location"]))

    async def _ask(self, method: str, path: str, *, across_sites: bool = False, **more: Any) -> httpx.Response:
        sent = {
            name: value for name, (value, same_site) in self.cookies.items() if same_site == "none" or not across_sites
        }
        headers = dict(self.headers)
        if sent:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.items())
        async with self.world.users.client(**headers) as client:
            answer = await client.request(method, path, **more)
        for line in answer.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            value, _, attributes = rest.partition(";")
            same_site = re.search(r"samesite=(\w+)", attributes.lower())
            if "max-age=0" in attributes.lower():
                self.cookies.pop(name, None)
            else:
                assert "httponly" in attributes.lower()
                assert "secure" in attributes.lower()
                self.cookies[name] = (value, same_site[1] if same_site else "lax")
        return answer


@dataclass
class World:
    """The service under test as ``users``, the two providers, and what connects them."""

    users: Any
    google: Google
    apple: Apple
    internet: InProcess

    def browser(self, **headers: str) -> Browser:
        return Browser(self, headers=headers)

    def provider(self, name: str) -> OpenID:
        return {"google": self.google, "apple": self.apple}[name]

    async def sign_in(self, provider: str = "google", **query: Any) -> httpx.Response:
        return await self.browser().sign_in(provider, **query)

    async def counts(self) -> dict[str, int]:
        """How much of each there is."""
        tables = ("users", "oauth_identities", "user_sessions", "consents", "sign_in_tickets")
        return {table: (await self.users.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"] for table in tables}  # noqa: S608


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def providers() -> tuple[Google, Apple]:
    """Made once: their keys take a second."""
    made = Google(client_id="google-client", key="google-planted-secret-4711"), Apple()
    for each in made:
        assert each.keys
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def world(users_with: Any, providers: tuple[Google, Apple]) -> AsyncIterator[World]:
    google, apple = providers
    for each in providers:
        each.plan.clear()
        each.codes.clear()
        each.ledger.entries.clear()
        each.person = Person()
    apple._met.clear()
    internet = InProcess({"google.simulated": google.app, "apple.simulated": apple.app})
    keys = apple.client()
    settings = {
        "public_url": PUBLIC,
        "allowed_origins": "https://app.talkingphoto.test,http://127.0.0.1:5173",
        "signin_google_client_id": google.client_id,
        "signin_google_client_secret": google.key,
        "signin_google_issuer": "http://google.simulated",
        "signin_apple_client_id": keys["client_id"],
        "signin_apple_team_id": keys["team_id"],
        "signin_apple_key_id": keys["key_id"],
        "signin_apple_private_key": keys["private_key"],
        "signin_apple_issuer": "http://apple.simulated",
    }
    async with users_with(**settings) as users:
        for simulator in providers:
            simulator.clock = lambda: users.clock.now().timestamp()
        http = httpx.AsyncClient(transport=internet)
        for provider in users.service.app.state.sign_ins.providers.values():
            await provider.http.aclose()
            provider.http = http
        assert users.clock.now() == NOW
        yield World(users, google, apple, internet)
