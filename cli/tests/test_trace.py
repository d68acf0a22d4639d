"""A trace as a tree, from the lines that were kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from talkingphoto.main import app
from talkingphoto.trace import find, tree

RUN = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
TRACE, OTHER = "a" * 32, "b" * 32


def line(span_id: str, parent_id: str | None, name: str, *, trace_id: str = TRACE, **more: Any) -> dict[str, Any]:
    number = int(span_id, 16)
    return {
        "trace_id": trace_id,
        "span_id": span_id,
        "parent_id": parent_id,
        "name": name,
        "kind": "internal",
        "service": "workflow",
        "start_ns": number * 1_000_000,
        "end_ns": number * 1_000_000 + 2_500_000,
        "status": "ok",
        "attributes": {},
    } | more


LINES = [
    # Children end, and are written, before their parents; two processes write two files.
    line("3", "2", "SELECT runs", kind="client", attributes={"db.query.summary": "SELECT runs"}),
    line("2", "1", "process workflow.runs", kind="consumer", attributes={"talkingphoto.run_id": RUN}),
    line("2", "1", "process workflow.runs", kind="consumer", end_ns=None, status="unfinished"),
    line("1", None, "POST /api/v1/workflows", kind="server", service="gateway"),
    line("5", "2", "work render", status="error", attributes={"error.type": "ValueError"}),
    line("4", "1", "publish events", attributes={"cloudevents.event_type": "workflow.run_created.v1"}),
    line("9", None, "something else", trace_id=OTHER),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (folder := tmp_path / "traces").mkdir()
    for number, some in enumerate((LINES[::2], LINES[1::2])):
        text = "".join(json.dumps(one) + "\n" for one in some)
        (folder / f"{number}-workflow.jsonl").write_text(text + '{"trace_id": "aaaa', encoding="utf-8")
    return tmp_path


def shown(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["trace", *arguments, "--home", str(home)], env={"COLUMNS": "200"})


@pytest.mark.parametrize("wanted", [RUN, RUN.upper(), TRACE])
def test_a_run_and_a_trace_lead_to_the_same(home: Path, wanted: str) -> None:
    [trace] = find(home / "traces", wanted)
    assert [(node.span.name, node.depth, node.orphan) for node in tree(trace)] == [
        ("POST /api/v1/workflows", 0, False),
        ("process workflow.runs", 1, False),
        ("SELECT runs", 2, False),
        ("work render", 2, False),
        ("publish events", 1, False),
    ]


def test_the_tree_says_who_what_and_how_long(home: Path) -> None:
    result = shown(home, RUN)
    assert result.exit_code == 0
    heading, _, *rows = result.stdout.rstrip().splitlines()
    assert heading == f"trace {TRACE}: 5 spans in 0.01 s, of gateway, workflow"
    assert [" ".join(row.split()) for row in rows] == [
        "0.0 POST /api/v1/workflows gateway server 2.5 ok",
        "1.0 process workflow.runs + 1 statements, 2.5 ms workflow consumer 2.5 ok",
        "4.0 work render workflow internal 2.5 ValueError",
        "3.0 publish events (workflow.run_created.v1) workflow internal 2.5 ok",
    ]
    assert "SELECT runs" in shown(home, RUN, "--statements").stdout


def test_a_span_whose_parent_is_missing_is_called_an_orphan(home: Path) -> None:
    lost = line("6", "7", "process notify.runs")
    (home / "traces" / "2-notify.jsonl").write_text(json.dumps(lost) + "\n", encoding="utf-8")
    result = shown(home, RUN)
    assert "6 spans in 0.01 s, 1 orphaned, of" in result.stdout
    assert "process notify.runs orphan of 7" in result.stdout


def test_a_span_whose_process_was_killed_holds_what_is_below_it(home: Path) -> None:
    lost = [
        line("7", "6", "process notify.runs"),
        line("6", "1", "work render", end_ns=None, status="unfinished"),
    ]
    (home / "traces" / "2-notify.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lost), encoding="utf-8")
    rows = [" ".join(row.split()) for row in shown(home, RUN).stdout.splitlines()]
    assert "5.0 work render workflow internal unfinished" in rows
    assert "6.0 process notify.runs workflow internal 2.5 ok" in rows
    assert "orphan" not in "".join(rows)


def test_json_has_every_field(home: Path) -> None:
    [spans] = json.loads(shown(home, TRACE, "--json").stdout)["traces"]
    ended = [one for one in LINES if one["trace_id"] == TRACE and one["end_ns"] is not None]
    assert sorted(spans, key=lambda span: span["span_id"]) == sorted(ended, key=lambda span: span["span_id"])


def test_what_is_not_kept_is_not_found(home: Path, tmp_path: Path) -> None:
    for folder in (home, tmp_path / "nowhere"):
        result = shown(folder, "c" * 32)
        assert result.exit_code == 1
        assert "has no trace of" in result.stderr
