"""Pictures from the command line: made, changed by words or a recipe, enlarged; all files or none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.responses import JSONResponse, Response
from typer.testing import CliRunner, Result

from ai_router.jobs.schemas import JobResultOut, JobStatusOut, OutputOut
from ai_router.orders.schemas import EditIn, GenerateIn, JobAccepted, OrderIn, UpscaleIn
from talkingphoto.main import app

CONTENT = {"image": b"picture", "composite": b"put back"}


@pytest.fixture(scope="module")
def asked(fake: Any) -> list[dict[str, Any]]:
    """The fake with what this command asks of it; each order, as it was sent. Words say what becomes of it."""
    asked: list[dict[str, Any]] = []
    orders: dict[UUID, OrderIn] = {}

    def accepted(body: OrderIn) -> Any:
        job_id = uuid4()
        orders[job_id] = body
        asked.append({"what": type(body).__name__, **body.model_dump(mode="json", exclude_unset=True)})
        told = JobAccepted(job_id=job_id, status="pending", estimated_time=1, credits=1, jobs=[job_id])
        return JSONResponse(told.model_dump(mode="json"), 202)

    async def generate(body: GenerateIn) -> Any:
        return accepted(body)

    async def edit(body: EditIn) -> Any:
        return accepted(body)

    async def upscale(body: UpscaleIn) -> Any:
        return accepted(body)

    def words(job_id: UUID) -> str:
        return str(getattr(orders[job_id], "prompt", ""))

    async def status(job_id: UUID) -> JobStatusOut:
        fails = "fails" in words(job_id)
        message = "Nobody could draw this." if fails else "Done"
        return JobStatusOut(job_id=job_id, status="failed" if fails else "completed", progress=100, message=message)

    async def result(job_id: UUID) -> JobResultOut:
        drifted = "drifts" in words(job_id)
        outputs = {
            role: OutputOut(
                url=f"{fake.url}/pictures/{role.strip('./')}/{'damaged' if 'damaged' in words(job_id) else 'whole'}",
                mime_type="image/png" if role == "composite" else "image/jpeg",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
            )
            for role, content in CONTENT.items()
            if drifted or role == "image"
        }
        warnings = ["More has changed than was to."] if drifted else []
        return JobResultOut(
            job_id=job_id, provider="fal_ai", model="flux", outputs=outputs, data={}, measures={}, reasons=[],
            ignored=[], cost="2.25", credits=1, cache_hit=False, warnings=warnings,
        )  # fmt: skip

    async def picture(role: str, how: str) -> Response:
        content = next(content for name, content in CONTENT.items() if name.strip("./") == role)
        return Response(content[1:] if how == "damaged" else content)

    fake.app.post("/api/v1/ai/image/generate")(generate)
    fake.app.post("/api/v1/ai/image/edit")(edit)
    fake.app.post("/api/v1/ai/image/upscale")(upscale)
    fake.app.get("/api/v1/ai/jobs/{job_id}/status")(status)
    fake.app.get("/api/v1/ai/jobs/{job_id}/result")(result)
    fake.app.get("/pictures/{role}/{how}")(picture)
    return asked


def ran(fake: Any, folder: Path, *arguments: str) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(folder / "home"), "TALKINGPHOTO_SERVER": fake.url}
    return CliRunner().invoke(app, ["image", *arguments, "--out", str(folder / "out")], env=environment)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    file = tmp_path / "me.jpg"
    file.write_bytes((Path(__file__).parents[2] / "samples" / "portrait.jpg").read_bytes())
    return str(file)


def test_words_become_a_picture_twice_as_large(fake: Any, asked: list[dict[str, Any]], tmp_path: Path) -> None:
    told = ran(fake, tmp_path, "بندر", "--size", "512x512", "--seed", "7", "--upscale", "2")
    assert told.exit_code == 0, told.output
    made, larger = asked[-2:]
    assert made == {"what": "GenerateIn", "prompt": "بندر", "size": "512x512", "seed": 7}
    assert (larger["what"], larger["factor"], set(larger)) == ("UpscaleIn", 2, {"what", "factor", "job_id"})
    assert (tmp_path / "out" / "picture.jpg").read_bytes() == b"picture"
    assert "by flux (fal_ai)" in told.output


def test_a_picture_is_changed_where_a_mask_is_white(
    fake: Any, asked: list[dict[str, Any]], tmp_path: Path, photo: str
) -> None:
    """What changed beyond it is said, and the composite is there too."""
    told = ran(fake, tmp_path, "it drifts", "--edit", photo, "--mask", photo, "--json")
    assert told.exit_code == 0, told.output
    assert {"file_id", "mask_file_id"} < asked[-1].keys() and asked[-1]["prompt"] == "it drifts"
    summary = json.loads(told.stdout)
    assert set(summary["files"]) == {"picture.jpg", "composite.png"}
    assert summary["warnings"] == ["More has changed than was to."]
    assert json.loads((tmp_path / "out" / "summary.json").read_text()) == summary


def test_a_recipe_is_sent_as_it_is_written(fake: Any, asked: list[dict[str, Any]], tmp_path: Path, photo: str) -> None:
    steps = tmp_path / "steps.json"
    steps.write_text('[{"op": "crop", "aspect": "4:5"}]')
    assert ran(fake, tmp_path, "--edit", photo, "--recipe", str(steps), "--background", "blur").exit_code == 0
    assert asked[-1]["recipe"] == [{"op": "crop", "aspect": "4:5"}, {"op": "background", "mode": "blur"}]
    assert ran(fake, tmp_path, "--edit", photo, "--background", photo).exit_code == 0
    assert asked[-1]["recipe"][0]["mode"] == "picture" and "background_file_id" in asked[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Say what is to be seen"),
        (("x", "--upscale", "3"), "--upscale is 2 or 4"),
        (("x", "--mask", "PHOTO"), "--mask goes with --edit"),
        (("--background", "blur"), "name it with --edit"),
        (("x", "--edit", "PHOTO", "--background", "blur"), "not both"),
        (("--edit", "PHOTO"), "Say what is to change"),
        (("--edit", "PHOTO", "--recipe", "{}"), "--recipe"),
        (("--edit", "PHOTO", "--background", "beach"), "beach is no file"),
    ],
)
def test_what_cannot_be_meant_is_said_before_anything_is_sent(
    fake: Any, asked: list[dict[str, Any]], tmp_path: Path, photo: str, arguments: tuple[str, ...], words: str
) -> None:
    before = len(asked)
    told = ran(fake, tmp_path, *(photo if one == "PHOTO" else one for one in arguments))
    assert told.exit_code == 2 and words in told.output, told.output
    assert len(asked) == before


def test_what_failed_or_came_damaged_leaves_nothing(fake: Any, asked: list[dict[str, Any]], tmp_path: Path) -> None:
    failed = ran(fake, tmp_path, "it fails")
    assert failed.exit_code == 1 and "Nobody could draw this." in failed.output
    damaged = ran(fake, tmp_path, "damaged")
    assert damaged.exit_code != 0 and "arrived damaged" in damaged.output, damaged.output
    assert not list((tmp_path / "out").glob("picture*"))


def test_what_the_platform_calls_a_picture_leads_nowhere_else(
    fake: Any, asked: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONTENT, "../../evil", b"bad")
    told = ran(fake, tmp_path, "it drifts")
    assert told.exit_code == 0, told.output
    assert (tmp_path / "out" / "______evil.jpg").read_bytes() == b"bad"
    assert not list(tmp_path.parent.glob("evil*")) and not (tmp_path / "evil.jpg").exists()
