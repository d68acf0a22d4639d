"""The table of documented error answers: what each becomes, row by row.

``call`` says when the answer comes: ``submit`` may start work, ``poll``, ``result`` and ``health`` ask, ``inside`` is a
failure within an answer of status 200.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ai_router.providers.errors import ADVICE, Secrets
from ai_router.providers.http import VendorHttp
from ai_router.providers.port import FailureClass, ProviderFailure
from ai_router.providers.registry import ROWS

_LINES = (Path(__file__).parent / "error_answers.jsonl").read_text(encoding="utf-8").splitlines()
TABLE: list[dict[str, Any]] = [json.loads(line) for line in _LINES]
_DIALECTS = {row.key: row.dialect for row in ROWS}


def _name(row: dict[str, Any]) -> str:
    return f"{row['provider']}-{row['call']}-{row['status']}-{row['failure']}"


def test_the_table_speaks_of_every_vendor() -> None:
    assert len(TABLE) >= 60
    assert {row["provider"] for row in TABLE} == _DIALECTS.keys()
    assert {row["failure"] for row in TABLE} == set(FailureClass)


async def _failure(row: dict[str, Any]) -> ProviderFailure:
    def answer(request: httpx.Request) -> httpx.Response:
        if row["body"] is None:
            return httpx.Response(row["status"], headers=row["headers"], html="<h1>Bad gateway</h1>")
        return httpx.Response(row["status"], headers=row["headers"], json=row["body"])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        http = VendorHttp(client, "https://vendor.example", _DIALECTS[row["provider"]], {}, Secrets(("sk-secret",)))
        if row["call"] == "inside":
            return http.refused(row["body"], headers=row["headers"], vendor_job_id="job")
        job = "job" if row["call"] in ("poll", "result") else None
        with pytest.raises(ProviderFailure) as caught:
            await http.call("POST", "/work", accepts=row["call"] == "submit", vendor_job_id=job)
        return caught.value


@pytest.mark.parametrize("row", TABLE, ids=_name)
async def test_every_row(row: dict[str, Any]) -> None:
    failed = await _failure(row)
    advice = ADVICE[failed.failure]
    assert (failed.failure, advice.retryable, advice.action) == (row["failure"], row["retryable"], row["action"])
    assert failed.retry_after_s == (pytest.approx(row["wait"]) if row["wait"] is not None else None)
    assert failed.until == row["until"]
    assert failed.user_message == row["words"]
    assert failed.http_status == row["status"]


def test_words_for_people_name_no_vendor_and_no_machinery() -> None:
    told = {row["words"].lower() for row in TABLE}
    vendors = {dialect.vendor for dialect in _DIALECTS.values()}
    for words in told:
        assert not any(term in words for term in (*vendors, "http", "api", "key", "quota", "token", "{", "error"))
