"""What runbooks tell somebody to do at night can be done: every path, command and setting in them exists."""

from __future__ import annotations

import re
from importlib.util import find_spec

import pytest
from tests import compose_file
from typer.main import get_command

from talkingphoto.main import app as command_line
from talkingphoto_runner.layout import PACKAGES, model_of, specs

FILES = sorted((compose_file.REPOSITORY / "docs" / "runbooks").glob("*.md"))


@pytest.fixture(scope="module")
def routes() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for package in PACKAGES:
        paths = model_of(package).service.app.openapi()["paths"]
        for path, operations in paths.items():
            shape = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
            found += [(method.upper(), shape) for method in operations]
    return found


def test_every_path_exists(routes: list[tuple[str, re.Pattern[str]]]) -> None:
    for file in FILES:
        for method, path in re.findall(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/.-]+)", file.read_text(encoding="utf-8")):
            if path.startswith("/api/v1/analytics"):
                path = path.rstrip(".")
            assert any(method == known and shape.fullmatch(path) for known, shape in routes), (file.name, method, path)


def test_every_command_exists() -> None:
    known = get_command(command_line)
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        for words in re.findall(r"`talkingphoto ([a-z-]+)", text):
            assert words in known.commands, (file.name, words)  # type: ignore[attr-defined]
        for module in re.findall(r"`python -m ([\w.]+)", text):
            assert find_spec(module) is not None, (file.name, module)
        for target in re.findall(r"`make ([a-z-]+)", text):
            assert re.search(rf"^{target}:", (compose_file.REPOSITORY / "Makefile").read_text(), re.M), target
        for path in re.findall(r"\bdeploy/[\w/.-]+|tests/[\w/.-]+\.py", text):
            assert (compose_file.REPOSITORY / path.rstrip(".")).exists(), (file.name, path)


def test_every_setting_exists() -> None:
    fields = {name.upper() for spec in specs().values() for name in spec.settings.model_fields}
    fields |= compose_file.read().variables().keys()
    for file in FILES:
        for name in re.findall(r"`([A-Z]+_[A-Z_]+)`", file.read_text(encoding="utf-8")):
            assert name in fields, (file.name, name)


def test_every_log_line_is_written_somewhere() -> None:
    folders = [folder for place in ("libs", "services") for folder in (compose_file.REPOSITORY / place).glob("*/src")]
    sources = "".join(file.read_text(encoding="utf-8") for folder in folders for file in folder.rglob("*.py"))
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        lines = {*re.findall(r'message == "([\w.]+)"', text), *re.findall(r"`((?!python|docs)[a-z_]+\.[a-z_]+)`", text)}
        for line in lines - {"payment_events"}:
            assert f'"{line}' in sources, (file.name, line)


def test_links_lead_somewhere() -> None:
    for file in FILES:
        for target in re.findall(r"\]\(([^)#]+)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).resolve().exists(), (file.name, target)
