"""The documents keep their word: links lead somewhere, commands exist, examples are tried, references are true."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from tests.documents import PAGES, REPOSITORY, SHOWS, Block, anchors, blocks, links, prose
from tests.reference_pages import PAGES as REFERENCES

from talkingphoto.main import app

FOR_USERS = [
    page
    for page in PAGES
    if page.parent == REPOSITORY or {"docs", "clients"} & set(page.relative_to(REPOSITORY).parts[:1])
]
"""Pages whose examples are tried; those of a member show its code to whoever changes it."""


def _name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            assert link.startswith(("https://", "http://127.0.0.1", "http://localhost", "mailto:")), link
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_a_broken_link_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One `word`, and *more*\n[a](gone.md) ![b](c.png) [d [e]](#f)\n```sh\n[not](this)\n```\n`[nor](that)`\n"
    )
    assert list(links(page)) == ["gone.md", "c.png", "#f"]
    assert anchors(page) == {"one-word-and-more"}


@pytest.mark.parametrize("path", REFERENCES, ids=_name)
def test_references_are_what_the_code_says(path: Path) -> None:
    assert path.read_text("utf-8") == REFERENCES[path](), "Run `make record`."


def test_the_codes_of_troubleshooting_are_answered() -> None:
    known = set(re.findall(r"`(\w+)`", (REPOSITORY / "docs" / "errors.md").read_text("utf-8"))) | {"NO_FACE"}
    ordering = (REPOSITORY / "docs" / "troubleshooting.md").read_text("utf-8").split("## Ordering")[1].split("\n## ")[0]
    told = [
        code for row in re.findall(r"^\| (`[^|]+) \|", ordering, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)
    ]
    assert len(told) >= 8
    assert set(told) <= known


@pytest.mark.parametrize("page", FOR_USERS, ids=_name)
def test_every_example_is_tried(page: Path) -> None:
    for block in blocks(page):
        where = (block.language, block.text[:60])
        if block.language in SHOWS:
            continue
        assert block.runs or block.tried_by or block.mark == "compiles", where
        for test in block.tried_by:
            assert (REPOSITORY / test).is_file(), (where, test)
        if block.language == "python":
            _check_imports(block)


def _check_imports(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            module = importlib.import_module(node.module)
            for alias in node.names:
                found = hasattr(module, alias.name) or importlib.util.find_spec(f"{node.module}.{alias.name}")
                assert found, f"{node.module}.{alias.name}"
        for name in names:
            assert importlib.util.find_spec(name), name


MAKEFILE = (REPOSITORY / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def _said(page: Path) -> Iterator[str]:
    """Every command line that a page has, in its blocks and in its sentences."""
    for block in blocks(page):
        if block.language not in SHOWS:
            yield from block.text.replace("\\\n", " ").splitlines()
    yield from re.findall(r"`([^`\n]+)`", prose(page))


@pytest.mark.parametrize("page", FOR_USERS, ids=_name)
def test_what_is_to_be_made_can_be(page: Path) -> None:
    for line in _said(page):
        for command in re.findall(r"(?:^|&& |[A-Z_]+=\S+ )make (?!\w*:)([^|;&#]*)", line):
            words = _words(command)
            goals = [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]
            assert set(goals) <= TARGETS, line
            for variable in (word.split("=")[0] for word in words if re.match(r"[A-Z]+=", word)):
                assert re.search(rf"\b{variable}\b", MAKEFILE), line


@cache
def _command() -> Any:
    return typer.main.get_command(app)


@pytest.mark.parametrize("page", FOR_USERS, ids=_name)
def test_the_commands_that_are_named_exist_with_their_options(page: Path) -> None:
    for line in _said(page):
        for said in re.findall(r"(?:^|[ /(])talkingphoto ([^|;&]*)", line.split(" #")[0]):
            assert _lacks(said) == [], line


def _lacks(said: str) -> list[str]:
    here, words = _command(), _words(said)
    while words and hasattr(here, "commands") and not words[0].startswith("-"):
        word = words.pop(0)
        if word not in here.commands:
            # `talkingphoto image "..."`: what is no name is what is typed.
            return [word] if re.fullmatch(r"[a-z][a-z-]*", word) else []
        here = here.commands[word]
    options = {name for parameter in here.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return [
        word for word in words if re.match(r"--?[a-z]", word) and word.split("=")[0] not in options | {"--help", "-h"}
    ]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def test_a_command_that_is_not_there_would_be_seen() -> None:
    assert _lacks("fly --high") == ["fly"]
    assert _lacks("make me.jpg --loud --script x") == ["--loud"]
    assert _lacks("dead-letters list") == []


def test_the_site_has_every_page_that_is_not_a_record() -> None:
    listed = set(re.findall(r"[\w/-]+\.md", (REPOSITORY / "mkdocs.yml").read_text("utf-8")))
    pages = {page.relative_to(REPOSITORY / "docs").as_posix() for page in (REPOSITORY / "docs").rglob("*.md")}
    assert listed <= pages
    assert {page for page in pages - listed if not page.startswith(("decisions/", "runbooks/"))} == set()


def test_what_npm_brings_is_pinned_by_hashes_and_names_no_registry() -> None:
    lock = yaml.safe_load((REPOSITORY / "clients" / "typescript" / "package-lock.json").read_text("utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert len(packages) > 10
    assert all(about["integrity"].startswith("sha512-") and "resolved" not in about for about in packages.values())
