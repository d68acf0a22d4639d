"""Reading manifests: every row is an order, or says what is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import ServiceError
from workflow.batches.errors import BadManifest, ManifestTooLong, NoManifest
from workflow.batches.manifest import MOST_ROWS, read

FILE = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
CSV = f"""ref,workflow_type,input_file_id,script,target_platforms,target_duration,title
one,product_demo,{FILE},"Hello, you.",instagram;youtube,12,
,product_demo,{FILE},Hello.,tiktok,,Second
three,opera,{FILE},Hello.,tiktok,,
one,product_demo,{FILE},Again.,tiktok,,
five,product_demo,{FILE},Hello.,tiktok,soon,,,
"""


def test_rows_of_a_sheet_become_orders() -> None:
    rows = read("text/csv; charset=utf-8", b"\xef\xbb\xbf" + CSV.encode())
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]
    first, second, third, fourth, fifth = rows
    assert first.order is not None and second.order is not None
    assert (first.ref, first.order.script, first.order.target_duration) == ("one", "Hello, you.", 12)
    assert [platform.value for platform in first.order.target_platforms] == ["instagram", "youtube"]
    assert (second.ref, second.order.title) == (second.digest[:16], "Second")
    assert third.order is None and "workflow_type" in third.fields
    assert fourth.fields == {"ref": "is that of line 2 as well"}
    assert fifth.fields == {"row": "has 9 cells under 7 columns"}


def test_lines_of_json_become_orders() -> None:
    body = (
        f'{{"input_file_id": "{FILE}", "script": "a\\u2028b", "captions": {{"tiktok": "burned"}}}}\n\n[1]\n{{"x": 1\n'
    )
    rows = read("application/x-ndjson", body.encode())
    assert [(row.line, row.order is not None) for row in rows] == [(1, True), (3, False), (4, False)]
    assert [dict(row.fields) for row in rows[1:]] == [{"row": "is no JSON object"}, {"row": "is no JSON"}]


@pytest.mark.parametrize(
    ("kind", "body", "error"),
    [
        ("application/json", b"[]", NoManifest),
        ("", b"x", NoManifest),
        ("text/csv", b"", BadManifest),
        ("text/csv", b"script,script\na,b\n", BadManifest),
        ("text/csv", b'script\n"a\n', BadManifest),
        ("text/csv", "scripté\n".encode("latin-1"), BadManifest),
        ("text/csv", b"script\n" + b"a\n" * (MOST_ROWS + 1), ManifestTooLong),
        ("text/csv", b"a" * 1_000_001, ManifestTooLong),
    ],
)
def test_what_is_no_manifest_is_refused_whole(kind: str, body: bytes, error: type[ServiceError]) -> None:
    with pytest.raises(error):
        read(kind, body)


@given(st.binary(max_size=300), st.sampled_from(["text/csv", "application/x-ndjson"]))
def test_whatever_comes_is_read_or_refused(body: bytes, kind: str) -> None:
    try:
        rows = read(kind, body)
    except ServiceError:
        return
    assert rows and all((row.order is None) == bool(row.fields) for row in rows)
