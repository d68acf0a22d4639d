"""A plain client of the public API: what the command line uses, and what anybody could write."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import ipaddress
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
from httpx_sse import ServerSentEvent, aconnect_sse

from talkingphoto.settings.loudness import is_verbose

_FINAL = {"completed", "failed", "cancelled"}
_RECONNECT_S = 0.5
_PATIENCE_S = 15.0
"""How long a run is followed while nothing answers: a gateway may be starting again."""


class ApiError(Exception):
    """The platform said no. ``code`` is stable; the text says what to do next."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        found = body.get("error")
        error = found if isinstance(found, dict) else {}
        self.status = status
        self.code: str = error.get("code", f"http_{status}")
        self.fields: dict[str, str] = error.get("fields") or {}
        self.details: dict[str, Any] = error.get("details") or {}
        self.request_id: str | None = error.get("request_id")
        super().__init__(error.get("message", f"The platform answered {status}."))


class Unreachable(Exception):
    """Nothing answers at the address, or something that is no platform."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A registered user."""

    email: str
    password: str


class Client:
    """One user's view of one platform. Use as an async context manager."""

    def __init__(
        self,
        url: str,
        *,
        timeout_s: float = 30.0,
        ask_code: Callable[[], str] | None = None,
        line: str | None = None,
    ) -> None:
        """``ask_code`` gives a code of the account's second factor, if it has one; without it no such login is made.
        ``line``: the product line that sessions are in, where it is not the account's own."""
        self.url = url
        self._line = line
        self._ask_code = ask_code
        self._http = _connected(url, timeout_s=timeout_s)
        self._credentials: Credentials | None = None
        self._key = ""

    @property
    def user(self) -> str:
        """Who is logged in, by address or key; empty before."""
        return self._credentials.email if self._credentials is not None else self._key

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._http.aclose()

    def use_key(self, key: str) -> None:
        """Speak with an API key instead of an account's session. Raises :class:`ApiError` for what can be none."""
        if not (key.isascii() and key.isprintable()):
            message = "The API key has signs in it that no key has. Copy it again."
            raise ApiError(401, {"error": {"code": "no_api_key", "message": message}})
        self._http.headers["X-API-Key"] = key
        self._key = key

    async def log_in(self, credentials: Credentials) -> None:
        """Open a session; once it has run out, another is opened by itself. Raises :class:`ApiError`."""
        self._credentials = None
        answer = await self.send(
            "POST",
            "/api/v1/auth/login",
            json={"email": credentials.email, "password": credentials.password},
            headers={} if self._line is None else {"X-Product-Line": self._line},
        )
        if "ticket" in answer:
            answer = await self.send(
                "POST", "/api/v1/auth/login/second-factor", json={"ticket": answer["ticket"], "code": self._code()}
            )
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self._credentials = credentials

    async def register(self, credentials: Credentials, *, name: str) -> None:
        """Open an account, where there is none, and log in. Raises :class:`ApiError`."""
        await self.send(
            "POST",
            "/api/v1/auth/register",
            json={
                "email": credentials.email,
                "password": credentials.password,
                "name": name,
                "consents": [{"kind": "terms"}, {"kind": "privacy"}],
            },
        )
        await self.log_in(credentials)

    async def upload(self, photo: Path) -> dict[str, Any]:
        """Send a photo; returns the file. Raises :class:`ApiError` with the reason it was refused."""
        with photo.open("rb") as stream:
            return await self.send("POST", "/api/v1/files", files={"file": (as_text(photo.name), stream)}, timeout=120)

    async def verify(self, file: Path) -> dict[str, Any]:
        """Whether a picture or video was made at the platform."""
        with file.open("rb") as stream:
            return await self.send("POST", "/api/v1/verify", files={"file": ("file", stream)}, timeout=120)

    async def order_clips(self, path: str, order: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Order what is made of a video, at its own path; the same key starts it once."""
        return await self.send("POST", path, json=dict(order), headers={"Idempotency-Key": idempotency_key})

    async def create_project(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Make a project."""
        return await self.send("POST", "/api/v1/projects", json=dict(fields))

    async def plan_film(self, project_id: str, looks: Mapping[str, Any]) -> dict[str, Any]:
        """Cut a project's script into the shots of a film. It costs nothing."""
        return await self.send("POST", f"/api/v1/projects/{project_id}/plan", json=dict(looks))

    async def generate_project(self, project_id: str, *, idempotency_key: str) -> dict[str, Any]:
        """Have a project's film made; the same key starts it once."""
        return await self.send(
            "POST", f"/api/v1/projects/{project_id}/generate", json={}, headers={"Idempotency-Key": idempotency_key}
        )

    async def create_run(self, request: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Start a run; the same key starts it once."""
        return await self.send(
            "POST", "/api/v1/workflows", json=dict(request), headers={"Idempotency-Key": idempotency_key}
        )

    async def estimate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Cost, credits and time of a run that is not started."""
        return await self.send("POST", "/api/v1/workflows/estimate", json=dict(request))

    async def run(self, run_id: str) -> dict[str, Any]:
        """All about one run."""
        return await self.send("GET", f"/api/v1/workflows/{run_id}")

    async def runs(self, *, per_page: int = 20) -> dict[str, Any]:
        """The user's newest runs."""
        return await self.send("GET", "/api/v1/workflows", params={"per_page": per_page})

    async def cancel(self, run_id: str) -> dict[str, Any]:
        """Stop a run. Raises :class:`ApiError` (409) for one that has ended."""
        return await self.send("POST", f"/api/v1/workflows/{run_id}/cancel")

    async def retry(self, run_id: str) -> dict[str, Any]:
        """Try a run again that failed or was cancelled. Raises :class:`ApiError` (409) for any other."""
        return await self.send("POST", f"/api/v1/workflows/{run_id}/retry")

    async def rerun(self, run_id: str, begin_from: str | None, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Make a new run of one that is done. Raises :class:`ApiError` (409) where nothing of it would be made."""
        params = {} if begin_from is None else {"from": begin_from}
        return await self.send("POST", f"/api/v1/workflows/{run_id}/rerun", params=params, json=dict(changes))

    async def decide(self, run_id: str, step: str, *, approved: bool) -> dict[str, Any]:
        """Decide what a run asks at ``step``. Raises :class:`ApiError` (409) where it asks nothing."""
        return await self.send("POST", f"/api/v1/workflows/{run_id}/approvals/{step}", json={"approved": approved})

    async def timeline(self, run_id: str) -> dict[str, Any]:
        """Where the time of a run went."""
        return await self.send("GET", f"/api/v1/workflows/{run_id}/timeline")

    async def instructions(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """How a video is published."""
        return await self.send("POST", "/api/v1/export/instructions", json=dict(asked))

    async def optimise(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """What a way of working costs, and what would make it less."""
        return await self.send("POST", "/api/v1/export/optimize", json=dict(asked))

    async def order_shapes(self, run_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Order a finished run's video for more platforms; what was ordered is not ordered again."""
        return await self.send("POST", f"/api/v1/export/kits/{run_id}/renditions", json=dict(asked))

    async def shapes(self, run_id: str) -> dict[str, Any]:
        """In which shapes a finished run's video is there."""
        return await self.send("GET", f"/api/v1/export/kits/{run_id}/renditions")

    async def submit_batch(
        self, manifest: bytes, kind: str, *, name: str, dry_run: bool, all_or_nothing: bool
    ) -> dict[str, Any]:
        """Order what a manifest says; what was ordered under that name is not ordered again."""
        params = {"name": name, "dry_run": dry_run, "all_or_nothing": all_or_nothing}
        headers = {"Content-Type": kind}
        return await self.send("POST", "/api/v1/batches", params=params, content=manifest, headers=headers)

    async def batch(self, batch_id: str) -> dict[str, Any]:
        """How the runs of a batch are."""
        return await self.send("GET", f"/api/v1/batches/{batch_id}")

    async def cancel_batch(self, batch_id: str) -> dict[str, Any]:
        """Stop the runs of a batch."""
        return await self.send("POST", f"/api/v1/batches/{batch_id}/cancel")

    async def order_picture(self, what: str, body: Mapping[str, Any], *, idempotency_key: str) -> dict[str, Any]:
        """Order a picture: ``generate``, ``edit``, ``upscale``, ``enhance`` or ``variations``; the same key orders it
        once."""
        return await self.send(
            "POST", f"/api/v1/ai/image/{what}", json=dict(body), headers={"Idempotency-Key": idempotency_key}
        )

    async def job(self, job_id: str) -> dict[str, Any]:
        """How an AI job is."""
        return await self.send("GET", f"/api/v1/ai/jobs/{job_id}/status")

    async def job_result(self, job_id: str) -> dict[str, Any]:
        """What an AI job made."""
        return await self.send("GET", f"/api/v1/ai/jobs/{job_id}/result")

    async def job_route(self, job_id: str) -> dict[str, Any]:
        """Who could do an AI job, who was asked, and why."""
        return await self.send("GET", f"/api/v1/ai/jobs/{job_id}/route")

    async def remove_job(self, job_id: str) -> None:
        """Cancel an AI job, or remove one that has ended."""
        answer = await self._ask("DELETE", f"/api/v1/ai/jobs/{job_id}")
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, _json(answer.content) or {})

    async def follow(self, run_id: str) -> AsyncIterator[dict[str, Any]]:
        """Live updates of a run until it ends; resumes where it was when the connection breaks.

        Raises :class:`Unreachable` when nothing has answered for a while.
        """
        last_id = ""
        answered = time.monotonic()
        while True:
            try:
                async for event in self._events(run_id, last_id):
                    last_id = event.id or last_id
                    update: dict[str, Any] = json.loads(event.data)
                    yield update
                    if update.get("state") in _FINAL:
                        return
            except (httpx.TransportError, ApiError) as error:
                # A session that has run out is opened again by the next question.
                if isinstance(error, ApiError) and error.status < 500 and error.status != 401:
                    raise
            try:
                if (await self.run(run_id))["status"] in _FINAL:
                    return
                answered = time.monotonic()
            except (Unreachable, ApiError) as error:
                gone_for = time.monotonic() - answered
                if gone_for > _PATIENCE_S or (isinstance(error, ApiError) and error.status < 500):
                    raise
            await asyncio.sleep(_RECONNECT_S)

    async def download(self, url: str, target: Path) -> str:
        """Fetch a signed link into a file; returns the SHA-256 of what was written."""
        absolute = urljoin(self.url, url)
        digest = hashlib.sha256()
        async with AsyncExitStack() as stack:
            http = self._http
            # The link carries its own right; the session's token goes to nobody but the platform.
            if urlsplit(absolute).netloc != urlsplit(self.url).netloc:
                http = await stack.enter_async_context(_connected(absolute, timeout_s=120))
            try:
                answer = await stack.enter_async_context(
                    http.stream("GET", absolute, timeout=120, follow_redirects=True)
                )
                if answer.status_code >= 400:
                    raise ApiError(answer.status_code, _json(await answer.aread()) or {})
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("wb") as out:
                    async for chunk in answer.aiter_bytes():
                        out.write(chunk)
                        digest.update(chunk)
            except httpx.RequestError as error:
                raise _unreachable(absolute, error) from error
        return digest.hexdigest()

    def _events(self, run_id: str, last_id: str) -> AsyncIterator[ServerSentEvent]:
        return self.stream(f"/api/v1/workflows/{run_id}/events", last_id)

    async def stream(self, path: str, last_id: str) -> AsyncIterator[ServerSentEvent]:
        """The server-sent events of one connection, from after ``last_id`` on. Raises :class:`ApiError`, and what httpx
        raises when it breaks."""
        headers = {"Last-Event-ID": last_id} if last_id else {}
        async with aconnect_sse(self._http, "GET", path, headers=headers, timeout=httpx.Timeout(30, read=60)) as source:
            if source.response.status_code >= 400:
                raise ApiError(source.response.status_code, _json(await source.response.aread()) or {})
            async for event in source.aiter_sse():
                if event.data:
                    yield event

    def _code(self) -> str:
        if self._ask_code is None:
            message = "This account has a second factor. Use a terminal, where you can type its code."
            raise ApiError(403, {"error": {"code": "second_factor_needed", "message": message}})
        return self._ask_code()

    async def send(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """Ask the API; a session that has run out is opened again. Raises :class:`ApiError`, :class:`Unreachable`."""
        answer = await self._ask(method, path, **arguments)
        if answer.status_code == 401 and self._credentials is not None and "files" not in arguments:
            await self.log_in(self._credentials)
            answer = await self._ask(method, path, **arguments)
        body = _json(answer.content)
        if answer.status_code >= 400:
            raise ApiError(answer.status_code, body or {})
        if body is None or not answer.is_success:
            raise Unreachable(f"What answers at {self.url} is no TalkingPhoto platform.")
        return body

    async def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **arguments)
        except httpx.RequestError as error:
            raise _unreachable(self.url, error) from error


def _connected(url: str, *, timeout_s: float) -> httpx.AsyncClient:
    """A client for one address: by the environment's proxy, unless the address is on this machine."""
    hooks = {"response": [_tell]} if is_verbose() else {}
    try:
        return httpx.AsyncClient(base_url=url, timeout=timeout_s, trust_env=not _is_here(url), event_hooks=hooks)
    except (ValueError, ImportError) as error:
        raise Unreachable(f"The proxy that the environment names cannot be used: {error}") from error
    except OSError as error:
        if error.filename is None or error.filename != os.environ.get("SSLKEYLOGFILE"):
            raise
        raise Unreachable(
            f"{error.filename}, which SSLKEYLOGFILE names, cannot be written: {error.strerror}. Unset it."
        ) from error


async def _tell(answer: httpx.Response) -> None:
    """What was asked and answered, without what only the two of them may know: queries are rights of signed links."""
    asked = answer.request
    request_id = answer.headers.get("X-Request-ID", "")
    print(
        f"{asked.method} {asked.url.copy_with(query=None)} {answer.status_code} {request_id}".rstrip(), file=sys.stderr
    )


def _is_here(url: str) -> bool:
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _unreachable(url: str, error: httpx.RequestError) -> Unreachable:
    # Without the query: in a signed link it is the right to read.
    where = url.partition("?")[0]
    if _out_of_files(error):
        return Unreachable(f"{where} cannot be reached: this command may open no more files. See `ulimit -n`.")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.UnsupportedProtocol):
        return Unreachable(f"Nothing answers at {where}.")
    if isinstance(error, httpx.ProxyError):
        return Unreachable(f"The proxy does not lead to {where}: {error}.")
    return Unreachable(f"The connection to {where} broke: {type(error).__name__}.")


def _out_of_files(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return True
        error = error.__cause__ or error.__context__
    return False


def as_text(name: str) -> str:
    """A file's name, which is any bytes but ``/``, as text for show."""
    return os.fsencode(name).decode("utf-8", "replace")


def _json(content: bytes) -> dict[str, Any] | None:
    """The object that was answered; None where it is none."""
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        return None
    return body if isinstance(body, dict) else None
