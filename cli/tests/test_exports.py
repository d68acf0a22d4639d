"""How to publish, what it costs, and more shapes of a finished video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request
from starlette.responses import JSONResponse
from typer.testing import CliRunner, Result

from export.costs.schemas import CostsOut, StepCostOut
from export.instructions.schemas import InstructionsIn, InstructionsOut, PlatformInstructions
from export.kits.schemas import FileOut
from export.optimiser.endpoints import EffectOut, OptimizeIn, OptimizeOut, SuggestionOut
from export.renditions.endpoints import RenditionOut, RenditionsOut, ShapesIn
from talkingphoto.main import app

NOW = "2026-11-29T08:30:00Z"


@pytest.fixture(scope="module")
def asked(fake: Any) -> dict[str, Any]:
    """The fake with what these commands ask of it; what was asked, by path's end."""
    asked: dict[str, Any] = {}

    async def instructions(body: InstructionsIn) -> Any:
        asked["instructions"] = body.model_dump(mode="json", exclude_unset=True)
        told = PlatformInstructions(
            platform="linkedin", name="LinkedIn", template_id=None, template_name="LinkedIn",
            difficulty_level="beginner", steps=["Open [it].", "Publish."], instructions_html="", prompt="", settings={},
            assets_required=[], tools_required=["LinkedIn"], estimated_time_minutes=5, caption="", hashtags=[],
        )  # fmt: skip
        answer = InstructionsOut(
            id=uuid4(), workflow_id=None, workflow_type="product_demo", instructions=[told], estimated_time_minutes=5
        )
        return JSONResponse(answer.model_dump(mode="json"), 201)

    async def optimise(body: OptimizeIn) -> Any:
        asked["optimize"] = body.model_dump(mode="json", exclude_unset=True)
        step = StepCostOut(step="generate", cost="15.0000", formula="max(0, 1.5 x 10 second)", source="the catalogue")
        current = CostsOut(
            steps=[step], tools=[], total_per_workflow="15", total_per_month="450.0000", minutes_per_workflow=5,
            minutes_per_month=150,
        )  # fmt: skip
        effect = EffectOut(rupees_per_month="225", minutes_per_month=0)
        shorter = SuggestionOut(kind="shorten", text="Cut the script.", effect=effect, formula="", source="")
        return OptimizeOut(id=uuid4(), current=current, suggestions=[shorter])

    def shapes() -> RenditionsOut:
        file = FileOut(url="https://example.com/v.mp4", mime_type="video/mp4", size=1, sha256="0")
        made = RenditionOut(
            id=uuid4(), platform="linkedin", status="completed", files={"video": file}, width=1080, height=1350,
            warnings=["It is [short]."], created_at=NOW,
        )  # fmt: skip
        failed = RenditionOut(id=uuid4(), platform="x", status="failed", message="It is damaged.", created_at=NOW)
        return RenditionsOut(items=[made, failed])

    async def order(run_id: str, body: ShapesIn, request: Request) -> Any:
        asked["order"] = body.model_dump(mode="json", exclude_unset=True)
        return JSONResponse(shapes().model_dump(mode="json"), 202)

    async def listed(run_id: str) -> Any:
        return shapes()

    fake.app.post("/api/v1/export/instructions")(instructions)
    fake.app.post("/api/v1/export/optimize")(optimise)
    fake.app.post("/api/v1/export/kits/{run_id}/renditions")(order)
    fake.app.get("/api/v1/export/kits/{run_id}/renditions")(listed)
    return asked


def ran(fake: Any, home: Path, *arguments: str) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url}
    return CliRunner().invoke(app, ["exports", *arguments], env=environment)


def test_a_guide_is_steps(fake: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    told = ran(fake, tmp_path, "guide", "--platform", "linkedin", "--type", "product_demo", "--title", "A kettle")
    assert told.exit_code == 0, told.output
    wished = {"platforms": ["linkedin"], "workflow_type": "product_demo", "title": "A kettle"}
    assert asked["instructions"] == wished
    assert "LinkedIn, about 5 minutes, with LinkedIn:" in told.output
    assert "1. Open [it]." in told.output and "2. Publish." in told.output


def test_costs_come_with_what_would_make_them_less(fake: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    told = ran(fake, tmp_path, "costs", "--platform", "tiktok", "--volume", "30")
    assert told.exit_code == 0, told.output
    assert asked["optimize"]["volume"] == 30
    assert "A month: 450.0000 rupees, 150 minutes of yours." in told.output
    assert "Cut the script. Saves 225 rupees and 0 minutes." in told.output


def test_more_shapes_are_ordered_and_listed(fake: Any, asked: dict[str, Any], tmp_path: Path) -> None:
    run_id = fake.add("Hello.")
    told = ran(fake, tmp_path, "order", run_id, "--platform", "linkedin", "--platform", "x", "--captions", "burned")
    assert told.exit_code == 0, told.output
    assert asked["order"] == {"platforms": ["linkedin", "x"], "captions": "burned"}
    assert "talkingphoto exports list" in told.output
    assert "1080 x 1350" in told.output and "It is [short]." in told.output and "It is damaged." in told.output
    listed = ran(fake, tmp_path, "list", run_id, "--json")
    assert [one["status"] for one in json.loads(listed.stdout)["items"]] == ["completed", "failed"]
