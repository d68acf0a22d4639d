"""The command from outside: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from talkingphoto.main import app
from talkingphoto.sample import sample_portrait

NOBODY = "http://127.0.0.1:1"
PHOTO = str(sample_portrait())


def run(*arguments: str, home: Path) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"TALKINGPHOTO_HOME": str(home), "COLUMNS": "200"})


def error_of(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["error"]
    return found


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["make", "no-such-photo.jpg", "--script", "Hello."], "no-such-photo.jpg"),
        (["make", PHOTO], "--script-file"),
        (["make", PHOTO, "--script", "a", "--script-file", PHOTO], "--script-file"),
        (["make", PHOTO, "--script", "Hello.", "--language", "xx"], "xx"),
        (["make", PHOTO, "--script", "Hello.", "--platform", "myspace"], "myspace"),
        (["nonsense"], "nonsense"),
        (["up", "--port", "many"], "--port"),
        (["dead-letters", "show"], "queue"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what(tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run(*arguments, home=tmp_path)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [["status"], ["status", "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"], ["make", PHOTO, "--script", "Hello."]],
)
def test_a_server_that_is_not_there_ends_with_1(tmp_path: Path, arguments: list[str]) -> None:
    result = run(*arguments, "--server", NOBODY, home=tmp_path)
    assert result.exit_code == 1
    assert f"Nothing answers at {NOBODY}." in result.output
    as_json = run(*arguments, "--server", NOBODY, "--json", home=tmp_path)
    assert as_json.exit_code == 1
    assert error_of(as_json) == {"code": "unreachable", "message": f"Nothing answers at {NOBODY}."}


def test_without_a_platform_there_is_no_status(tmp_path: Path) -> None:
    result = run("status", "--json", home=tmp_path)
    assert (result.exit_code, error_of(result)["code"]) == (1, "not_running")


def test_help_names_every_command(tmp_path: Path) -> None:
    result = run("--help", home=tmp_path)
    assert result.exit_code == 0
    for command in ("make", "demo", "up", "status", "doctor", "dead-letters"):
        assert command in result.output
