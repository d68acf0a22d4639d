"""Runs and jobs: to be followed until they end, and their results fetched."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import httpx
from httpx_sse import SSEError, aconnect_sse

from talkingphoto_client.errors import NotFound, TookTooLong, WorkFailed
from talkingphoto_client.generated import calls, types
from talkingphoto_client.progress import Progress

if TYPE_CHECKING:
    from talkingphoto_client.aio.client import AsyncTalkingPhoto

FINAL = frozenset({"completed", "failed", "cancelled"})
_BETWEEN_LOOKS_S = 1.0
_SILENCE_S = 60.0
"""A stream says something every few seconds; one that does not is dead."""

Outcome = TypeVar("Outcome", bound=Mapping[str, Any])


class _AsyncWork(ABC, Generic[Outcome]):
    _events: str

    def __init__(self, client: AsyncTalkingPhoto, id: str) -> None:
        self.client, self.id = client, id

    @abstractmethod
    async def get(self) -> Outcome:
        """All about it, as it is now."""

    @abstractmethod
    async def _standing(self) -> tuple[str, Progress]: ...

    @abstractmethod
    async def _failure(self) -> tuple[str | None, str | None, bool]: ...

    @abstractmethod
    async def _results(self) -> Mapping[str, Any]: ...

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Everything that has happened to it and happens, until it ends or the connection does."""
        async with aclosing(self._stream("", _SILENCE_S)) as stream:
            async for _, event in stream:
                yield event

    async def wait(self, on_progress: Callable[[Progress], object] | None = None, *, within_s: float = 3600.0) -> Self:
        """Return when it is completed, itself. It is told of its progress by an event stream; where none can be had, or
        it breaks, it looks. Raises ``WorkFailed`` when it ends otherwise, ``TookTooLong`` after ``within_s``."""
        told: Progress | None = None
        until, last = time.monotonic() + within_s, ""
        while True:
            try:
                left_s = max(0.1, until - time.monotonic())
                async with aclosing(self._stream(last, min(_SILENCE_S, left_s))) as stream:
                    async for number, event in stream:
                        last = number or last
                        told = _tell(on_progress, _progress(event["status"]), told)
                        if event["state"] in FINAL or time.monotonic() >= until:
                            break
            except (httpx.TransportError, SSEError):
                pass
            state, progress = await self._standing()
            told = _tell(on_progress, progress, told)
            if state == "completed":
                return self
            if state in FINAL:
                code, message, retryable = await self._failure()
                raise WorkFailed(self.id, state, code=code, message=message, retryable=retryable)
            if time.monotonic() >= until:
                raise TookTooLong(f"It has not ended within {within_s:g} s, and goes on ({self.id}).")
            await asyncio.sleep(_BETWEEN_LOOKS_S)

    async def download(self, result: str, target: str | Path) -> Path:
        """Put one result into a file, compared with its SHA-256; where it is."""
        results = await self._results()
        if result not in results:
            raise NotFound(
                404, {"code": "no_such_result", "message": f"It has no {result!r}; it has {', '.join(results)}."}
            )
        return await self.client.download(results[result]["url"], target, sha256=results[result]["sha256"])

    async def download_all(self, folder: str | Path) -> dict[str, Path]:
        """Put every result into a folder; where each is, by its name."""
        found = {}
        for name, result in (await self._results()).items():
            ending = Path(httpx.URL(result["url"]).path).suffix
            plain = name.replace(":", "-").replace("/", "-")
            target = Path(folder) / (plain if plain.endswith(ending) else f"{plain}{ending}")
            found[name] = await self.client.download(result["url"], target, sha256=result["sha256"])
        return found

    async def _stream(self, after: str, silence_s: float) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        headers = {"Last-Event-ID": after} if after else {}
        patience = httpx.Timeout(self.client.http.timeout.connect, read=silence_s)
        async with aconnect_sse(
            self.client.http, "GET", self._events.format(id=self.id), headers=headers, timeout=patience
        ) as source:
            # 204: all has been said. Whatever else is no stream is looked into by whoever looks.
            if source.response.status_code == httpx.codes.OK:
                async for event in source.aiter_sse():
                    if event.data:
                        yield event.id, json.loads(event.data)


class AsyncRun(_AsyncWork[types.WorkflowWorkflowOut]):
    """A run: a video, clips or a film on their way. ``id`` finds it again: ``client.run(id)``."""

    _events = "/api/v1/workflows/{id}/events"

    async def get(self) -> types.WorkflowWorkflowOut:
        """All about it, as it is now: state, steps, scores, cost, results."""
        return await self.client.send(calls.get_workflow(self.id))

    async def cancel(self) -> types.WorkflowCancelledOut:
        """Stop it, and have back what is held for it. Raises ``Conflict`` when it has ended."""
        return await self.client.send(calls.cancel_workflow(self.id))

    async def retry(self) -> Self:
        """Try again what failed or was cancelled; itself. Raises ``Conflict`` for any other."""
        await self.client.send(calls.retry_workflow(self.id))
        return self

    async def rerun(self, changes: Mapping[str, Any], *, begin_from: str | None = None) -> AsyncRun:
        """Another run, made of this one with ``changes``; what is the same is used again and not paid for."""
        body: Any = dict(changes)
        again: Any = await self.client.send(calls.rerun_workflow(self.id, body, from_=begin_from))
        return AsyncRun(self.client, again["id"])

    async def _standing(self) -> tuple[str, Progress]:
        now = await self.get()
        step = next((one["name"] for one in reversed(now["steps"]) if one["status"] != "pending"), now["phase"])
        return now["status"], Progress(now["progress"] / 100, step, now["waiting_for"] or now["phase"])

    async def _failure(self) -> tuple[str | None, str | None, bool]:
        error = (await self.get())["error"]
        return (error["code"], error["message"], error["retryable"]) if error else (None, None, False)

    async def _results(self) -> Mapping[str, Any]:
        return (await self.get())["results"]


class AsyncJob(_AsyncWork[types.AiRouterJobResultOut]):
    """One piece of AI work: a picture on its way. ``id`` finds it again: ``client.job(id)``."""

    _events = "/api/v1/ai/jobs/{id}/events"

    async def get(self) -> types.AiRouterJobResultOut:
        """What it made. Raises ``Conflict`` before there is anything."""
        return await self.client.send(calls.get_job_result(self.id))

    async def cancel(self) -> None:
        """Cancel it, or remove one that has ended."""
        await self.client.send(calls.delete_job(self.id))

    async def _standing(self) -> tuple[str, Progress]:
        now = await self.client.send(calls.get_job_status(self.id))
        message = now.get("message") or now["status"]
        return now["status"], Progress(now["progress"] / 100, now["status"], message)

    async def _failure(self) -> tuple[str | None, str | None, bool]:
        now = await self.client.send(calls.get_job_status(self.id))
        return None, now.get("message"), False

    async def _results(self) -> Mapping[str, Any]:
        return (await self.get())["outputs"]


def _progress(standing: Mapping[str, Any]) -> Progress:
    return Progress((standing["progress"] or 0) / 100, standing["step"] or "", standing["message"] or "")


def _tell(on_progress: Callable[[Progress], object] | None, progress: Progress, told: Progress | None) -> Progress:
    if on_progress is not None and progress != told:
        on_progress(progress)
    return progress
