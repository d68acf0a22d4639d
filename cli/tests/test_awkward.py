"""Whatever is typed, it is said how it ended. What is typed and what is said: the tables of ``awkward``.

Every row also promises: no traceback, nothing printed that moves the cursor, and one line for an error.
"""

from __future__ import annotations

import json
import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cli.tests.awkward.cases import (
    FAILED,
    MAKE,
    SOMEBODY,
    WRONG,
    Case,
)
from cli.tests.awkward.films import FILMS
from cli.tests.awkward.folders import FOLDERS
from cli.tests.awkward.homes import HOMES
from cli.tests.awkward.languages import LANGUAGES
from cli.tests.awkward.machines import MACHINES
from cli.tests.awkward.networks import NETWORK
from cli.tests.awkward.odds import ODDS
from cli.tests.awkward.photos import PHOTOS
from cli.tests.awkward.texts import TEXT
from cli.tests.awkward.words import WORDS
from typer.testing import CliRunner, Result

from talkingphoto.main import app


@pytest.fixture(scope="module")
def fill(fake: Any) -> dict[str, str]:
    """Runs that were made before, and addresses, by the names that cases use."""
    from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

    async def project(body: dict[str, Any]) -> dict[str, str]:
        fake.projects.append((body["title"], body["script"]))
        return {"id": SOMEBODY}

    fake.projects = []
    fake.app.post("/page/api/v1/auth/login")(lambda: PlainTextResponse("<html>"))
    fake.app.post("/moved/api/v1/auth/login")(lambda: RedirectResponse("/elsewhere", 301))
    fake.app.post("/odd/api/v1/auth/login")(lambda: JSONResponse({"error": "all"}, 500))
    fake.app.post("/api/v1/projects", status_code=201)(project)
    plan = {"advice": [], "scenes": [], "credits": 1, "estimated_time": 9}
    fake.app.post(f"/api/v1/projects/{SOMEBODY}/plan")(lambda: JSONResponse(plan))
    return {"server": fake.url, "localhost": fake.url.replace("127.0.0.1", "localhost")}


def typed(case: Case, folder: Path, names: Mapping[str, str]) -> Result:
    environment: dict[str, str | None] = {
        "TALKINGPHOTO_HOME": "home",
        "TALKINGPHOTO_SERVER": names["server"] if case.server else "",
        **dict.fromkeys(("COLUMNS", "NO_PROXY", "no_proxy", "FORCE_COLOR")),
        **{name: value and value.replace("{folder}", str(folder)) for name, value in case.env.items()},
    }
    arguments = [_filled(argument, names) for argument in case.typed]
    return CliRunner(charset=case.charset).invoke(app, arguments, env=environment, input=case.stdin)


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize(
    "case",
    [*NETWORK, *HOMES, *FOLDERS, *WORDS, *PHOTOS, *TEXT, *ODDS, *FILMS, *LANGUAGES, *MACHINES],
    ids=lambda case: ascii(case.name)[1:-1][:60],
)
def test_whatever_is_typed(
    case: Case, fake: Any, fill: dict[str, str], photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.runs.clear()
    fake.uploads.clear()
    fake.projects.clear()
    names = {**fill, "folder": str(tmp_path)}
    if case in TEXT:
        names["done"] = fake.add("Done.", title="[red] :smile: title")
        names["failed"] = fake.add("It fails again.", status="failed")
        names["hebrew"] = fake.add("Done.", title="שלום")
        fake.add("Done.", title="\x1b[2Jgone")
    monkeypatch.chdir(tmp_path)
    for name, content in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    if case.setup is not None:
        case.setup(tmp_path)
    result = typed(case, tmp_path, names)
    printed = result.stdout_bytes.decode(case.charset) + result.stderr_bytes.decode(case.charset)
    assert result.exit_code == case.code, printed
    for part in [case.said] if isinstance(case.said, str) else case.said:
        assert _filled(part, names) in printed
    for part in [case.unsaid] if isinstance(case.unsaid, str) else case.unsaid:
        assert part not in printed
    assert "Traceback" not in printed
    assert "\x1b" not in printed
    if case.code in (FAILED, WRONG):
        assert not fake.uploads or case.code == FAILED
        assert len(result.stderr.splitlines()) <= (1 if result.stderr.startswith("Error") else 4)
    if case.spoken is not None:
        [run] = fake.runs.values()
        assert run.order.script == case.spoken
    if isinstance(case.sent, str):
        assert [name for name, _ in fake.uploads] == [case.sent]
    elif case.sent is not None:
        assert fake.projects == [case.sent]
    if "--json" in case.typed:
        json.loads(result.stdout)


@pytest.mark.parametrize("home", [None, "", " ", ".", "rel/ative", "~"])
def test_what_is_no_home_folder_is_not_used_as_one(
    home: str | None, fake: Any, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.struct_passwd(("me", "x", os.getuid(), os.getgid(), "", str(tmp_path / "own"), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    monkeypatch.chdir(tmp_path)
    named = {"HOME": home, "TALKINGPHOTO_HOME": None, "XDG_CONFIG_HOME": None, "TALKINGPHOTO_SERVER": fake.url}
    assert CliRunner().invoke(app, MAKE, env=named).exit_code == 0
    assert CliRunner().invoke(app, ("config", "set", "language", "hi"), env=named).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.jpg", "out", "own"]
    assert (tmp_path / "own" / ".talkingphoto" / "account.json").is_file()
    assert (tmp_path / "own" / ".config" / "talkingphoto" / "config").is_file()


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277])
def test_whatever_the_mask_what_is_secret_is_for_its_owner_alone(
    mask: int, fake: Any, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = os.umask(mask)
    try:
        env = {"TALKINGPHOTO_HOME": "deep/home", "TALKINGPHOTO_SERVER": fake.url}
        assert CliRunner().invoke(app, MAKE, env=env).exit_code == 0
    finally:
        os.umask(before)
    account = tmp_path / "deep" / "home" / "account.json"
    assert stat.S_IMODE(account.stat().st_mode) & 0o177 == 0
    assert stat.S_IMODE(account.parent.stat().st_mode) & 0o077 == 0


def test_without_a_home_folder_help_is_there_and_the_rest_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: int) -> Any:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for arguments, given, code, said in (
        (["--help"], None, 0, "Usage"),
        (["make", "--help"], None, 0, "~/.talkingphoto"),
        (["status"], None, 2, "Name one with --home or TALKINGPHOTO_HOME."),
        (["status"], str(tmp_path), 1, "No platform runs in "),
    ):
        result = CliRunner().invoke(
            app, arguments, env={"HOME": None, "XDG_CONFIG_HOME": None, "TALKINGPHOTO_HOME": given}
        )
        assert (result.exit_code, said in result.output) == (code, True), result.output
