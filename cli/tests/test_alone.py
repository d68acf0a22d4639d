"""The command where nothing else of ours is installed: a client, which says what a platform here would take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

from contracts import enums
from media.film import planning
from media.speech.estimate import estimate_duration
from talkingphoto.films import commands
from talkingphoto.ordering import choices
from talkingphoto.ordering.length import seconds_of
from talkingphoto.sample import sample_portrait

OURS = (
    "talkingphoto_runner", "contracts", "chassis", "media", "simulators",
    "gateway", "users", "billing", "workflow", "ai_router", "export", "notify", "analytics",
)  # fmt: skip

ALONE = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {OURS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocked())
from talkingphoto.main import app
app(sys.argv[1:], prog_name="talkingphoto")
"""


def alone(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"TALKINGPHOTO_HOME": str(home), "COLUMNS": "200"}
    environment.pop("TALKINGPHOTO_SERVER", None)
    return subprocess.run(
        [sys.executable, "-c", ALONE, *arguments],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_help_is_there(tmp_path: Path) -> None:
    ended = alone("--help", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    for command in ("make", "demo", "up", "status", "doctor", "dead-letters"):
        assert command in ended.stdout
    ended = alone("make", "--help", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "--script-file" in ended.stdout


def test_a_client_needs_a_platform_and_nothing_else(tmp_path: Path) -> None:
    ended = alone("status", "--json", home=tmp_path)
    assert (ended.returncode, json.loads(ended.stdout)["error"]["code"]) == (1, "not_running")
    ended = alone("status", "--server", "http://127.0.0.1:1", home=tmp_path)
    assert (ended.returncode, ended.stderr) == (1, "Error: Nothing answers at http://127.0.0.1:1.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["up"],
        ["demo"],
        ["make", str(sample_portrait()), "--script", "Hello."],
        ["doctor"],
        ["dead-letters", "list"],
        ["dead-letters", "show", "billing.commands", "0199f0a1"],
        ["dead-letters", "replay", "billing.commands"],
    ],
    ids=lambda arguments: "-".join(arguments[:2])[:20],
)
def test_what_takes_the_runner_asks_for_it_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    ended = alone(*arguments, home=tmp_path)
    assert ended.returncode == 1
    said = ended.stdout + ended.stderr
    assert "takes the runner" in said
    assert "pip install talkingphoto-runner" in said
    assert "Traceback" not in said
    if not said.startswith(("{", "Starting")):
        assert len(said.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_it_installs_with_four_libraries() -> None:
    wanted = [line for line in requires("talkingphoto") or () if "extra ==" not in line]
    assert sorted(wanted) == ["httpx", "httpx-sse", "rich", "typer"]


@pytest.mark.parametrize(
    "name", [*["Language", "Voice", "Platform", "Quality", "WorkflowType", "WhenTooLong", "Captions"]]
)
def test_the_choices_are_those_of_the_platform(name: str) -> None:
    assert list(getattr(choices, name)) == list(getattr(enums, name))


def test_a_film_may_be_as_long_as_the_platform_makes_one() -> None:
    assert commands.LONGEST_MINUTES == planning.LONGEST_MINUTES


@pytest.mark.parametrize("language", list(choices.Language))
@pytest.mark.parametrize(
    "script",
    ["", "Hi.", "Hello, there. It is 7 o'clock!", "नमस्ते, मैं बोल सकती हूँ।", "今日は、元気ですか。今天！", "½ ℃ Ⅻ ﬁ…"],
)
def test_a_script_is_as_long_as_the_platform_says(script: str, language: str) -> None:
    assert seconds_of(script, language) == estimate_duration(script, language=language)
