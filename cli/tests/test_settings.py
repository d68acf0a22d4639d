"""Profiles, credentials and the reference: what is written once is used, and what is documented is what there is."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner, Result

from talkingphoto.main import app
from talkingphoto.settings import exits, places
from talkingphoto.settings.reference import reference

ROOT = Path(__file__).parents[2]


def ran(*arguments: str, entered: str | None = None, **environment: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", **environment}, input=entered)


def commands(command: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "commands"):
        return [(path, command)]
    return [found for name, one in command.commands.items() for found in commands(one, (*path, name))]


EVERY = commands(typer.main.get_command(app))


def test_the_reference_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == reference(), "make cli-docs writes it"


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_command_has_an_example_that_is_right(path: tuple[str, ...], command: Any) -> None:
    """What the example names is a command with such options; and all speak JSON but those that only show."""
    said, _, example = command.help.partition("Example: ")
    assert said.strip()
    words = example.split()
    known = typer.main.get_command(app)
    assert words.pop(0) == "talkingphoto"
    while hasattr(known, "commands"):
        if words[0] == "--profile":
            del words[:2]
        known = known.commands[words.pop(0)]
    names = {name for param in known.params for name in param.opts}
    assert known.name == command.name and {word for word in words if word.startswith("--")} <= names
    lacks = {("up",), ("demo-pictures",)}
    assert "--json" in names or path in lacks


def test_help_says_how_commands_end() -> None:
    told = ran("--help").output
    assert all(f"{code}  {meaning}" in told for code, meaning in exits.EXITS.items())


def test_an_option_goes_before_the_variable_before_the_profile(tmp_path: Path) -> None:
    nobody = ["http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"]
    assert ran("--profile", "work", "config", "set", "server", nobody[0]).exit_code == 0
    assert ran("config", "set", "--", "--language", "hi").exit_code == 0
    assert nobody[0] in ran("--profile", "work", "list").output
    assert nobody[0] in ran("list", TALKINGPHOTO_PROFILE="work").output
    assert nobody[1] in ran("--profile", "work", "list", TALKINGPHOTO_SERVER=nobody[1]).output
    assert nobody[2] in ran("--profile", "work", "list", "--server", nobody[2], TALKINGPHOTO_SERVER=nobody[1]).output
    # Below groups too.
    assert nobody[0] in ran("--profile", "work", "keys", "list").output
    found = json.loads(ran("config", "list", "--json").stdout)["profiles"]
    assert found == {"work": {"server": nobody[0]}, "default": {"language": "hi"}}
    assert ran("--profile", "work", "config", "unset", "server").exit_code == 0
    gone = ran("--profile", "work", "list")
    assert gone.exit_code == 2 and "There is no profile 'work'" in gone.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("config", "set", "nonsense", "1"), "no option that a profile can have"),
        (("config", "set", "password", "1"), "no option that a profile can have"),
        (("--quiet", "--verbose", "list"), "opposites"),
        (("keys", "revoke", "../me"), "is no id"),
        (("webhooks", "listen", "--forward-to", "http://"), "no port and no address"),
        (("webhooks", "listen", "--secret", "abc", "--server", "http://127.0.0.1:1"), "whsec_ and Base64 is expected"),
    ],
)
def test_what_cannot_be_meant_is_said(arguments: tuple[str, ...], words: str) -> None:
    told = ran(*arguments)
    assert told.exit_code == 2 and words in " ".join(told.output.replace("\u2502", " ").split()), told.output


def test_settings_that_cannot_be_read_are_named() -> None:
    places.put(places.settings_folder() / "config", "server = nowhere\n")
    told = ran("list")
    assert told.exit_code == 2 and "config cannot be read" in told.output
    places.put(places.settings_folder() / "config", "")
    places.put(places.settings_folder() / "credentials.json", "[]")
    told = ran("list", "--server", "http://127.0.0.1:1")
    assert told.exit_code == 1 and "log in again" in told.output


def test_completion_is_there_for_each_shell() -> None:
    for shell in ("bash", "zsh", "fish"):
        made = subprocess.run(
            [sys.executable, "-c", "from talkingphoto.main import app; app(prog_name='talkingphoto')"],
            env={"_TALKINGPHOTO_COMPLETE": f"source_{shell}", "PATH": "/usr/bin", "HOME": "/nowhere"},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert made.returncode == 0 and "talkingphoto" in made.stdout, made.stderr


def test_what_is_stored_is_for_its_owner_alone() -> None:
    file = places.settings_folder() / "x"
    places.put(file, "secret")
    assert (stat.S_IMODE(file.stat().st_mode), file.read_text()) == (0o600, "secret")
    assert [one.name for one in file.parent.iterdir()] == ["x"]
