"""The table of source paths, without any I/O."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from starlette.routing import compile_path

from gateway.aliases.__main__ import page
from gateway.aliases.table import ALIASES, by_source
from gateway.proxy.table import TABLE

OF_THE_GATEWAY = {"/", "/health", "/api/v1/system/stats"}
PAGE = Path(__file__).parents[4] / "docs" / "aliases.md"


def test_every_path_of_the_four_documents_is_there_once() -> None:
    assert Counter(row.line.value for row in ALIASES) == {
        "talkingphoto": 53,
        "reely": 20,
        "filmstudio": 20,
        "pixie": 42,
    }
    assert max(Counter((row.line, row.method, row.path) for row in ALIASES).values()) == 1


def test_the_page_says_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make record`"


def test_every_unified_path_leads_to_a_service() -> None:
    paths = [re.sub(r"{\w+}", "0199f0a1", row.unified) for row in ALIASES]
    lost = {path for path in paths if not any(compile_path(row.template)[0].match(path) for row in TABLE)}
    assert lost == OF_THE_GATEWAY


def test_only_products_that_share_a_path_say_it_in_several_rows() -> None:
    shared = {rows[0].path: [row.line.value for row in rows] for rows in by_source().values() if len(rows) > 1}
    assert all(len(set(lines)) == len(lines) for lines in shared.values())
    assert shared["/api/auth/login"] == ["talkingphoto", "pixie"]
    assert shared["/api/projects/"] == ["filmstudio", "pixie"], "a slash makes no difference"


def test_what_goes_into_a_path_is_in_the_source_path_or_in_the_body() -> None:
    assert {row.path: row.from_body for row in ALIASES if row.from_body} == {"/api/ai/video-generate": {"project_id"}}
