"""Clips and parts of a video: of a file that is sent in pieces, and of a link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request
from starlette.responses import JSONResponse, Response
from typer.testing import CliRunner, Result

from talkingphoto.main import app
from talkingphoto.making import file_name
from talkingphoto.ordering import sending
from workflow.clips.schemas import AutoHooksIn, ClipAccepted, TrimIn
from workflow.resumable.schemas import UploadOut
from workflow.runs.schemas import HookOut

NOW = "2026-11-29T08:30:00Z"
LINK = "https://youtu.be/fourminutes"


@pytest.fixture(scope="module")
def reely(fake: Any) -> dict[str, Any]:
    """The fake with what these commands ask of it, and what was asked."""
    asked: dict[str, Any] = {"sent": b"", "lines": [], "interrupts": False}

    def accepted() -> Response:
        run_id = fake.add("Hello.", status="processing")
        answer = ClipAccepted(id=run_id, job_id=run_id, status="processing", estimated_cost="0", estimated_seconds=9)
        return JSONResponse(answer.model_dump(mode="json"), 202)

    async def hooks(body: AutoHooksIn) -> Any:
        asked["hooks"] = body.model_dump(mode="json", exclude_unset=True)
        return accepted()

    async def trim(body: TrimIn) -> Any:
        asked["trim"] = body.model_dump(mode="json", exclude_unset=True)
        return accepted()

    def told() -> dict[str, Any]:
        upload = UploadOut(
            id=asked["id"], original_name="talk.mp4", length=asked["length"], offset=len(asked["sent"]),
            file_id=asked["file_id"] if len(asked["sent"]) == asked["length"] else None, created_at=NOW,
            expires_at=NOW,
        )  # fmt: skip
        return upload.model_dump(mode="json")

    async def begin(request: Request) -> Any:
        length = int(request.headers["upload-length"])
        asked.update(id=uuid4(), file_id=uuid4(), length=length, sent=b"")
        return JSONResponse(told(), 201)

    async def more(upload_id: str, request: Request) -> Any:
        if int(request.headers["upload-offset"]) != len(asked["sent"]):
            return JSONResponse({"error": {"code": "offset_conflict", "message": "Go on elsewhere."}}, 409)
        piece = await request.body()
        if asked["interrupts"]:
            asked["interrupts"] = False
            asked["sent"] += piece[: len(piece) // 2]
            return JSONResponse({"error": {"code": "upload_busy", "message": "Half of it came."}}, 409)
        asked["sent"] += piece
        return Response(status_code=204)

    async def how_far(upload_id: str) -> Any:
        return told()

    fake.app.post("/api/v1/auto-hooks")(hooks)
    fake.app.post("/api/v1/trim")(trim)
    fake.app.post("/api/v1/files/multipart")(begin)
    fake.app.patch("/api/v1/files/multipart/{upload_id}")(more)
    fake.app.get("/api/v1/files/multipart/{upload_id}")(how_far)
    return asked


def ran(fake: Any, home: Path, *arguments: str) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url, "COLUMNS": "160"}
    return CliRunner().invoke(app, [*arguments, "--out", str(home / "out")], env=environment)


def test_clips_of_a_link_say_why_they_were_chosen(
    fake: Any, reely: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    details = fake._details
    hook = HookOut(rank=1, start=65.0, end=90.5, title="Nobody [believed] it", reason="a strong claim", score=8.5)
    found = {"hooks": [hook], "shortfall_reasons": ["nobody speaks after that"], "method": "motion"}
    monkeypatch.setattr(fake, "_details", lambda run: details(run).model_copy(update=found))
    done = ran(fake, tmp_path, "clips", LINK, "--count", "2", "--layout", "split", "--captions", "plain")
    assert done.exit_code == 0, done.output
    assert reely["hooks"] == {
        "url": LINK, "count": 2, "clips": 2, "layout": "split", "captions": "plain", "aspect": "vertical",
        "quality_preference": "balanced",
    }  # fmt: skip
    assert "1:05-1:30" in done.output and "Nobody [believed] it (a strong claim)" in done.output
    assert "nobody speaks after that" in done.output and "by scenes and motion" in done.output
    assert (tmp_path / "out" / "video.mp4").is_file()
    told = ran(fake, tmp_path, "clips", LINK, "--json")
    assert json.loads(told.stdout)["hooks"][0]["title"] == "Nobody [believed] it"


def test_a_file_is_sent_in_pieces_and_goes_on_where_it_was_interrupted(
    fake: Any, reely: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_PIECE", 1000)
    monkeypatch.setattr(sending, "_RECONNECT_S", 0.01)
    video = tmp_path / "talk.mp4"
    video.write_bytes(bytes(range(256)) * 10)
    reely["interrupts"] = True
    done = ran(fake, tmp_path, "trim", str(video), "0:10", "40", "--format", "mov")
    assert done.exit_code == 0, done.output
    assert reely["sent"] == video.read_bytes()
    assert reely["trim"] == {"file_id": str(reely["file_id"]), "start": 10.0, "end": 40.0, "output_format": "mov"}
    assert "Uploading" in done.output


def test_what_is_neither_a_file_nor_a_link_is_said_before_anything_is_started(fake: Any, tmp_path: Path) -> None:
    done = ran(fake, tmp_path, "clips", "no-such-file.mp4")
    assert (done.exit_code, "neither a file nor a link" in done.output) == (2, True)


def test_what_belongs_to_a_clip_is_called_as_it_is() -> None:
    kinds = {"clip_1": "video/mp4", "clip_1_srt": "application/x-subrip", "clip_1_image": "image/jpeg"}
    assert [file_name(name, kind) for name, kind in kinds.items()] == ["clip_1.mp4", "clip_1.srt", "clip_1.jpg"]
