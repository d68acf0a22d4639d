"""Large files that are sent in pieces: over broken connections, and over commands that ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from chassis.testing.served import served
from talkingphoto.client import ApiError, Client
from talkingphoto.ordering import sending

CONTENT = bytes(range(256)) * 20


class Store:
    """Takes pieces. ``troubles``: how often it answers 503, to whatever is asked, before each piece that it takes."""

    def __init__(self, *, troubles: int = 0) -> None:
        self.uploads: dict[str, bytearray] = {}
        self.every, self.left = troubles, troubles
        self.full = False
        self.app = FastAPI()
        self.app.post(sending.PATH)(self.begin)
        self.app.patch(sending.PATH + "/{upload}")(self.more)
        self.app.get(sending.PATH + "/{upload}")(self.told)

    async def begin(self) -> Response:
        self.uploads[str(len(self.uploads))] = bytearray()
        return JSONResponse({"id": str(len(self.uploads) - 1)}, 201)

    async def more(self, upload: str, request: Request) -> Response:
        if self.left:
            return self._trouble()
        if self.full and self.uploads[upload]:
            return JSONResponse({"error": {"code": "storage_full", "message": "It is full."}}, 413)
        self.left = self.every
        assert int(request.headers["upload-offset"]) == len(self.uploads[upload])
        self.uploads[upload] += await request.body()
        return Response(status_code=204)

    async def told(self, upload: str) -> Response:
        if self.left and len(self.uploads[upload]) < len(CONTENT):
            return self._trouble()
        if upload not in self.uploads:
            return JSONResponse({"error": {"code": "upload_not_found", "message": "There is none."}}, 404)
        there = self.uploads[upload]
        file_id = f"file-{upload}" if len(there) == len(CONTENT) else None
        return JSONResponse({"offset": len(there), "length": len(CONTENT), "file_id": file_id})

    def _trouble(self) -> Response:
        self.left -= 1
        return JSONResponse({"error": {"code": "unavailable", "message": "Later."}}, 503)


@pytest.fixture
def video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sending, "_PIECE", 1000)
    monkeypatch.setattr(sending, "_RECONNECT_S", 0.001)
    file = tmp_path / "talk.mp4"
    file.write_bytes(CONTENT)
    return file


async def sent(store: Store, home: Path, file: Path, said: Any = lambda _: None) -> str:
    async with served(store.app) as store_url, Client(store_url) as client:
        client.url = "https://the.same.example"
        return await sending.sent_large(client, home, file, said)


async def test_interruptions_count_only_while_nothing_arrives(tmp_path: Path, video: Path) -> None:
    """Three before each of six pieces, some of them when it is asked how much is there."""
    store, shares = Store(troubles=3), []
    assert await sent(store, tmp_path / "home", video, shares.append) == "file-0"
    assert bytes(store.uploads["0"]) == CONTENT
    assert len(shares) == 6 and shares[-1] == 1.0
    with pytest.raises(ApiError, match="Later"):
        await sent(Store(troubles=sending._INTERRUPTIONS + 1), tmp_path / "other", video)


async def test_a_later_command_goes_on_where_the_first_was_interrupted(tmp_path: Path, video: Path) -> None:
    store, home = Store(), tmp_path / "home"
    store.full = True
    with pytest.raises(ApiError, match="full"):
        await sent(store, home, video)
    assert len(store.uploads["0"]) == 1000
    store.full = False
    shares: list[float] = []
    assert await sent(store, home, video, shares.append) == "file-0"
    assert bytes(store.uploads["0"]) == CONTENT and len(shares) == 5
    # What is whole is forgotten, and what has changed is another file.
    assert not list((home / "uploads").iterdir())
    assert await sent(store, home, video) == "file-1"


async def test_a_file_that_changed_or_an_upload_that_is_gone_begins_anew(tmp_path: Path, video: Path) -> None:
    store, home = Store(), tmp_path / "home"
    store.full = True
    with pytest.raises(ApiError, match="full"):
        await sent(store, home, video)
    store.full = False
    gone = Store()
    assert await sent(gone, home, video) == "file-0"
    with pytest.raises(ApiError, match="full"):
        store.full = True
        await sent(store, home, video)
    store.full = False
    video.write_bytes(bytes(reversed(CONTENT)))
    assert await sent(store, home, video) == f"file-{len(store.uploads) - 1}"
    assert bytes(store.uploads[str(len(store.uploads) - 1)]) == bytes(reversed(CONTENT))
