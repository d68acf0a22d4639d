"""The house stays in order: rooms are small, prefixes become folders, SQL stays in repositories and queries.

What imports what is import-linter's, in ``pyproject.toml``; here is what it cannot say.
"""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for pattern in ("libs/*/src", "services/*/src", "cli/src", "clients/python/src", "runner/src", "simulators/src")
    for path in REPOSITORY.glob(pattern)
)
MODULES = sorted(path for source in SOURCES for path in source.rglob("*.py"))
TESTS = sorted(path for pattern in ("*/tests", "*/*/tests", "tests") for path in REPOSITORY.glob(pattern))

MOST_MODULES = 16
MOST_LINES = 450
PREFIX_OF_A_FOLDER = 3

ONE_A_VENDOR = {"services/ai-router/src/ai_router/providers/vendors", "simulators/src/simulators/vendors"}
"""A module, or a folder, for each vendor: as many as there are."""

GENERATED = "clients/python/src/talkingphoto_client/generated/"
"""Made of the API's document by `make client`: as long as that is."""


def _name(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def _folders(paths: list[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        if path.name != "__init__.py":
            found[_name(path.parent)].append(path)
    return found


def test_no_room_is_crowded() -> None:
    crowded = {
        folder: len(modules)
        for folder, modules in _folders(MODULES).items()
        if len(modules) > MOST_MODULES and folder not in ONE_A_VENDOR
    }
    assert crowded == {}


def test_no_module_is_long() -> None:
    lines = {_name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    long = {name: count for name, count in lines.items() if count > MOST_LINES}
    assert {name for name in long if not name.startswith(GENERATED)} == set()


def test_a_prefix_that_three_share_is_a_folder() -> None:
    tests = [path for folder in TESTS for path in folder.rglob("*.py")]
    shared = {}
    for folder, modules in _folders(MODULES + tests).items():
        prefixes = Counter(path.stem.removeprefix("test_").split("_")[0] for path in modules)
        many = sorted(prefix for prefix, count in prefixes.items() if count >= PREFIX_OF_A_FOLDER and prefix)
        if many:
            shared[folder] = many
    assert shared == {}


STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|TRUNCATE|LOCK|NOTIFY)\s")
"""SQL is shouted; a docstring that begins with one of these words is not."""
BUILDERS = {"select", "insert", "update", "delete", "text", "union"}


# The chassis keeps messages and work in order, and the runner makes whole databases: SQL is what they are there for.
def _of_services() -> Iterator[tuple[Path, ast.Module]]:
    for path in MODULES:
        if _name(path).startswith("services/") and path.stem not in ("repository", "queries"):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def _statements(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            yield from (alias.name for alias in node.names if alias.name in BUILDERS)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield node.value.strip().split("\n")[0]


def test_sql_is_in_repositories_and_queries() -> None:
    found = {_name(path): list(_statements(tree)) for path, tree in _of_services()}
    assert {name: statements for name, statements in found.items() if statements} == {}


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ('await tx.fetch("SELECT 1")', True),
        ('_LOCK = f"""\nSELECT {COLUMNS} FROM runs"""', True),
        ('await tx.execute("DELETE FROM work")', True),
        ("from sqlalchemy import select", True),
        ("from sqlalchemy.dialects.postgresql import insert", True),
        ('"""Select what is wanted."""', False),
        ("from sqlalchemy.exc import IntegrityError", False),
        ("await store.fetch(stored, path)", False),
    ],
)
def test_the_look_for_sql_sees_what_it_should(source: str, caught: bool) -> None:
    assert bool(list(_statements(ast.parse(source)))) is caught


def test_documents_lead_to_files_that_exist() -> None:
    gone = {}
    for readme in (*REPOSITORY.glob("*.md"), *REPOSITORY.glob("*/*/README.md"), *REPOSITORY.glob("docs/**/*.md")):
        text = readme.read_text(encoding="utf-8")
        paths = re.findall(r"`((?:libs|services|cli|clients|runner|simulators)/[\w./-]+\.(?:py|md))`", text)
        missing = sorted({path for path in paths if not (REPOSITORY / path).exists()})
        if missing:
            gone[_name(readme)] = missing
    assert gone == {}
