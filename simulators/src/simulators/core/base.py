"""The frame of a simulated vendor: routes, keys, faults around each handler, files, control."""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simulators.core import media
from simulators.core.faults import ANSWERS, POSSIBLE, Fault, Plan
from simulators.core.jobs import Job
from simulators.core.ledger import Entry, Ledger

Handler = Callable[[Request, Fault | None], Awaitable[Response]]


class Dropped(Response):
    """An answer whose connection breaks: headers and a few bytes, then nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start an answer and leave without finishing it; the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


class Hung(Response):
    """An answer that never comes: the connection stays open until the caller leaves."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the caller to give up."""
        while (await receive())["type"] != "http.disconnect":
            pass


class Refusal(Exception):
    """A handler found the request wrong; ``answer`` is what the vendor says to that."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


class Simulator(ABC):
    """One vendor. Subclasses give routes, the shape of errors and how a key is recognised."""

    vendor: ClassVar[str]
    operations: ClassVar[frozenset[str]]
    """Which of the operations of ``possible`` this vendor has."""
    possible: ClassVar[Mapping[str, frozenset[Fault]]] = POSSIBLE
    """By operation: what can go wrong there."""
    lacks: ClassVar[frozenset[Fault | tuple[str, Fault]]] = frozenset()
    """Faults its protocol has no room for, everywhere or in one operation."""
    late: ClassVar[frozenset[Fault]] = frozenset()
    """Error answers that this vendor gives only with the result; the handler gets them like a job's fault."""
    key: str

    def __init__(self, *, key: str = "simulated-key") -> None:
        self.key = key
        self.plan = Plan(self.possible)
        self.ledger = Ledger()
        self.jobs: dict[str, Job] = {}
        self._files: dict[str, tuple[bytes, str, Job | None, int]] = {}
        self._numbers = itertools.count(1)

    @abstractmethod
    def routes(self) -> list[Route]:
        """The vendor's paths, built with :meth:`route`."""

    @abstractmethod
    def error(self, fault: Fault) -> Response:
        """How the vendor words a fault of :data:`simulators.core.faults.ANSWERS`."""

    @abstractmethod
    def knows(self, request: Request) -> bool:
        """Whether the request carries the vendor's key."""

    def settings(self, address: str) -> dict[str, str]:
        """Settings that lead a service here, by environment name; the router's come from its own table."""
        return {}

    @cached_property
    def app(self) -> Starlette:
        """The ASGI application: the vendor's routes, files at ``/files/`` and control at ``/__simulator__/``."""
        return Starlette(
            routes=[
                # First, because some vendors take any path.
                Route("/__simulator__/ledger", self._show_ledger),
                Route("/__simulator__/faults", self._set_faults, methods=["POST"]),
                *self.routes(),
                Route("/files/{name:path}", self._file),
            ]
        )

    def next_id(self, prefix: str = "") -> str:
        """A new identifier, the same in every run."""
        return f"{prefix}{next(self._numbers):08d}"

    def route(
        self, path: str, operation: str, handler: Handler, *, methods: tuple[str, ...] = ("POST",), open_: bool = False
    ) -> Route:
        """A path whose handler meets the plan's faults. ``open_``: no key is needed."""

        async def serve(request: Request) -> Response:
            await request.body()
            if not (open_ or self.knows(request)):
                return self.error(Fault.AUTH)
            fault = self.plan.draw(operation)
            if fault is Fault.HANG_BEFORE:
                return Hung()
            if fault is Fault.DROP_BEFORE:
                return Dropped()
            if fault in ANSWERS and not (operation == "submit" and fault in self.late):
                return self.error(fault)
            try:
                answer = await handler(request, fault)
            except Refusal as refusal:
                return refusal.answer
            return self._spoil(answer, fault)

        return Route(path, serve, methods=list(methods))

    def _spoil(self, answer: Response, fault: Fault | None) -> Response:
        match fault:
            case Fault.HANG_AFTER:
                return Hung()
            case Fault.DROP_AFTER:
                return Dropped()
            case Fault.GATEWAY_AFTER:
                return Response(media.HTML, 504, media_type="text/html")
            case Fault.GARBLED if isinstance(answer, StreamingResponse):
                return Response(b'data: {"stat\n\n', answer.status_code, media_type=answer.media_type)
            case Fault.GARBLED if answer.status_code < 300:
                body = bytes(answer.body)
                return Response(body[: len(body) // 2], answer.status_code, media_type="application/json")
            case _:
                return answer

    def accept(
        self, operation: str, body: Mapping[str, Any], *, fault: Fault | None, key: str | None = None, prefix: str = ""
    ) -> Job:
        """Write work down in the ledger and make it a job."""
        job = Job(self.next_id(prefix), operation, body, fault, key)
        self.jobs[job.id] = job
        self.ledger.accept(Entry(operation, job.id, key, body))
        return job

    def link(self, request: Request, data: bytes, mime_type: str, job: Job | None = None) -> str:
        """A URL of ``data`` here. A job scripted with an expired link gets one bad link, then good ones."""
        suffix = {"video/mp4": "mp4", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}.get(
            mime_type, "bin"
        )
        name = f"{self.next_id('f')}.{suffix}"
        number = 0
        if job is not None:
            job.links += 1
            number = job.links
        self._files[name] = (data, mime_type, job, number)
        return f"{request.url.scheme}://{request.url.netloc}/files/{name}?Signature=simulated&Expires=1"

    async def _file(self, request: Request) -> Response:
        found = self._files.get(request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        data, mime_type, job, number = found
        fault = self.plan.draw("download")
        if fault is Fault.LINK_EXPIRED or (job and job.fault is Fault.LINK_EXPIRED and number == 1):
            return Response("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>", 403)
        if fault is Fault.SERVER_ERROR:
            return Response(status_code=503)
        if fault is Fault.HANG_BEFORE:
            return Hung()
        if fault is Fault.DROP_AFTER:
            return Dropped()
        data, mime_type = spoiled(data, mime_type, fault or (job.fault if job else None))
        return Response(data, media_type=mime_type)

    async def _show_ledger(self, request: Request) -> Response:
        entries = [{"operation": e.operation, "job_id": e.job_id, "key": e.key} for e in self.ledger.entries]
        return JSONResponse({"vendor": self.vendor, "accepted": len(entries), "entries": entries})

    async def _set_faults(self, request: Request) -> Response:
        """``{"operation": "poll", "faults": ["throttled"]}``, ``{"chance": {...}, "seed": 1}``; ``{}`` clears."""
        wanted = await request.json()
        try:
            if "faults" in wanted:
                names = wanted["faults"]
                self.plan.script(wanted["operation"], [Fault(name) if name else None for name in names])
            elif "chance" in wanted:
                odds = {Fault(name): float(odds) for name, odds in wanted["chance"].items()}
                self.plan.chance(odds, seed=int(wanted.get("seed", 0)))
            else:
                self.plan.clear()
        except (KeyError, ValueError) as wrong:
            return JSONResponse({"error": str(wrong)}, 422)
        return Response(status_code=204)


def spoiled(data: bytes, mime_type: str, fault: Fault | None) -> tuple[bytes, str]:
    """Media as the fault leaves them: whole, cut short, or a web page under the right name; nothing for ``EMPTY``."""
    match fault:
        case Fault.TRUNCATED:
            return media.cut(data), mime_type
        case Fault.WRONG_MEDIA:
            return media.HTML, mime_type
        case Fault.EMPTY:
            return b"", mime_type
        case _:
            return data, mime_type


async def json_object(request: Request, wrong: Response) -> dict[str, Any]:
    """The request's JSON object; raises :class:`Refusal` with ``wrong`` for anything else."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise Refusal(wrong) from None
    if not isinstance(body, dict):
        raise Refusal(wrong)
    return body
