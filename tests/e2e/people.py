"""Somebody with nothing but HTTP and the documents: registers, reads letters, pays, uploads, orders."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

PASSWORD = "monsoon-42-lamp"
CONSENTS = [{"kind": "terms"}, {"kind": "privacy"}]

Found = TypeVar("Found")


async def until(look: Callable[[], Awaitable[Found | None]], *, within_s: float = 30.0) -> Found:
    """What ``look`` finds, looked for again and again."""
    async with asyncio.timeout(within_s):
        while (found := await look()) is None:
            await asyncio.sleep(0.1)
    return found


class Person:
    """One account and what is done with it. ``headers`` go along with every request."""

    def __init__(self, url: str, **headers: str) -> None:
        self.email = f"asha-{secrets.token_hex(6)}@example.com"
        self.password = PASSWORD
        self.tokens: dict[str, Any] = {}
        self.http = httpx.AsyncClient(base_url=url, timeout=60, trust_env=False, headers=headers)

    async def __aenter__(self) -> Person:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any request, with the access token if there is one."""
        if self.tokens:
            more["headers"] = {"Authorization": f"Bearer {self.tokens['access_token']}"} | more.get("headers", {})
        return await self.http.request(method, path, **more)

    async def get(self, path: str, **params: Any) -> Any:
        """What is answered, which is a success."""
        answer = await self.ask("GET", path, params=params)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json()

    async def post(self, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """What is answered, which is a success."""
        answer = await self.ask("POST", path, json=body or {}, **more)
        assert answer.is_success, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    async def register(self, path: str = "/api/v1/auth/register", **fields: Any) -> dict[str, Any]:
        """Open the account; what is answered."""
        body = {"email": self.email, "password": self.password, "name": "Asha", "consents": CONSENTS} | fields
        found: dict[str, Any] = await self.post(path, body)
        return found

    async def log_in(self, path: str = "/api/v1/auth/login", **fields: Any) -> dict[str, Any]:
        """Log in, and go on with those tokens."""
        answer = await self.http.post(path, json={"email": self.email, "password": self.password} | fields)
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        return self.tokens

    async def arrive(self, **fields: Any) -> Person:
        """Register and log in."""
        await self.register(**fields)
        await self.log_in()
        return self

    async def token_in_a_letter(self, about: str) -> str:
        """What the link of a letter brings whose page is named after ``about``."""

        async def look() -> str | None:
            letters = (await self.http.get("/mail/messages", params={"to": self.email})).json()["items"]
            for letter in letters:
                links = (await self.http.get(f"/mail/messages/{letter['id']}")).json()["links"]
                for link in map(httpx.URL, links):
                    if about in link.path and "token" in link.params:
                        return str(link.params["token"])
            return None

        return await until(look)

    async def account(self, plan: str = "free") -> None:
        """Return when billing has heard of the account, and has it on that plan."""

        async def look() -> bool | None:
            found = await self.ask("GET", "/api/v1/billing/subscription")
            return True if found.is_success and found.json()["plan"] == plan else None

        await until(look)

    async def subscribe(self, plan: str) -> None:
        """Buy a plan on the page where no money moves, and wait until the profile says so."""
        await self.account()
        home = f"{str(self.http.base_url).rstrip('/')}/"
        page = await self.post("/api/v1/billing/checkout", {"plan": plan, "success_url": home, "cancel_url": home})
        paid = await self.http.post(f"{page['checkout_url']}/pay", follow_redirects=False)
        assert paid.status_code == 303, paid.text

        async def look() -> bool | None:
            return True if (await self.get("/api/v1/users/me"))["plan_type"] == plan else None

        await until(look)
        # The plan stands in the token.
        await self.log_in()

    async def upload(self, photo: Path) -> str:
        """A photo; the id of the file."""
        answer = await self.ask("POST", "/api/v1/files", files={"file": ("me.jpg", photo.read_bytes(), "image/jpeg")})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def order(self, file_id: str, script: str = "Hi.", **fields: Any) -> str:
        """A talking video of a second; the id of the workflow."""
        body = {"input_file_id": file_id, "script": script, "target_platforms": ["tiktok"], "target_duration": 1}
        found = await self.post("/api/v1/workflows", body | fields)
        return str(found["id"])

    async def finished(self, workflow_id: str, *, within_s: float = 90.0) -> dict[str, Any]:
        """The workflow when it has ended."""

        async def look() -> dict[str, Any] | None:
            found: dict[str, Any] = await self.get(f"/api/v1/workflows/{workflow_id}")
            return found if found["status"] in ("completed", "failed", "cancelled") else None

        return await until(look, within_s=within_s)
