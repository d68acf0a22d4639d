"""One account's view of one platform."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from talkingphoto_client.aio.products import AsyncClips, AsyncFilms, AsyncPictures, AsyncVideos
from talkingphoto_client.aio.uploads import AsyncUploads
from talkingphoto_client.aio.work import AsyncJob, AsyncRun
from talkingphoto_client.call import Call
from talkingphoto_client.errors import ApiError, BadDownload, NotAuthenticated, Unreachable
from talkingphoto_client.generated import calls, types
from talkingphoto_client.retrying import is_here, refusal, wait_before

T = TypeVar("T")
Line = Literal["talkingphoto", "reely", "filmstudio", "pixie"]
_PAGE = 100


class AsyncTalkingPhoto:
    """A client of the platform at ``base_url``, used as a context manager. With ``api_key`` it acts for the key's
    owner, with :meth:`log_in` for whoever logs in. ``timeout_s`` is for one request; ``transport`` is httpx's."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        timeout_s: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        headers = {} if api_key is None else {"X-API-Key": api_key}
        self.http = httpx.AsyncClient(
            base_url=self.base_url,
            timeout=timeout_s,
            transport=transport,
            headers=headers,
            trust_env=not is_here(base_url),
        )
        self._login: types.UsersLoginIn | None = None
        self._line: Line | None = None
        self.videos = AsyncVideos(self)
        self.clips = AsyncClips(self)
        self.films = AsyncFilms(self)
        self.pictures = AsyncPictures(self)
        self.uploads = AsyncUploads(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self.http.aclose()

    async def send(self, call: Call[T]) -> T:
        """Ask what :mod:`~talkingphoto_client.generated.calls` describes; what is answered.

        What can be repeated without acting twice is: reads, and what takes an idempotency key, which is given one.
        Raises :class:`~talkingphoto_client.ApiError`, and ``Unreachable`` when nothing answers.
        """
        arguments = call.arguments()
        tried, renewed = 0, False
        while True:
            tried += 1
            failure: httpx.TransportError | ApiError
            try:
                answer = await self.http.request(call.method, call.url, **arguments)
                if answer.is_success:
                    return _read(call, answer)
                failure = refusal(answer)
            except httpx.TransportError as error:
                failure = error
            if isinstance(failure, NotAuthenticated) and self._login is not None and not renewed:
                renewed = True
                await self._log_in()
                continue
            wait = wait_before(tried, call, failure)
            if wait is None:
                if isinstance(failure, ApiError):
                    raise failure
                raise Unreachable(f"Nothing answers at {self.base_url}: {type(failure).__name__}.") from failure
            await asyncio.sleep(wait)

    async def request(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        """Ask anything, by its path, for what has no function; the JSON that is answered."""
        asked: Call[Any] = Call(method, path, body=body, query=query or {})
        return await self.send(asked)

    async def pages(self, call: Callable[..., Call[Any]], *path: str, **filters: Any) -> AsyncIterator[Any]:
        """Every item of a list, a page at a time: ``pages(calls.list_workflows, status="completed")``."""
        page = 1
        while True:
            found = await self.send(call(*path, page=page, per_page=_PAGE, **filters))
            for item in found["items"]:
                yield item
            if page * _PAGE >= found["total"] or not found["items"]:
                return
            page += 1

    async def register(self, email: str, password: str, *, name: str) -> types.UsersUserOut:
        """Open an account that accepts the terms and the privacy policy, and log in."""
        consents: list[types.UsersConsentIn] = [{"kind": "terms"}, {"kind": "privacy"}]
        account = await self.send(
            calls.register({"email": email, "password": password, "name": name, "consents": consents})
        )
        await self.log_in(email, password)
        return account

    async def log_in(
        self,
        email: str,
        password: str,
        *,
        line: Line | None = None,
    ) -> None:
        """Open a session, in a product line of its own if you like; another is opened by itself when it has run out.
        An account with a second factor takes an API key instead."""
        self._login, self._line = {"email": email, "password": password}, line
        try:
            await self._log_in()
        except ApiError:
            self._login = None
            raise

    async def create_key(self, name: str, scopes: list[types.UsersScope], **limits: Any) -> types.UsersNewApiKeyOut:
        """A key for programs, shown once; ``limits``: ``expires_in_days``, ``daily_credits``, ``allowed_addresses``."""
        body: Any = {"name": name, "scopes": scopes, **limits}
        return await self.send(calls.create_api_key(body))

    def run(self, run_id: str) -> AsyncRun:
        """A run that there is."""
        return AsyncRun(self, run_id)

    def job(self, job_id: str) -> AsyncJob:
        """A job that there is."""
        return AsyncJob(self, job_id)

    async def runs(self, **filters: Any) -> AsyncIterator[types.WorkflowWorkflowSummary]:
        """The account's runs, newest first; ``filters`` as :func:`~talkingphoto_client.generated.calls.list_workflows`
        has them."""
        async for item in self.pages(calls.list_workflows, **filters):
            yield item

    async def download(self, url: str, target: str | Path, *, sha256: str | None = None) -> Path:
        """Fetch a signed link into a file, whole or not at all; where it is. Raises ``BadDownload``."""
        address = urljoin(f"{self.base_url}/", url)
        path = Path(target)
        digest, beside = hashlib.sha256(), path.with_name(f"{path.name}.part")
        # The link carries its own right; key and token go to nobody but the platform.
        ours = urlsplit(address).netloc == urlsplit(self.base_url).netloc
        http = self.http if ours else httpx.AsyncClient(trust_env=not is_here(address), timeout=self.http.timeout)
        try:
            async with http.stream("GET", address, follow_redirects=True) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise refusal(answer)
                path.parent.mkdir(parents=True, exist_ok=True)
                with beside.open("wb") as out:
                    async for piece in answer.aiter_bytes():
                        out.write(piece)
                        digest.update(piece)
            if sha256 is not None and digest.hexdigest() != sha256:
                raise BadDownload(f"{path.name} arrived damaged: SHA-256 {digest.hexdigest()}, expected {sha256}.")
            beside.replace(path)
        except httpx.TransportError as error:
            raise Unreachable(f"The download of {path.name} broke: {type(error).__name__}.") from error
        finally:
            beside.unlink(missing_ok=True)
            if not ours:
                await http.aclose()
        return path

    async def _log_in(self) -> None:
        if self._login is None:
            return
        login, self._login = self._login, None
        try:
            answer: Any = await self.send(calls.login(login, x_product_line=self._line))
        finally:
            self._login = login
        if "access_token" not in answer:
            raise NotAuthenticated(401, {"code": "second_factor_needed", "message": "Use an API key."})
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"


def _read(call: Call[T], answer: httpx.Response) -> T:
    found: Any
    if call.answers == "json":
        try:
            found = answer.json()
        except ValueError as error:
            raise Unreachable(f"What answers at {answer.url.host} is no TalkingPhoto platform.") from error
    else:
        found = answer.content if call.answers == "bytes" else None
    result: T = found
    return result
