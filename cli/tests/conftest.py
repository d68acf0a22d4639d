"""A platform of the tests' own: the API as clients see it, in the schemas that the services answer with."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import typer.main
import typer.testing
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from chassis.http.pagination import Paged
from chassis.testing.served import served
from workflow.files.schemas import FileOut
from workflow.runs.schemas import (
    EstimateIn,
    EstimateOut,
    StatusOut,
    WorkflowAccepted,
    WorkflowIn,
    WorkflowOut,
    WorkflowSummary,
)

NOW = datetime(2026, 11, 29, 8, 30, tzinfo=UTC)
FILES = {
    "enhanced_image": ("image/jpeg", b"enhanced"),
    "audio": ("audio/wav", b"sound" * 1000),
    "video": ("video/mp4", b"film" * 5000),
    "srt": ("application/x-subrip", b"1"),
    "vtt": ("text/vtt", b"WEBVTT"),
    "kit": ("application/zip", b"kit"),
}


@dataclass
class Run:
    """One order and how it goes: what its script says is what it does."""

    order: WorkflowIn
    id: UUID = field(default_factory=uuid4)
    status: str = "processing"
    followers: int = 0

    def behaves(self, word: str) -> bool:
        return word in self.order.script


class Fake:
    """The words of a script decide: ``stays`` is never done, ``fails`` fails, ``damaged`` delivers another file, ...

    ``warned`` has warnings, ``refused`` is refused. What waits for ``go``: the order where it ``ponders``, the
    cancellation where it ``clings``, the download where it ``stalls``, and the upload of a photo called ``slow.jpg``.
    """

    def __init__(self) -> None:
        self.url = ""
        self.runs: dict[UUID, Run] = {}
        self.uploads: list[tuple[str, bytes]] = []
        self.cancelled: list[UUID] = []
        self.lines: list[str | None] = []
        """Product lines that were logged in to."""
        self.seen = threading.Condition()
        self.waiting: list[str] = []
        self.go = False
        app = FastAPI()
        app.post("/api/v1/auth/register", status_code=201)(self.register)
        app.post("/api/v1/auth/login")(self.log_in)
        app.post("/api/v1/files", status_code=201)(self.upload)
        app.post("/api/v1/workflows/estimate")(self.estimate)
        app.post("/api/v1/workflows", status_code=202)(self.order)
        app.get("/api/v1/workflows")(self.list)
        app.get("/api/v1/workflows/{run_id}")(self.one)
        app.post("/api/v1/workflows/{run_id}/cancel", status_code=202)(self.cancel)
        app.post("/api/v1/workflows/{run_id}/retry", status_code=202)(self.retry)
        app.get("/api/v1/workflows/{run_id}/events")(self.events)
        app.get("/objects/{run_id}/{name}")(self.object)
        self.app = app

    def add(self, script: str, *, status: str = "completed", title: str | None = None) -> str:
        """A run that has been ordered before; its id."""
        run = Run(WorkflowIn(input_file_id=uuid4(), script=script, title=title), status=status)
        self.runs[run.id] = run
        return str(run.id)

    def wait_for(self, what: Any, *, within_s: float = 20.0) -> None:
        """Until ``what`` is true of what has been asked."""
        with self.seen:
            assert self.seen.wait_for(what, within_s)

    async def register(self) -> dict[str, str]:
        return {"id": str(uuid4())}

    async def log_in(self, request: Request) -> dict[str, str]:
        self.lines.append(request.headers.get("x-product-line"))
        return {"access_token": "token"}

    async def upload(self, request: Request) -> Response:
        async with request.form() as form:
            part = form["file"]
            assert not isinstance(part, str)
            content = await part.read()
        self._note(self.uploads.append, (part.filename or "", content))
        if part.filename == "slow.jpg":
            await self._wait("upload")
        out = FileOut(
            id=uuid4(), original_name=part.filename or "", purpose="input", kind="image", file_size=len(content),
            mime_type="image/jpeg", width=1, height=1, findings=[], checksum=hashlib.sha256(content).hexdigest(),
            scan_status="clean", is_temporary=False, stored_locally=False, created_at=NOW, expires_at=None, url=None,
            prepared_url=None, access_count=0, last_accessed_at=None,
        )  # fmt: skip
        return JSONResponse(out.model_dump(mode="json"), 201)

    async def estimate(self, body: EstimateIn) -> EstimateOut:
        assert body.script is not None
        warnings = ["Instagram takes no video of 166 s: it comes in 2 parts."] if "warned" in body.script else []
        return EstimateOut(
            estimated_cost="0.0000", credits=1, estimated_seconds=14.2, video_seconds=2.5, ahead=2, warnings=warnings
        )

    async def order(self, body: WorkflowIn) -> Any:
        run = Run(body)
        if run.behaves("refused"):
            return refused(422, "bad_script", "The script is empty.", {"script": "is empty [bold]"})
        if run.behaves("limit"):
            return refused(402, "limit_reached", "3 of 3 videos of this month are used. Choose a larger plan.")
        if run.behaves("ponders"):
            await self._wait("order")
        self.runs[run.id] = run
        warnings = ["HTML was removed from the script: [red]."] if run.behaves("warned") else []
        return WorkflowAccepted(
            id=run.id, status="processing", estimated_cost="0", estimated_seconds=14, warnings=warnings
        )

    async def list(self) -> Paged[WorkflowSummary]:
        items = [WorkflowSummary(**self._summary(run)) for run in self.runs.values()]
        return Paged(items=items, total=len(items), page=1, per_page=20)

    async def one(self, run_id: UUID) -> Any:
        if run_id not in self.runs:
            return refused(404, "workflow_not_found", "There is no such workflow.")
        return self._details(self.runs[run_id])

    async def cancel(self, run_id: UUID) -> Any:
        run = self.runs[run_id]
        if run.behaves("clings"):
            await self._wait("cancel")
        if run.status != "processing" or run.behaves("too late"):
            run.status = "completed" if run.status == "processing" else run.status
            return refused(409, "not_possible", "This workflow has ended; it cannot be cancelled any more.")
        self._note(self.cancelled.append, run_id)
        run.status = "cancelled"
        return self._status(run)

    async def retry(self, run_id: UUID) -> Any:
        run = self.runs[run_id]
        if run.status not in ("failed", "cancelled"):
            return refused(409, "not_possible", "Only a workflow that failed or was cancelled can be retried.")
        run.status = "processing"
        run.order.script = "Hello again."
        return self._status(run)

    async def events(self, run_id: UUID) -> Response:
        run = self.runs[run_id]
        self._note(lambda _: setattr(run, "followers", run.followers + 1), None)

        async def stream() -> AsyncIterator[bytes]:
            step = {"step": "enhance", "seconds": 1.25, "provider": "local", "score": 9.9, "attempts": 1}
            yield event(1, "processing", {"progress": 30, "step": "enhance"}, step_completed=step)
            while run.behaves("stays") and run.status == "processing":
                await asyncio.sleep(0.02)
            if run.behaves("stays") and run.status == "cancelled":
                yield event(2, "cancelled", {"progress": 30})
                return
            run.status = "failed" if run.behaves("fails") else "completed"
            yield event(2, run.status, {"progress": 100, "step": "tell", "message": "It ends."})

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def object(self, run_id: UUID, name: str) -> Response:
        run = self.runs[run_id]
        content = self.files(run)[name][1]
        if run.behaves("stalls") and name == "video":
            await self._wait("download")
        if run.behaves("damaged") and name == "video":
            content = content[:-1]
        if run.behaves("breaks off") and name == "video":
            return Response(content[:9], headers={"Content-Length": str(len(content))})
        return Response(content)

    def files(self, run: Run) -> dict[str, tuple[str, bytes]]:
        """Results by name: of each run others."""
        renditions = {
            f"rendition_{platform}": ("video/mp4", platform.encode()) for platform in run.order.target_platforms
        }
        mark = run.order.script.encode()
        return {name: (mime, content + mark) for name, (mime, content) in (FILES | renditions).items()}

    async def _wait(self, where: str) -> None:
        self._note(self.waiting.append, where)
        while not self.go:
            await asyncio.sleep(0.02)

    def _note(self, change: Any, value: Any) -> None:
        with self.seen:
            change(value)
            self.seen.notify_all()

    def _summary(self, run: Run) -> dict[str, Any]:
        ended = run.status != "processing"
        return {
            "id": run.id, "workflow_type": "avatar_presentation", "product_line": "talkingphoto", "status": run.status,
            "progress": 100 if ended else 30, "title": run.order.title or "Avatar presentation", "created_at": NOW,
            "updated_at": NOW, "finished_at": NOW if ended else None,
        }  # fmt: skip

    def _status(self, run: Run) -> StatusOut:
        return StatusOut(
            id=run.id, status=run.status, progress=30, current_step="enhance", message="", waiting_for=None,
            seconds_left=None,
        )  # fmt: skip

    def _details(self, run: Run) -> WorkflowOut:
        done, failed = run.status == "completed", run.status == "failed"
        error = None
        if failed:
            error = {
                "step": "generate", "code": "NO_FACE", "message": "Use a photo that shows a face from the [front].",
                "retryable": run.behaves("again"),
            }  # fmt: skip
        results = {
            name: {
                "url": f"/objects/{run.id}/{name}?signature=secret", "sha256": hashlib.sha256(content).hexdigest(),
                "size": len(content), "mime_type": mime,
            }
            for name, (mime, content) in self.files(run).items()
        } if done else {}  # fmt: skip
        steps = [
            self._step(1, "check", None, 0.1), self._step(2, "reserve", None, 0.1),
            self._step(3, "enhance", "local", 1.25, score=9.9), self._step(4, "speak", "local", 0.8),
            self._step(5, "generate", "local", 2.5, score=9.7, error=error and error["message"]),
            *[self._step(6, "renditions", "local", 2.0, part=part) for part in run.order.target_platforms],
        ]  # fmt: skip
        warnings = ["The overall quality is below what we aim for."] if run.behaves("warned") else []
        return WorkflowOut(
            **self._summary(run), description=None, input_file_id=None, input={}, phase="running",
            waiting_for=None if done or failed else "a worker", seconds_left=None, round=1, steps=steps,
            image_quality_score="9.90", video_quality_score="9.70", overall_quality_score="9.80", low_quality=False,
            warnings=warnings, estimated_cost="0", actual_cost="1.5390" if run.behaves("costly") else "0.0000",
            cost_breakdown={}, ai_services_used=["local"],
            credits={"held": 0, "captured": 1 if done else 0, "returned": failed}, started_at=NOW,
            processing_seconds=7.4, results=results, error=error,
        )  # fmt: skip

    def _step(self, order: int, name: str, provider: str | None, seconds: float, **more: Any) -> dict[str, Any]:
        return {
            "name": name, "part": more.get("part"), "order": order, "status": "failed" if more.get("error") else "done",
            "attempts": 1, "job_id": None, "provider": provider, "score": more.get("score"), "passes_at": None,
            "cost": "0", "started_at": NOW, "finished_at": NOW, "seconds": seconds, "results": [],
            "error": more.get("error"),
        }  # fmt: skip


def refused(status: int, code: str, message: str, fields: dict[str, str] | None = None) -> Response:
    """An error as every service answers it."""
    return JSONResponse({"error": {"code": code, "message": message, "fields": fields}}, status)


def event(sequence: int, state: str, status: dict[str, Any], **more: Any) -> bytes:
    """One server-sent event of a run."""
    data = {"type": "workflow_status", "state": state, "status": status, "sequence": sequence} | more
    return f"id: {sequence}\nevent: {state}\ndata: {json.dumps(data)}\n\n".encode()


@pytest.fixture(scope="session", autouse=True)
def commands_are_built_once() -> Iterator[None]:
    """What typer makes of the functions is kept: reading their annotations anew for each line typed was over half of
    all computing here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="module")
def fake() -> Iterator[Fake]:
    """A platform that answers in a thread, for the tests of one module."""
    platform, ready, done = Fake(), threading.Event(), threading.Event()

    async def serve() -> None:
        async with served(platform.app) as platform.url:
            ready.set()
            while not done.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield platform
    platform.go = True
    done.set()
    thread.join(10)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo to send, small."""
    from talkingphoto.sample import sample_portrait

    target = tmp_path / "me.jpg"
    target.write_bytes(sample_portrait().read_bytes())
    return target


@pytest.fixture(autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Profiles and credentials of the test's own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("settings")))
    for name in ("TALKINGPHOTO_PROFILE", "TALKINGPHOTO_API_KEY", "TALKINGPHOTO_SERVER"):
        monkeypatch.delenv(name, raising=False)
