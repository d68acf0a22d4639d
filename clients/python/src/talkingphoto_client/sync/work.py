"""Runs and jobs: to be followed until they end, and their results fetched.

Made by `make client`, of `aio`; change that instead.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import httpx
from httpx_sse import SSEError, connect_sse

from talkingphoto_client.errors import NotFound, TookTooLong, WorkFailed
from talkingphoto_client.generated import calls, types
from talkingphoto_client.progress import Progress

if TYPE_CHECKING:
    from talkingphoto_client.sync.client import TalkingPhoto

FINAL = frozenset({"completed", "failed", "cancelled"})
_BETWEEN_LOOKS_S = 1.0
_SILENCE_S = 60.0
"""A stream says something every few seconds; one that does not is dead."""

Outcome = TypeVar("Outcome", bound=Mapping[str, Any])


class _Work(ABC, Generic[Outcome]):
    _events: str

    def __init__(self, client: TalkingPhoto, id: str) -> None:
        self.client, self.id = client, id

    @abstractmethod
    def get(self) -> Outcome:
        """All about it, as it is now."""

    @abstractmethod
    def _standing(self) -> tuple[str, Progress]: ...

    @abstractmethod
    def _failure(self) -> tuple[str | None, str | None, bool]: ...

    @abstractmethod
    def _results(self) -> Mapping[str, Any]: ...

    def events(self) -> Iterator[dict[str, Any]]:
        """Everything that has happened to it and happens, until it ends or the connection does."""
        with closing(self._stream("", _SILENCE_S)) as stream:
            for _, event in stream:
                yield event

    def wait(self, on_progress: Callable[[Progress], object] | None = None, *, within_s: float = 3600.0) -> Self:
        """Return when it is completed, itself. It is told of its progress by an event stream; where none can be had, or
        it breaks, it looks. Raises ``WorkFailed`` when it ends otherwise, ``TookTooLong`` after ``within_s``."""
        told: Progress | None = None
        until, last = time.monotonic() + within_s, ""
        while True:
            try:
                left_s = max(0.1, until - time.monotonic())
                with closing(self._stream(last, min(_SILENCE_S, left_s))) as stream:
                    for number, event in stream:
                        last = number or last
                        told = _tell(on_progress, _progress(event["status"]), told)
                        if event["state"] in FINAL or time.monotonic() >= until:
                            break
            except (httpx.TransportError, SSEError):
                pass
            state, progress = self._standing()
            told = _tell(on_progress, progress, told)
            if state == "completed":
                return self
            if state in FINAL:
                code, message, retryable = self._failure()
                raise WorkFailed(self.id, state, code=code, message=message, retryable=retryable)
            if time.monotonic() >= until:
                raise TookTooLong(f"It has not ended within {within_s:g} s, and goes on ({self.id}).")
            time.sleep(_BETWEEN_LOOKS_S)

    def download(self, result: str, target: str | Path) -> Path:
        """Put one result into a file, compared with its SHA-256; where it is."""
        results = self._results()
        if result not in results:
            raise NotFound(
                404, {"code": "no_such_result", "message": f"It has no {result!r}; it has {', '.join(results)}."}
            )
        return self.client.download(results[result]["url"], target, sha256=results[result]["sha256"])

    def download_all(self, folder: str | Path) -> dict[str, Path]:
        """Put every result into a folder; where each is, by its name."""
        found = {}
        for name, result in (self._results()).items():
            ending = Path(httpx.URL(result["url"]).path).suffix
            plain = name.replace(":", "-").replace("/", "-")
            target = Path(folder) / (plain if plain.endswith(ending) else f"{plain}{ending}")
            found[name] = self.client.download(result["url"], target, sha256=result["sha256"])
        return found

    def _stream(self, after: str, silence_s: float) -> Generator[tuple[str, dict[str, Any]], None, None]:
        headers = {"Last-Event-ID": after} if after else {}
        patience = httpx.Timeout(self.client.http.timeout.connect, read=silence_s)
        with connect_sse(
            self.client.http, "GET", self._events.format(id=self.id), headers=headers, timeout=patience
        ) as source:
            # 204: all has been said. Whatever else is no stream is looked into by whoever looks.
            if source.response.status_code == httpx.codes.OK:
                for event in source.iter_sse():
                    if event.data:
                        yield event.id, json.loads(event.data)


class Run(_Work[types.WorkflowWorkflowOut]):
    """A run: a video, clips or a film on their way. ``id`` finds it again: ``client.run(id)``."""

    _events = "/api/v1/workflows/{id}/events"

    def get(self) -> types.WorkflowWorkflowOut:
        """All about it, as it is now: state, steps, scores, cost, results."""
        return self.client.send(calls.get_workflow(self.id))

    def cancel(self) -> types.WorkflowCancelledOut:
        """Stop it, and have back what is held for it. Raises ``Conflict`` when it has ended."""
        return self.client.send(calls.cancel_workflow(self.id))

    def retry(self) -> Self:
        """Try again what failed or was cancelled; itself. Raises ``Conflict`` for any other."""
        self.client.send(calls.retry_workflow(self.id))
        return self

    def rerun(self, changes: Mapping[str, Any], *, begin_from: str | None = None) -> Run:
        """Another run, made of this one with ``changes``; what is the same is used again and not paid for."""
        body: Any = dict(changes)
        again: Any = self.client.send(calls.rerun_workflow(self.id, body, from_=begin_from))
        return Run(self.client, again["id"])

    def _standing(self) -> tuple[str, Progress]:
        now = self.get()
        step = next((one["name"] for one in reversed(now["steps"]) if one["status"] != "pending"), now["phase"])
        return now["status"], Progress(now["progress"] / 100, step, now["waiting_for"] or now["phase"])

    def _failure(self) -> tuple[str | None, str | None, bool]:
        error = (self.get())["error"]
        return (error["code"], error["message"], error["retryable"]) if error else (None, None, False)

    def _results(self) -> Mapping[str, Any]:
        return (self.get())["results"]


class Job(_Work[types.AiRouterJobResultOut]):
    """One piece of AI work: a picture on its way. ``id`` finds it again: ``client.job(id)``."""

    _events = "/api/v1/ai/jobs/{id}/events"

    def get(self) -> types.AiRouterJobResultOut:
        """What it made. Raises ``Conflict`` before there is anything."""
        return self.client.send(calls.get_job_result(self.id))

    def cancel(self) -> None:
        """Cancel it, or remove one that has ended."""
        self.client.send(calls.delete_job(self.id))

    def _standing(self) -> tuple[str, Progress]:
        now = self.client.send(calls.get_job_status(self.id))
        message = now.get("message") or now["status"]
        return now["status"], Progress(now["progress"] / 100, now["status"], message)

    def _failure(self) -> tuple[str | None, str | None, bool]:
        now = self.client.send(calls.get_job_status(self.id))
        return None, now.get("message"), False

    def _results(self) -> Mapping[str, Any]:
        return (self.get())["outputs"]


def _progress(standing: Mapping[str, Any]) -> Progress:
    return Progress((standing["progress"] or 0) / 100, standing["step"] or "", standing["message"] or "")


def _tell(on_progress: Callable[[Progress], object] | None, progress: Progress, told: Progress | None) -> Progress:
    if on_progress is not None and progress != told:
        on_progress(progress)
    return progress
