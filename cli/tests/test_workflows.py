"""Runs made anew in parts, approved, looked into, and ordered by the sheet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request
from starlette.responses import JSONResponse
from typer.testing import CliRunner, Result

from talkingphoto.main import app
from workflow.batches.schemas import BatchCancelledOut, BatchOut, BatchStatusOut
from workflow.reruns.schemas import RerunIn, RerunOut
from workflow.runs.schemas import ApprovalOut
from workflow.timeline.schemas import TimelineOut

NOW = "2026-11-29T08:30:00Z"
LATER = "2026-11-29T08:30:02Z"


@pytest.fixture(scope="module")
def more(fake: Any) -> dict[str, Any]:
    """The fake with what these commands ask of it; what was asked, by path's end."""
    asked: dict[str, Any] = {}

    async def rerun(run_id: str, body: RerunIn, request: Request) -> Any:
        asked["rerun"] = (dict(request.query_params), body.model_dump(mode="json", exclude_unset=True))
        step = {"step": "renditions", "parts": ["tiktok"]}
        answer = RerunOut(
            id=None if body.dry_run else uuid4(), parent_id=run_id, status=None, made=[step],
            reused=[{"step": "enhance", "parts": []}], credits=0, credits_of_all=1, estimated_cost="0",
            estimated_cost_of_all="0", estimated_seconds=4.0, warnings=["It is [short]."],
        )  # fmt: skip
        return JSONResponse(answer.model_dump(mode="json"), 200 if body.dry_run else 202)

    async def decide(run_id: str, step: str, request: Request) -> Any:
        asked["decide"] = (step, await request.json())
        return JSONResponse({"id": run_id}, 202)

    async def timeline(run_id: str) -> Any:
        span = {"kind": "queue", "cause": "a free place", "begins_at": NOW, "ends_at": LATER, "seconds": 2.0}
        told = {"at": LATER, "step": "speak", "text": "It was asked for again."}
        return TimelineOut(
            id=run_id, trace_id=None, created_at=NOW, finished_at=LATER, seconds=2.0, cost="0", spans=[span], steps=[],
            interventions=[told],
        )  # fmt: skip

    async def submit(request: Request) -> Any:
        asked["submit"] = (dict(request.query_params), request.headers["content-type"], await request.body())
        rows = [{"line": 2, "ref": "one", "verdict": "refused", "message": "There is no such file."}]
        answer = BatchOut(
            id=uuid4(), name="may", dry_run=False, ordered=0, repeated=0, refused=1, credits=0, rows=rows
        )  # fmt: skip
        return JSONResponse(answer.model_dump(mode="json"), 202)

    def state(batch_id: str) -> dict[str, Any]:
        return {
            "id": batch_id, "name": "may", "created_at": NOW, "updated_at": NOW, "rows": 3, "pending": 1,
            "processing": 0, "completed": 2, "failed": 0, "cancelled": 0,
        }  # fmt: skip

    async def batch(batch_id: str) -> Any:
        return BatchStatusOut(**state(batch_id))

    async def cancel(batch_id: str) -> Any:
        return BatchCancelledOut(**state(batch_id), stopped=1, not_stopped=0)

    fake.app.post("/api/v1/workflows/{run_id}/rerun")(rerun)
    fake.app.post("/api/v1/workflows/{run_id}/approvals/{step}")(decide)
    fake.app.get("/api/v1/workflows/{run_id}/timeline")(timeline)
    fake.app.post("/api/v1/batches")(submit)
    fake.app.get("/api/v1/batches/{batch_id}")(batch)
    fake.app.post("/api/v1/batches/{batch_id}/cancel")(cancel)
    return asked


def ran(fake: Any, home: Path, *arguments: str) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url}
    return CliRunner().invoke(app, list(arguments), env=environment)


def test_a_rerun_says_what_is_made_and_what_it_costs(fake: Any, more: dict[str, Any], tmp_path: Path) -> None:
    run_id = fake.add("Hello.")
    done = ran(fake, tmp_path, "rerun", run_id, "--from", "renditions", "--platform", "tiktok", "--captions", "burned")
    assert done.exit_code == 0, done.output
    wished = {"target_platforms": ["tiktok"], "captions": "burned"}
    assert more["rerun"] == ({"from": "renditions"}, wished)
    assert "Made anew: renditions (tiktok)" in done.output
    assert "Credits: 0 instead of 1; 4 s." in done.output
    assert "It is [short]." in done.output and "talkingphoto get " in done.output
    dry = ran(fake, tmp_path, "rerun", run_id, "--dry-run", "--json")
    assert (more["rerun"], json.loads(dry.stdout)["id"]) == (({}, {"dry_run": True}), None)


def test_a_decision_goes_to_the_step_that_asks(
    fake: Any, more: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = fake.add("Hello.", status="processing")
    nothing = ran(fake, tmp_path, "approve", run_id)
    assert (nothing.exit_code, "does not wait for a decision" in nothing.output) == (1, True)
    asking = ApprovalOut(step="after_enhance", until=LATER, otherwise="cancel", shows={})
    details = fake._details
    monkeypatch.setattr(fake, "_details", lambda run: details(run).model_copy(update={"approval": asking}))
    assert ran(fake, tmp_path, "approve", run_id, "--reject").exit_code == 0
    assert more["decide"] == ("after_enhance", {"approved": False})


def test_an_order_says_where_its_owner_wants_to_be_asked(fake: Any, tmp_path: Path, photo: Path) -> None:
    made = ran(fake, tmp_path, "make", str(photo), "--script", "Hi.", "--ask", "after_enhance", "--out", str(tmp_path))
    assert made.exit_code == 0, made.output
    assert list(next(reversed(fake.runs.values())).order.approvals) == ["after_enhance"]


def test_a_timeline_is_a_table_of_waits(fake: Any, more: dict[str, Any], tmp_path: Path) -> None:
    told = ran(fake, tmp_path, "timeline", fake.add("Hello."))
    assert told.exit_code == 0, told.output
    assert "a free place" in told.output and "2.0 s in all." in told.output
    assert "It was asked for again." in told.output


def test_a_sheet_is_submitted_seen_and_stopped(fake: Any, more: dict[str, Any], tmp_path: Path) -> None:
    sheet = tmp_path / "may.csv"
    sheet.write_text("ref,script\none,Hello.\n")
    done = ran(fake, tmp_path, "batch", "submit", str(sheet), "--all-or-nothing")
    assert done.exit_code == 0, done.output
    assert more["submit"] == (
        {"name": "may", "dry_run": "false", "all_or_nothing": "true"}, "text/csv", b"ref,script\none,Hello.\n"
    )  # fmt: skip
    assert "There is no such file." in done.output and "0 ordered for 0 credits" in done.output
    batch_id = str(uuid4())
    assert "3 runs; 1 pending, 2 completed." in ran(fake, tmp_path, "batch", "status", batch_id).output
    assert "1 were told to stop." in ran(fake, tmp_path, "batch", "cancel", batch_id).output
    assert ran(fake, tmp_path, "batch", "submit", str(tmp_path / "may.txt")).exit_code == 2
    assert ran(fake, tmp_path, "batch", "submit", str(tmp_path / "june.csv")).exit_code == 2
