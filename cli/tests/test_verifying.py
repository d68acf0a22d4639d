"""`talkingphoto verify`: a file is sent, and the verdict said in words or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import Request
from typer.testing import CliRunner, Result

from export.verification.endpoints import VerificationOut
from talkingphoto.main import app

TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
RUN = uuid4()


@pytest.fixture(scope="module")
def sent(fake: Any) -> dict[str, Any]:
    """What was sent; what is answered depends on its first byte."""
    sent: dict[str, Any] = {}

    async def verify(request: Request) -> VerificationOut:
        async with request.form() as form:
            data = await form["file"].read()  # type: ignore[union-attr]
        sent["data"] = data
        if data.startswith(b"other"):
            return VerificationOut(made_here=False, score=0)
        found: dict[str, Any] = {"made_at": "2026-11-29T08:30:00Z", "digital_source_type": TYPE}
        if data.startswith(b"own"):
            return VerificationOut(
                made_here=True, match="bytes", score=1, stated_source_type=TYPE, workflow_id=RUN, **found
            )
        return VerificationOut(made_here=True, match="film", score=0.95, **found)

    fake.app.post("/api/v1/verify")(verify)
    return sent


def ran(fake: Any, home: Path, data: bytes, *more: str) -> Result:
    (file := home / "found.mp4").write_bytes(data)
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url}
    return CliRunner().invoke(app, ["verify", str(file), *more], env=environment)


def test_a_verdict_is_said(fake: Any, sent: dict[str, Any], tmp_path: Path) -> None:
    copy = ran(fake, tmp_path, b"copy")
    assert copy.exit_code == 0, copy.output
    assert sent["data"] == b"copy"
    assert "95%" in copy.stdout
    assert "compositeWithTrainedAlgorithmicMedia" in copy.stdout
    assert "says nothing of that any more" in copy.stdout
    own = ran(fake, tmp_path, b"own")
    assert "the very file" in own.stdout
    assert str(RUN) in own.stdout
    other = ran(fake, tmp_path, b"other")
    assert (other.exit_code, other.stdout.strip()) == (0, "Nothing made here looks like it.")


def test_programs_get_it_as_json(fake: Any, sent: dict[str, Any], tmp_path: Path) -> None:
    found = json.loads(ran(fake, tmp_path, b"own", "--json").stdout)
    assert (found["made_here"], found["match"], found["score"]) == (True, "bytes", 1)
    assert UUID(found["workflow_id"]) == RUN


def test_a_file_that_is_not_there_is_not_sent(fake: Any, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["verify", str(tmp_path / "none.mp4")], env={"TALKINGPHOTO_SERVER": fake.url})
    assert result.exit_code == 2
