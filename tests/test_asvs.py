"""What the security pages and the page of faults point at is there: files, tests, and names in code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from tests.documents import REPOSITORY

DOCS = REPOSITORY / "docs"
PAGES = [DOCS / name for name in ("asvs.md", "threat-model.md", "security.md", "faults.md")]
CHAPTERS = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16,
    17: 7,
}  # fmt: skip
"""How many requirements of the first two levels each chapter of version 5.0.0 has."""
LEVELS = {"1": 70, "2": 183}
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
POINTER = re.compile(
    r"`((?:\.?[\w.-]+/)*\.?[\w.-]+\.\w+|\.?[\w-]+(?:/[\w.-]+)+|Dockerfile|\.dockerignore)(?:::(\w+))?`"
)


@cache
def names(path: Path) -> set[str]:
    """What a module defines at its top, and methods of its classes."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        inside = [node, *node.body] if isinstance(node, ast.ClassDef) else [node]
        found |= {one.name for one in inside if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def broken(text: str) -> list[str]:
    """Pointers of a page that lead nowhere."""
    return [
        "::".join(filter(None, (path, name)))
        for path, name in POINTER.findall(text)
        if not (REPOSITORY / path).exists() or (name and name not in names(REPOSITORY / path))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_pointer_leads_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(POINTER.findall(text)) >= 8
    assert broken(text) == []


def test_a_broken_pointer_would_be_seen() -> None:
    here = "tests/test_asvs.py"
    assert broken(f"`{here}` `{here}::names` `{here}::PAGES` `make test` `users` `v1`") == []
    assert broken(f"`{here}::gone` `tests/gone.py` `docs/gone/`, `{here}::test_gone`") == [
        f"{here}::gone",
        "tests/gone.py",
        f"{here}::test_gone",
    ]


def test_every_requirement_of_two_levels_is_answered() -> None:
    text = (DOCS / "asvs.md").read_text("utf-8")
    rows = ROW.findall(text)
    assert len(rows) == len(re.findall(r"^\| \d", text, re.MULTILINE)), "each row has its four cells"
    ids = [tuple(map(int, row[0].split("."))) for row in rows]
    assert ids == sorted(set(ids))
    assert Counter(chapter for chapter, _, _ in ids) == CHAPTERS
    assert Counter(level for _, level, _, _ in rows) == LEVELS
    for number, _, _, shown in rows:
        said = "Not met" in shown and ", because " in shown
        assert said or "Does not arise: " in shown or POINTER.search(shown) or "](" in shown, number


def test_the_page_counts_what_is_not_met() -> None:
    text = (DOCS / "asvs.md").read_text("utf-8")
    rows = [row[3] for row in ROW.findall(text)]
    not_met = sum("Not met" in shown for shown in rows)
    absent = sum("Does not arise" in shown for shown in rows)
    met = len(rows) - not_met - absent
    assert f"Of {len(rows)} requirements {met} are met, {absent} are about what there is not, {not_met} are not" in text
