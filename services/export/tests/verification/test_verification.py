"""What was made here is known again by its bytes, and by its pictures when those have changed; nothing else is."""

from __future__ import annotations

import asyncio
import io
import json
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import cv2
import numpy as np
import pytest

from chassis import ids
from chassis.http.client import Refused
from chassis.storage import keys
from contracts.enums import Platform
from contracts.export import ExportUserDataErased, RenditionCompleted
from contracts.users import UserDeletionRequested
from export.provenance.source_type import SOURCE_TYPE, stated_in
from export.verification import endpoints, queries, repository, rules
from export.verification.repository import NewFingerprint

PATH = "/api/v1/verify"


def _as(user: UUID) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


async def verified(export: Any, data: bytes, user: UUID | None = None) -> dict[str, Any]:
    answer = await export.http.post(PATH, files={"file": ("x", data)}, headers=_as(user or ids.uuid7()))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def stripped_copy(data: bytes, start: float = 0.0) -> bytes:
    """The film at CRF 28 and half its size, without sound, metadata and what is before ``start``."""
    made = io.BytesIO()
    with av.open(io.BytesIO(data)) as given, av.open(made, "w", format="mp4") as copy:
        stream = given.streams.video[0]
        out = copy.add_stream("libx264", rate=25, options={"crf": "28", "preset": "veryfast"})
        out.width, out.height, out.pix_fmt = stream.width // 4 * 2, stream.height // 4 * 2, "yuv420p"
        out.codec_context.time_base = Fraction(1, 90_000)
        for frame in given.decode(video=0):
            if frame.time < start:
                continue
            small = frame.reformat(out.width, out.height, "yuv420p")
            small.pts, small.time_base = round((frame.time - start) * 90_000), Fraction(1, 90_000)
            copy.mux(out.encode(small))
        copy.mux(out.encode(None))
    return made.getvalue()


def another_film(seed: int) -> bytes:
    """Two seconds of soft shapes that move."""
    dice = np.random.default_rng(seed)
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as film:
        out = film.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        out.width, out.height, out.pix_fmt = 90, 160, "yuv420p"
        ground = cv2.resize(dice.integers(0, 256, (6, 4, 3), np.uint8), (90, 160), interpolation=cv2.INTER_CUBIC)
        for index in range(20):
            film.mux(out.encode(av.VideoFrame.from_ndarray(np.roll(ground, 2 * index, axis=0), "rgb24")))
        film.mux(out.encode(None))
    return made.getvalue()


@pytest.fixture
async def delivered(start_export: Any, a_source: Any) -> tuple[Any, Any, RenditionCompleted]:
    """A running service, what a run had made, and its rendition for TikTok."""
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.rendition(Platform.TIKTOK))
    (made,) = await export.wait_for(RenditionCompleted)
    return export, source, made


async def test_a_copy_is_recognised_and_twenty_other_films_are_not(delivered: Any, tmp_path: Path) -> None:
    export, source, made = delivered
    video = await export.store.read(made.outputs["video"])
    very = await verified(export, video, source.user_id)
    assert (very["made_here"], very["match"], very["score"]) == (True, "bytes", 1)
    assert very["workflow_id"] == str(source.run_id)
    assert very["digital_source_type"] == very["stated_source_type"] == SOURCE_TYPE
    copy = stripped_copy(video)
    (tmp_path / "copy.mp4").write_bytes(copy)
    assert stated_in(tmp_path / "copy.mp4") is None
    known = await verified(export, copy, source.user_id)
    assert (known["made_here"], known["match"], known["workflow_id"]) == (True, "film", str(source.run_id))
    assert known["score"] >= 0.9
    assert known["digital_source_type"] == SOURCE_TYPE
    assert known["stated_source_type"] is None
    assert known["made_at"] is not None
    assert (await verified(export, stripped_copy(video, 0.4)))["match"] == "film"
    for seed in range(20):
        other = await verified(export, another_film(seed))
        assert other == {
            "made_here": False, "match": None, "score": 0, "made_at": None, "digital_source_type": None,
            "stated_source_type": None, "workflow_id": None,
        }, seed  # fmt: skip


async def test_others_learn_nothing_of_who_made_it(delivered: Any) -> None:
    export, source, made = delivered
    video = await export.store.read(made.outputs["video"])
    for data in (video, stripped_copy(video), await export.store.read(made.outputs["poster"])):
        answer = await export.http.post(PATH, files={"file": ("x", data)}, headers=_as(ids.uuid7()))
        assert answer.json()["made_here"] is True
        assert answer.json()["workflow_id"] is None
        for secret in (source.user_id, source.run_id, made.rendition_id):
            assert str(secret) not in answer.text
    assert (await export.http.post(PATH, files={"file": ("x", video)})).status_code == 401


async def test_the_film_that_renditions_are_made_of_and_their_covers_are_known_too(delivered: Any) -> None:
    export, source, made = delivered
    original = await export.store.read(source.video)
    assert (await verified(export, original))["match"] == "bytes"
    assert (await verified(export, stripped_copy(original)))["match"] == "film"
    poster = await export.store.read(made.outputs["poster"])
    assert (await verified(export, poster))["match"] == "bytes"
    small = cv2.resize(cv2.imdecode(np.frombuffer(poster, np.uint8), cv2.IMREAD_COLOR), None, fx=0.5, fy=0.5)
    again = await verified(export, cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])[1].tobytes())
    assert (again["match"], again["made_here"]) == ("picture", True)
    assert again["score"] > 0.85
    dice = np.random.default_rng(1)
    other = cv2.resize(dice.integers(0, 256, (6, 4, 3), np.uint8), (180, 320), interpolation=cv2.INTER_CUBIC)
    assert (await verified(export, cv2.imencode(".png", other)[1].tobytes()))["made_here"] is False


async def test_what_is_no_question_is_refused(start_export: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    export = await start_export(consume=False)
    me = _as(ids.uuid7())

    async def code(**request: Any) -> tuple[int, str]:
        answer = await export.http.post(PATH, headers=me, **request)
        return answer.status_code, answer.json()["error"]["code"]

    assert await code() == (400, "nothing_to_verify")
    assert await code(json={"file_id": str(ids.uuid7())}) == (400, "nothing_to_verify")
    assert await code(files={"other": ("x", b"1")}) == (400, "nothing_to_verify")
    assert await code(files={"file": ("x", b"1")}, data={"file_id": str(ids.uuid7())}) == (400, "nothing_to_verify")
    assert await code(files={"file": ("x", b"1"), "more": ("x", b"1")}) == (400, "nothing_to_verify")
    assert await code(data={"file": "no file"}, files={}) == (400, "nothing_to_verify")
    assert await code(files={"file_id": (None, "17")}) == (400, "nothing_to_verify")
    for data in (b"", b"hello " * 100, another_film(0)[:700], b"ID3" + bytes(300)):
        assert await code(files={"file": ("x", data)}) == (422, "not_verifiable")
    assert await code(files={"file_id": (None, str(ids.uuid7()))}) == (503, "unavailable")
    monkeypatch.setattr(endpoints, "MOST_BYTES", 10)
    assert await code(files={"file": ("x", bytes(11))}) == (413, "too_large_to_verify")


async def test_one_file_of_a_user_is_looked_at_at_a_time(start_export: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    export = await start_export(consume=False)
    looking, go = asyncio.Event(), asyncio.Event()
    verifying = export.service.app.state.verifying
    run = verifying.sandbox.run

    async def slow(*args: Any, **kwargs: Any) -> Any:
        looking.set()
        await go.wait()
        return await run(*args, **kwargs)

    monkeypatch.setattr(verifying.sandbox, "run", slow)
    me, film = ids.uuid7(), another_film(1)
    first = asyncio.create_task(verified(export, film, me))
    await looking.wait()
    second = await export.http.post(PATH, files={"file": ("x", film)}, headers=_as(me))
    assert (second.status_code, second.json()["error"]["code"]) == (429, "verification_under_way")
    assert "Retry-After" in second.headers
    go.set()
    assert (await first)["made_here"] is False
    assert (await verified(export, film, me))["made_here"] is False


async def test_a_file_that_was_uploaded_before_is_named_by_its_owner(
    delivered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, source, made = delivered
    me, file_id = ids.uuid7(), ids.uuid7()
    made_at = ids.moment_of(file_id)
    copy = stripped_copy(await export.store.read(made.outputs["video"]))
    stored = await export.store.put_bytes(copy, keys.video_key(me, "mp4", made_at, file_id.hex), "video/mp4")
    known = {
        "file_size": stored.size, "checksum": stored.sha256, "mime_type": "video/mp4", "scan_status": "clean",
        "created_at": made_at.isoformat(),
    }  # fmt: skip

    class Workflow:
        async def get(self, path: str, *, token: str) -> dict[str, Any]:
            if path != f"/api/v1/files/{file_id}/metadata" or token != str(me):
                raise Refused(404, "file_not_found", "no")
            return known

        async def close(self) -> None: ...

    monkeypatch.setattr(export.service.app.state.uploaded_files, "_client", Workflow())

    async def asked(user: UUID) -> Any:
        return await export.http.post(PATH, files={"file_id": (None, str(file_id))}, headers=_as(user))

    assert (await asked(me)).json()["match"] == "film"
    stranger = await asked(source.user_id)
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (404, "file_not_found")
    known["scan_status"] = "infected"
    assert (await asked(me)).status_code == 404
    known |= {"scan_status": "clean", "file_size": 1 << 30}
    assert (await asked(me)).status_code == 413


async def test_who_is_forgotten_is_not_recognised_any_more(delivered: Any) -> None:
    export, source, made = delivered
    video = await export.store.read(made.outputs["video"])
    await export.tell(UserDeletionRequested(user_id=source.user_id, ask=1))
    await export.wait_for(ExportUserDataErased)
    assert await export.fetch("SELECT FROM fingerprints UNION ALL SELECT FROM fingerprint_keys") == []
    assert (await verified(export, video))["made_here"] is False


async def test_the_index_is_read_by_its_entries_and_no_further_than_it_may(start_export: Any) -> None:
    """However many fingerprints have an entry in common, as those of the same title do."""
    export = await start_export(consume=False)
    same, user = 0b1011 << 40 | 0xABCDEF, ids.uuid7()
    async with export.database.transaction() as tx:
        looks = [NewFingerprint("video", f"{1:064x}", ((0, same), (1, same ^ 1)))]
        for _ in range(2):
            # Known bytes stay one fingerprint.
            await repository.add(tx, ids.uuid7(), user, SOURCE_TYPE, looks)
    assert (await export.fetch("SELECT count(*) FROM fingerprints"))[0][0] == 1
    await export.execute(
        "INSERT INTO fingerprints SELECT gen_random_uuid(), user_id, run_id, kind, sha256(number::text::bytea), "
        "seconds, slots, hashes, source_type, made_at FROM fingerprints, generate_series(1, 20000) AS number"
    )
    await export.execute(
        "INSERT INTO fingerprint_keys SELECT $1, id FROM fingerprints ON CONFLICT DO NOTHING", rules.keys_of(same)[0]
    )
    await export.execute("ANALYZE")
    asked = rules.asked_keys([(0, same)])
    async with export.database.transaction() as tx:
        assert len(await queries.likely(tx, asked)) == queries.COMPARED
    plan = await export.fetch(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {queries._BY_KEYS}", asked, queries.OF_EACH_KEY, queries.COMPARED
    )
    shown = json.loads(plan[0][0]) if isinstance(plan[0][0], str) else plan[0][0]
    reads = [node for node in _nodes(shown) if node.get("Relation Name") == "fingerprint_keys"]
    assert reads
    for node in reads:
        assert node["Node Type"].startswith("Index"), node
        assert node["Actual Rows"] <= queries.OF_EACH_KEY


def _nodes(plan: Any) -> Any:
    if isinstance(plan, list):
        for one in plan:
            yield from _nodes(one)
    elif isinstance(plan, dict):
        yield plan
        for value in plan.values():
            if isinstance(value, list | dict):
                yield from _nodes(value)
