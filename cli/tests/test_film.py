"""A film from the command line: a script and a folder of pictures, planned, made, and fetched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import Request
from starlette.responses import JSONResponse
from typer.testing import CliRunner, Result

from contracts.enums import Captions, Language, Voice
from media.film.plan import Kind, Motion
from talkingphoto.main import app
from workflow.films.schemas import PlanIn, PlanOut, SceneOut, ShotOut
from workflow.products.film.input import Aspect, Fineness
from workflow.projects.schemas import GenerateIn, GenerateOut, ProjectIn, ProjectOut

NOW = "2026-11-29T08:30:00Z"
SCRIPT = "# The [river]\n\nIt begins as a thread of water.\n"


@pytest.fixture(scope="module")
def studio(fake: Any) -> dict[str, Any]:
    """The fake with what this command asks of it, and what was asked."""
    asked: dict[str, Any] = {"planned": [], "made": [], "advice": [], "refusal": None}

    async def create(body: ProjectIn) -> Any:
        asked["project"] = body.model_dump(mode="json", exclude_unset=True)
        made = ProjectOut(
            id=uuid4(), user_id=uuid4(), product_line="filmstudio", title=body.title, description=None,
            status="pending", is_public=False, tags=[], folder=None, version=1, right="own", thumbnail_url=None,
            video_url=None, subtitles_url=None, created_at=NOW, updated_at=NOW, script=body.script,
            images=body.images or [], voice=body.voice, duration=body.duration, music=body.music, settings={},
        )  # fmt: skip
        return JSONResponse(made.model_dump(mode="json"), 201)

    async def plan(project_id: UUID, body: PlanIn) -> Any:
        asked["planned"].append((project_id, body.model_dump(mode="json", exclude_unset=True)))
        shot = ShotOut(
            id="s1", kind=Kind.PICTURE, text="It begins as a thread of water.", spoken="It begins.",
            picture=None, motion=Motion.STILL, speaker="", voice=Voice.FEMALE, title="", subtitle="", starts_at=3.0,
            seconds=57.0, approved=False, locked=False, take=0, prompt="", artefacts=[],
        )  # fmt: skip
        made = PlanOut(
            project_id=project_id, version=1, minutes=1, language=Language.EN, title="The [river]",
            definition=Fineness.DRAFT, aspect=Aspect.WIDE, captions=Captions.FILES, music=None, seed=1,
            scenes=[SceneOut(title="The [river]", shots=[shot])], artefacts=[], advice=asked["advice"],
            outdated=False, to_make=1, credits=3, estimated_time=41.0, updated_at=NOW, imagery="words", style="",
        )  # fmt: skip
        return JSONResponse(made.model_dump(mode="json"), 201)

    async def generate(project_id: UUID, body: GenerateIn, request: Request) -> Any:
        if asked["refusal"] is not None:
            return JSONResponse({"error": asked["refusal"]}, 402)
        asked["made"].append((project_id, request.headers["idempotency-key"]))
        run_id = fake.add("The river.", status="processing", title="The [river]")
        told = GenerateOut(
            id=run_id, job_id=run_id, project_id=project_id, status="processing", credits=3, estimated_cost="0",
            estimated_time=41.0, warnings=[],
        )  # fmt: skip
        return JSONResponse(told.model_dump(mode="json"), 202)

    fake.app.post("/api/v1/projects")(create)
    fake.app.post("/api/v1/projects/{project_id}/plan")(plan)
    fake.app.post("/api/v1/projects/{project_id}/generate")(generate)
    return asked


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "the-river.md"
    file.write_text(SCRIPT, "utf-8")
    return file


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures out of order, and what is none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("b.PNG", "a.jpg", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    return folder


def ran(fake: Any, home: Path, *arguments: object) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url, "COLUMNS": "160"}
    return CliRunner().invoke(app, ["film", *map(str, arguments), "--out", str(home / "out")], env=environment)


def test_a_script_and_pictures_become_a_film(
    fake: Any, studio: dict[str, Any], tmp_path: Path, script: Path, pictures: Path
) -> None:
    """In the film studio's line; pictures by their names; the title is the first heading."""
    fake.uploads.clear()
    wanted = ("--minutes", 2, "--voice", "female", "--music", "calm piano", "--definition", "draft")
    done = ran(fake, tmp_path, script, "--images", pictures, *wanted, "--aspect", "9:16", "--captions", "burned",
               "--imagery", "pictures", "--style", "watercolour")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert [name for name, _ in fake.uploads] == ["a.jpg", "b.PNG"]
    files = studio["project"].pop("images")
    assert len(set(files)) == 2
    assert studio["project"] == {
        "title": "The [river]", "script": SCRIPT, "duration": 2, "voice": "female", "music": "calm piano",
    }  # fmt: skip
    assert fake.lines[-1] == "filmstudio"
    project, looks = studio["planned"][-1]
    assert looks == {
        "definition": "draft", "aspect": "9:16", "captions": "burned", "imagery": "pictures", "style": "watercolour",
    }  # fmt: skip
    assert studio["made"][-1][0] == project and studio["made"][-1][1]
    assert (tmp_path / "out" / "video.mp4").read_bytes().startswith(b"film")
    assert "Uploading" in done.output and "Ordering" in done.output


def test_a_program_is_told_of_which_project_a_film_is(
    fake: Any, studio: dict[str, Any], tmp_path: Path, script: Path
) -> None:
    done = ran(fake, tmp_path, script, "--json", "--title", "Other")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert UUID(told["project_id"]) == studio["made"][-1][0]
    assert (studio["project"]["title"], studio["project"]["images"]) == ("Other", [])
    assert "music" not in studio["project"]


def test_a_dry_run_shows_the_plan_and_its_price_and_makes_nothing(
    fake: Any, studio: dict[str, Any], tmp_path: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(studio, "advice", ["The script is [short] for a minute."])
    made = list(studio["made"])
    done = ran(fake, tmp_path, script, "--dry-run")
    assert done.exit_code == 0, done.output
    assert "It takes 3 credits and about 41 s. Nothing was ordered." in done.output
    assert "The script is [short] for a minute." in done.output
    assert "It begins as a thread of water." in done.output
    assert studio["made"] == made and not (tmp_path / "out").exists()


def test_a_folder_without_pictures_and_a_script_that_is_not_there_are_said_before_anything_is_asked(
    fake: Any, studio: dict[str, Any], tmp_path: Path, script: Path
) -> None:
    planned = list(studio["planned"])
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, words in (
        ((script, "--images", empty), "No picture is in"),
        ((script, "--images", tmp_path / "nowhere"), "is no folder"),
        ((tmp_path / "no.md",), "cannot be read: No such file or directory."),
    ):
        done = ran(fake, tmp_path, *arguments)
        assert (done.exit_code, words in " ".join(done.output.split())) == (2, True), done.output
    assert studio["planned"] == planned


def test_whoever_cannot_pay_is_told_so(
    fake: Any, studio: dict[str, Any], tmp_path: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = {"code": "insufficient_credits", "message": "6 credits are needed, 3 are available."}
    monkeypatch.setitem(studio, "refusal", refusal)
    done = ran(fake, tmp_path, script, "--minutes", 2)
    assert done.exit_code != 0 and "6 credits are needed" in done.output
