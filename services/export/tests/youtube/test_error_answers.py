"""The table of documented error answers of YouTube and of Google's accounts: what each becomes, row by row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from export.youtube.calls import Addresses, Client
from export.youtube.client import ANSWER_LIMIT, YouTube
from export.youtube.errors import ADVICE, FailureClass, YouTubeFailure

_LINES = (Path(__file__).parent / "error_answers.jsonl").read_text(encoding="utf-8").splitlines()
TABLE: list[dict[str, Any]] = [json.loads(line) for line in _LINES]


async def _failure(answer: httpx.Response | Exception) -> YouTubeFailure:
    def respond(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as http:
        youtube = YouTube(http, Client("id", "secret", "http://127.0.0.1/"), Addresses())
        with pytest.raises(YouTubeFailure) as caught:
            await youtube.channel("ya29.token")
        return caught.value


def _name(row: dict[str, Any]) -> str:
    return f"{row['status']}-{row['failure']}"


@pytest.mark.parametrize("row", TABLE, ids=_name)
async def test_every_row(row: dict[str, Any]) -> None:
    told = {"json": row["answer"]} if row["answer"] is not None else {"html": "<h1>as an edge server says it</h1>"}
    failed = await _failure(httpx.Response(row["status"], headers=row.get("headers", {}), **told))
    assert (failed.failure, failed.retryable, failed.status) == (row["failure"], row["retryable"], row["status"])
    assert failed.retry_after_s == row.get("wait")
    assert failed.user_message == row["words"]


def test_the_table_speaks_of_every_class_that_an_answer_can_have() -> None:
    assert len(TABLE) >= 35
    assert {row["failure"] for row in TABLE} == set(FailureClass) - {FailureClass.UNKNOWN_OUTCOME}


def test_words_for_people_name_no_machinery() -> None:
    for words in [row["words"] for row in TABLE] + [advice.words for advice in ADVICE.values()]:
        assert not any(term in words.lower() for term in ("http", "api", "key", "quota", "token", "{", "error"))


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("x"), httpx.ConnectError("x"), httpx.RemoteProtocolError("x"), httpx.PoolTimeout("x"),
        httpx.Response(200, html="<h1>a log-in page</h1>"), httpx.Response(200, json=[]),
        httpx.Response(200, content=b"x" * (ANSWER_LIMIT + 1)),
        httpx.Response(200, stream=httpx.ByteStream(b"{}"), headers={"content-encoding": "gzip"}), httpx.Response(302),
    ],
    ids=lambda lost: type(lost).__name__,
)  # fmt: skip
async def test_what_is_no_answer_is_asked_again(lost: httpx.Response | Exception) -> None:
    """Nothing that was lost, cut, far too long or from somebody else's page is taken for an answer."""
    failed = await _failure(lost)
    assert (failed.failure, failed.retryable) == (FailureClass.TRANSIENT, True)


async def test_the_wording_of_an_answer_is_not_kept() -> None:
    """Google may repeat what it was sent; codes of an odd shape are not codes."""
    echo = {"error": {"message": "your ya29.token", "errors": [{"reason": "ya29.token/secret", "message": "secret"}]}}
    failed = await _failure(httpx.Response(403, json=echo))
    assert "ya29" not in repr(vars(failed)) + str(failed)
    assert "secret" not in repr(vars(failed)) + str(failed)


async def test_a_date_to_wait_for() -> None:
    """RFC 9110 allows both. Nobody waits for more than a day."""
    late = {"retry-after": "Fri, 31 Dec 2399 23:59:59 GMT"}
    assert (await _failure(httpx.Response(503, headers=late))).wait_s(5.0) == 86_400
    assert (await _failure(httpx.Response(503))).wait_s(5.0) == 5.0
    assert (await _failure(httpx.Response(429))).wait_s(5.0) == 30.0
    assert (await _failure(httpx.Response(503, headers={"retry-after": "soon"}))).retry_after_s is None
