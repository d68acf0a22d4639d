"""Every path of the source documents, asked of a running platform: it answers in its own fields, or is said to wait."""

from __future__ import annotations

import asyncio
import re
import secrets
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import httpx
import pytest

from gateway.aliases.alias import WEBSOCKET, Alias
from gateway.aliases.table import ALIASES
from talkingphoto_runner.embedded import EmbeddedPlatform

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

# What is sold; as a header it is said before any path says a product that is not.
LINE = {"X-Product-Line": "talkingphoto"}
PASSWORD = "monsoon-42-lamp"
CONSENTS = [{"kind": "terms"}, {"kind": "privacy"}]
OF_SOMEBODY_NEW = re.compile(r"/api/v1/(auth/(verify-email|forgot-password|reset-password)|billing/.+)")
"""What else these change would stand in the way of paths that are asked later."""
MAKING = ("/api/v1/files", "/api/v1/workflows", "/api/v1/projects")
"""What others name, in the order in which it is made."""
SOLD_IN_ITS_LINE = {"/api/v1/trim", "/api/v1/auto-hooks"}
VIDEO = "https://www.youtube.com/watch?v=fourminutes"
NEEDS_A_CHANNEL = {"/api/v1/youtube/upload", "/api/v1/ai/lip-sync"}
"""Nobody connects one with Google here, or has the key of a vendor that moves lips: what is promised is not there."""


class Asker:
    """Somebody with an account, a photo and an order, who asks each path in the right way."""

    def __init__(self, http: httpx.AsyncClient, portrait: Path, line: str = "talkingphoto") -> None:
        self._http = http
        self._line = line
        self._portrait = portrait
        self._email = f"asha-{secrets.token_hex(5)}@example.com"
        self._ids: dict[str, str] = {}
        self._token = ""

    async def arrive(self) -> None:
        """Open the account and log in."""
        body = {"email": self._email, "password": PASSWORD, "name": "Asha", "consents": CONSENTS}
        (await self._http.post("/api/v1/auth/register", json=body, headers=self._said())).raise_for_status()
        self._token = (await self._log_in())["access_token"]
        profile = await self._http.get("/api/v1/users/me", headers=self._headers())
        self._ids["users"] = profile.json()["id"]

    async def be_there(self) -> None:
        """Have an account, and a project."""
        if not self._token:
            await self.arrive()
            made = await self._http.post("/api/v1/projects", json={"title": "Mine"}, headers=self._headers())
            self._ids["/api/v1/projects"] = made.raise_for_status().json()["id"]

    async def ask(self, row: Alias) -> httpx.Response:
        """What ``row`` answers."""
        if row.method in ("POST", "PUT") and not row.waits and OF_SOMEBODY_NEW.fullmatch(row.unified):
            somebody = Asker(self._http, self._portrait)
            await somebody.arrive()
            return await somebody._ask(row)
        return await self._ask(row)

    async def _ask(self, row: Alias) -> httpx.Response:
        if row.unified.startswith("/api/v1/ai/jobs/"):
            await self._wait_for_a_job()
        # The token first: who logs out logs in again for the next path.
        headers = self._headers() | {"Idempotency-Key": str(uuid4())}
        content = await self._content(row)
        answer = await self._http.request(
            row.method, self._path(row), headers=headers, **content, follow_redirects=False
        )
        if answer.status_code == 402:
            page = answer.json()["error"].get("details", {}).get("checkout_url")
            # What costs money has a page to pay at; what the month's plan does not hold wants a larger one.
            await (self._pay(page) if page else self._subscribe())
            async with asyncio.timeout(30):
                while answer.status_code == 402:
                    await asyncio.sleep(0.1)
                    answer = await self._http.request(row.method, self._path(row), headers=headers, **content)
        if row.method == "POST" and answer.is_success and row.unified in MAKING:
            self._ids[row.unified] = answer.json()["id"]
        return answer

    async def listen(self, row: Alias) -> dict[str, Any]:
        """The first thing that ``row`` says."""
        async with (
            aiohttp.ClientSession(headers=LINE | self._headers()) as http,
            http.ws_connect(f"{str(self._http.base_url).rstrip('/')}{self._path(row)}") as socket,
        ):
            said: dict[str, Any] = await socket.receive_json(timeout=30)
            return said

    def _path(self, row: Alias) -> str:
        def filled(found: re.Match[str]) -> str:
            match found[1]:
                case "platform":
                    return "instagram"
                case "userId":
                    return self._ids["users"]
                case "jobId":
                    return self._ids["/api/v1/ai/jobs"]
            collection = row.unified.split("/{")[0]
            return self._ids.get(collection, str(uuid4()))

        return re.sub(r"{(\w+)}", filled, row.path)

    async def _content(self, row: Alias) -> dict[str, Any]:
        match row.method, row.unified:
            case "POST", "/api/v1/files":
                return {"files": {"file": ("me.jpg", self._portrait.read_bytes(), "image/jpeg")}}
            case "POST", "/api/v1/workflows":
                order = {"input_file_id": self._ids["/api/v1/files"], "script": f"Hello from {row.path}."}
                return {"json": order | {"workflow_type": "avatar_presentation"}}
            case "POST", "/api/v1/ai/audio/generate":
                of = self._ids["/api/v1/projects"]
                return {"json": {"project_id": of, "text": "Hello.", "voice": "female", "language": "en"}}
            case "POST", "/api/v1/ai/music/generate":
                of = self._ids["/api/v1/projects"]
                return {"json": {"project_id": of, "prompt": "by the sea", "duration": 2, "style": "calm"}}
            case "POST", "/api/v1/trim":
                return {"json": {"youtube_url": VIDEO, "start_time": "0:10", "end_time": "0:40"}}
            case "POST", "/api/v1/auto-hooks":
                return {"json": {"youtube_url": VIDEO, "num_hooks": 3, "clip_length": 60}}
            case "POST", "/api/v1/projects":
                made_of = {"script": "Hello again.", "images": [self._ids["/api/v1/files"]]}
                return {"json": {"name" if row.names else "title": "Opening"} | made_of}
            case "POST", "/api/v1/projects/{project_id}/generate":
                return {"json": {"project_id": self._ids["/api/v1/projects"]}}
            case "PUT", unified if unified.startswith("/api/v1/projects/"):
                return {"json": {"description": f"Changed by {row.path}."}}
            case "POST", unified if unified.endswith(("/assets", "/compress")):
                return {"json": {"file_id": self._ids["/api/v1/files"]}}
            case "POST", "/api/v1/auth/register":
                email = f"asha-{secrets.token_hex(5)}@example.com"
                return {"json": {"email": email, "password": PASSWORD, "name": "Asha", "consents": CONSENTS}}
            case "POST", "/api/v1/auth/login":
                return {"json": {"email": self._email, "password": PASSWORD}}
            case "POST", "/api/v1/auth/refresh":
                return {"json": {"refresh_token": (await self._log_in())["refresh_token"]}}
            case "POST", "/api/v1/auth/logout":
                self._token = (await self._log_in())["access_token"]
                return {"json": {}}
            case "POST", "/api/v1/auth/verify-email":
                return {"json": {"token": await self._token_in_a_letter("verify")}}
            case "POST", "/api/v1/auth/forgot-password":
                return {"json": {"email": self._email}}
            case "POST", "/api/v1/auth/reset-password":
                asked = await self._http.post("/api/v1/auth/forgot-password", json={"email": self._email})
                asked.raise_for_status()
                return {"json": {"token": await self._token_in_a_letter("reset"), "new_password": "harvest-7-kite"}}
            case "POST", "/api/v1/billing/checkout" | "/api/v1/billing/subscription":
                await self._account()
                return {"json": self._wish()}
            case "POST", "/api/v1/billing/credits/topup":
                await self._account()
                return {"json": {"plan_type": "Starter"}}
            case "POST", "/api/v1/billing/portal":
                await self._subscribe()
                return {"json": {"return_url": self._home}}
            case "PUT", "/api/v1/billing/subscription":
                await self._subscribe()
                return {"json": {"plan": "pro"}}
            case "POST", "/api/v1/billing/subscription/cancel":
                await self._subscribe()
                return {"json": {}}
            case "DELETE", "/api/v1/users/me":
                return {"json": {"password": PASSWORD}}
            case "POST" | "PUT", _:
                return {"json": {name: str(uuid4()) for name in row.from_body}}
        return {}

    @property
    def _home(self) -> str:
        return f"{str(self._http.base_url).rstrip('/')}/"

    def _wish(self) -> dict[str, str]:
        return {"plan": "starter", "success_url": self._home, "cancel_url": self._home}

    async def _account(self, plan: str = "free") -> None:
        """Until billing has heard of it."""
        async with asyncio.timeout(30):
            while True:
                found = await self._http.get("/api/v1/billing/subscription", headers=self._headers())
                if found.is_success and found.json()["plan"] == plan:
                    return
                await asyncio.sleep(0.1)

    async def _subscribe(self) -> None:
        await self._account()
        wished = await self._http.post("/api/v1/billing/checkout", json=self._wish(), headers=self._headers())
        await self._pay(wished.raise_for_status().json()["checkout_url"])
        await self._account("starter")

    async def _pay(self, page: str) -> None:
        paid = await self._http.post(f"{page}/pay", follow_redirects=False)
        assert paid.status_code == 303, paid.text

    async def _token_in_a_letter(self, about: str) -> str:
        """What the link of a letter brings whose page is named after ``about``."""
        async with asyncio.timeout(30):
            while True:
                letters = await self._http.get("/mail/messages", params={"to": self._email})
                for letter in letters.raise_for_status().json()["items"]:
                    links = (await self._http.get(f"/mail/messages/{letter['id']}")).json()["links"]
                    for link in map(httpx.URL, links):
                        if about in link.path and "token" in link.params:
                            return str(link.params["token"])
                await asyncio.sleep(0.1)

    async def _log_in(self) -> dict[str, Any]:
        answer = await self._http.post(
            "/api/v1/auth/login", json={"email": self._email, "password": PASSWORD}, headers=self._said()
        )
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def _wait_for_a_job(self) -> None:
        async with asyncio.timeout(60):
            while "/api/v1/ai/jobs" not in self._ids:
                jobs = (await self._http.get("/api/v1/ai/jobs", headers=self._headers())).json()["items"]
                if jobs:
                    self._ids["/api/v1/ai/jobs"] = jobs[0]["id"]
                await asyncio.sleep(0.1)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} | self._said()

    def _said(self) -> dict[str, str]:
        return {"X-Product-Line": self._line}


def shape(row: Alias) -> tuple[str, str]:
    """What of ``row`` a request can be told by, its product line aside."""
    return row.method, re.sub(r"{[^}]+}", "{}", row.path)


LINES = {each: [row.line for row in ALIASES if shape(row) == each] for each in map(shape, ALIASES)}
"""Whose documents have a path, in the order in which they are asked for it."""


def turn(row: Alias) -> int:
    """What makes something comes first, what ends something last."""
    if row.method == "DELETE" or row.unified.endswith("/logout"):
        return 10 if row.unified != "/api/v1/users/me" else 11
    return MAKING.index(row.unified) if row.method == "POST" and row.unified in MAKING else len(MAKING)


def is_nobody_there(answer: httpx.Response) -> bool:
    """Nothing has the address, or nothing has it for this method; a thing that is not there is another matter."""
    return answer.status_code == 405 or (
        answer.status_code == 404 and answer.json()["error"]["message"] == "There is nothing at this address."
    )


def fields_of(answer: httpx.Response) -> set[str]:
    body = answer.json()
    thing = body[0] if isinstance(body, list) else body
    return set(thing)


async def test_every_source_path_answers_in_its_own_fields_or_is_said_to_wait(
    unlimited: EmbeddedPlatform, portrait: Path
) -> None:
    found: dict[str, str] = {}
    async with httpx.AsyncClient(base_url=unlimited.url, headers=LINE, timeout=60, trust_env=False) as http:
        everybody = Asker(http, portrait)
        await everybody.arrive()
        in_line: dict[str, Asker] = {}
        for row in sorted(ALIASES, key=turn):
            name = f"{row.line}: {row.method} {row.path}"
            asker = everybody
            if row.line != LINES[shape(row)][0] or row.unified in SOLD_IN_ITS_LINE:
                # Said by another product's document as well: the session's line tells whose words are spoken. And what
                # is sold in one line alone is ordered in a session of it.
                asker = in_line.setdefault(row.line, Asker(http, portrait, row.line))
                await asker.be_there()
            if row.method == WEBSOCKET:
                update = await asker.listen(row)
                if update["type"] != "workflow_status" or not {"workflow_id", "status", "timestamp"} <= update.keys():
                    found[name] = f"says {update}"
                continue
            answer = await asker.ask(row)
            if is_nobody_there(answer) is not row.waits:
                found[name] = (
                    f"is said to {'wait' if row.waits else 'answer'}: {answer.status_code} {answer.text[:200]}"
                )
            elif answer.status_code >= 500 and row.unified not in NEEDS_A_CHANNEL:
                found[name] = f"failed: {answer.status_code} {answer.text[:200]}"
            elif row.promises and not row.waits and row.unified not in NEEDS_A_CHANNEL:
                if not answer.is_success:
                    found[name] = f"was asked wrongly: {answer.status_code} {answer.text[:200]}"
                elif missing := set(row.promises) - fields_of(answer):
                    found[name] = f"lacks {sorted(missing)}"
    assert found == {}


async def test_a_film_studio_client_meets_its_own_words(unlimited: EmbeddedPlatform) -> None:
    """Step 1 and 2 of its scenario, as far as plans are sold."""
    async with httpx.AsyncClient(base_url=unlimited.url, headers=LINE, timeout=60, trust_env=False) as http:
        person = {"email": f"asha-{secrets.token_hex(5)}@example.com", "password": PASSWORD, "name": "Asha"}
        registered = await http.post("/api/users/register", json=person | {"consents": CONSENTS})
        assert (registered.status_code, registered.json()["role"]) == (201, "creator")
        credentials = {"email": person["email"], "password": PASSWORD}
        session = (await http.post("/api/users/login", json=credentials)).json()
        assert session.get("token_type") == "bearer", session
        assert (await http.get("/api/users/profile")).status_code == 401
        plans = (await http.get("/api/credits/plans")).json()
        assert [plan["plan_type"] for plan in plans] == ["Free", "Starter", "Pro", "Enterprise"]
        assert all(isinstance(plan["price"], int | float) and isinstance(plan["features"], str) for plan in plans)
