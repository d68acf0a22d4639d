"""Where uploads are kept, and until when: beside an absent store, under a run that needs them, and not for ever."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from chassis.storage import keys
from chassis.storage.fallback import FallbackStore
from chassis.storage.folder import FolderStore
from chassis.storage.port import StoreUnavailable
from contracts.ai_router import SubmitJob
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from workflow.files.housekeeping import BATCH, Housekeeping
from workflow.files.scanning import EICAR, Scan
from workflow.files.service import Uploads
from workflow.files.upkeep import Upkeep
from workflow.periods import Periods

AT_ONCE = Periods({"deleted": 0})


class Flaky(FolderStore):
    """A store that can be switched off, or lose its way at one key."""

    away = False
    cursed = ""

    async def put_file(self, path: Path, key: str, mime_type: str, **options: Any) -> StoredObject:
        if self.away:
            raise StoreUnavailable("off", retry_after_s=1)
        return await super().put_file(path, key, mime_type, **options)

    async def delete(self, key: str) -> None:
        if key == self.cursed:
            raise OSError("the disk has a hole here")
        await super().delete(key)


def beside(folder: Path) -> tuple[Flaky, FallbackStore]:
    primary = Flaky(folder / "store", public_url="http://workflow.test")
    spare = FolderStore(folder / "spare", public_url="http://workflow.test")
    return primary, FallbackStore(primary, spare, retry_after_s=0, hand_over_every_s=0.05)


async def test_while_the_store_is_away_files_are_kept_beside_it_and_move_later(
    start_world: Any, somebody: Identity, tmp_path: Path
) -> None:
    """Links work before and after the move, an order is told to wait, and the object is the same in the end."""
    primary, store = beside(tmp_path)
    world = await start_world(store=store, housekeeping_poll_s=0.05)
    primary.away = True
    file = (await world.upload(somebody)).json()
    assert file["stored_locally"] is True
    assert (await world.http.get(file["url"])).status_code == 200
    refused = await world.order(somebody, input_file_id=file["id"])
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "file_waits")
    assert "Retry-After" in refused.headers
    primary.away = False
    await store.start()
    try:
        await world.eventually("SELECT storage_backend FROM files", ["store"])
    finally:
        await store.stop()
    shown = (await world.call(somebody, "GET", f"/api/v1/files/{file['id']}")).json()
    assert shown["stored_locally"] is False
    answer = await world.http.get(file["url"], follow_redirects=False)
    assert answer.status_code == 302, "a link given out before the move leads on"
    for link in (answer.headers["Location"], shown["url"]):
        query = parse_qs(urlsplit(link).query)
        path = urlsplit(link).path.removeprefix("/api/v1/objects/")
        assert primary.signed(path, int(query["expires"][0]), None, query["signature"][0])
    key = urlsplit(file["url"]).path.removeprefix("/api/v1/objects/")
    found = await primary.stat(key)
    assert found is not None and found.metadata["user_id"] == str(somebody.user_id)
    assert (await world.order(somebody, input_file_id=file["id"])).status_code == 202


async def test_without_a_spare_an_absent_store_is_said(start_world: Any, somebody: Identity, tmp_path: Path) -> None:
    store = Flaky(tmp_path / "store", public_url="http://workflow.test")
    world = await start_world(store=store)
    store.away = True
    reply = await world.upload(somebody)
    assert reply.status_code == 503
    assert "Retry-After" in reply.headers
    assert (await world.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0


async def test_an_upload_that_came_to_nothing_leaves_its_key_free(
    start_world: Any, somebody: Identity, help_: SimpleNamespace, tmp_path: Path
) -> None:
    store = Flaky(tmp_path / "store", public_url="http://workflow.test")
    world = await start_world(store=store)

    async def upload() -> Any:
        return await world.call(
            somebody,
            "POST",
            "/api/v1/files",
            files={"file": ("me.jpg", help_.photo())},
            headers={"Idempotency-Key": "k"},
        )

    store.away = True
    assert (await upload()).status_code == 503
    store.away = False
    first, again = await upload(), await upload()
    assert [reply.headers.get("Idempotency-Replayed") for reply in (first, again)] == [None, "true"]
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert (await world.call(somebody, "GET", "/api/v1/files")).json()["total"] == 1


async def test_one_file_that_cannot_be_removed_does_not_keep_the_others(
    start_world: Any, somebody: Identity, tmp_path: Path
) -> None:
    store = Flaky(tmp_path / "store", public_url="http://workflow.test")
    world = await start_world(store=store, housekeeping_poll_s=3600)
    files = [(await world.upload(somebody)).json() for _ in range(3)]
    store.cursed = urlsplit(files[0]["url"]).path.removeprefix("/api/v1/objects/")
    for file in files:
        await world.call(somebody, "DELETE", f"/api/v1/files/{file['id']}")
    housekeeping = Housekeeping(world.database, store, periods=AT_ONCE, poll_s=1)
    assert await housekeeping.remove() == 2
    assert [str(row["id"]) for row in await world.fetch("SELECT id FROM files")] == [files[0]["id"]]
    store.cursed = ""
    assert (await housekeeping.remove(), await housekeeping.remove()) == (1, 0)


async def test_two_processes_remove_every_file_once(start_world: Any, somebody: Identity) -> None:
    world = await start_world(housekeeping_poll_s=3600)
    await world.execute(
        "INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, file_size,"
        " mime_type, checksum, kind, scan_status, deleted_at) SELECT gen_random_uuid(), $1, 'talkingphoto', 'a', 'in',"
        " 'store', 'images/' || n, 1, 'image/jpeg', repeat('0', 64), 'image', 'clean', now() - interval '8 days'"
        " FROM generate_series(1, $2) AS n",
        somebody.user_id,
        BATCH + 5,
    )
    both = [Housekeeping(world.database, world.store, periods=Periods({}), poll_s=1) for _ in range(2)]
    assert sorted(await asyncio.gather(*(one.remove() for one in both)), reverse=True)[0] <= BATCH
    for one in both:
        await one.round()
    # The service's own is one more, and may be about to commit its share.
    await world.eventually("SELECT count(*) FROM files", [0])


async def test_a_photo_stays_while_a_run_may_need_it(start_world: Any, somebody: Identity) -> None:
    """Deleted a week ago, but its run goes on; then it is cancelled and can be tried again; then it is cleaned."""
    world = await start_world(housekeeping_poll_s=3600)
    world.others.mute = {SubmitJob}
    file = (await world.upload(somebody)).json()
    run = (await world.order(somebody, input_file_id=file["id"])).json()
    await world.wait_for(lambda: world.others.asked(SubmitJob))
    await world.call(somebody, "DELETE", f"/api/v1/files/{file['id']}")
    housekeeping = Housekeeping(world.database, world.store, periods=AT_ONCE, poll_s=1)
    assert await housekeeping.remove() == 0, "the run reads it"
    await world.call(somebody, "POST", f"/api/v1/workflows/{run['id']}/cancel")
    await world.ended(somebody, run["id"])
    assert await housekeeping.remove() == 0, "the run can be tried again"
    await world.execute("UPDATE runs SET cleaned_at = now()")
    assert await housekeeping.remove() == 1
    shown = (await world.call(somebody, "GET", f"/api/v1/workflows/{run['id']}")).json()
    assert (shown["status"], shown["input_file_id"]) == ("cancelled", None)


async def test_deleted_files_stay_seven_days(start_world: Any, somebody: Identity) -> None:
    world = await start_world(housekeeping_poll_s=3600)
    file = (await world.upload(somebody)).json()
    await world.call(somebody, "DELETE", f"/api/v1/files/{file['id']}")
    housekeeping = next(part for part in world.service.background if isinstance(part, Housekeeping))
    await world.execute("UPDATE files SET deleted_at = now() - interval '6 days 23 hours'")
    assert await housekeeping.remove() == 0
    await world.execute("UPDATE files SET deleted_at = now() - interval '7 days 1 minute'")
    longer = Periods({"talkingphoto.deleted": 8, "reely.deleted": 1})
    assert await Housekeeping(world.database, world.store, periods=longer, poll_s=1).remove() == 0
    assert await housekeeping.remove() == 1


async def test_a_link_does_not_outlive_its_file_by_more_than_minutes(shared: Any, somebody: Identity) -> None:
    file = (await shared.upload(somebody)).json()
    for name in ("url", "prepared_url"):
        expires = int(parse_qs(urlsplit(file[name]).query)["expires"][0])
        assert expires - shared.database.clock.now().timestamp() <= 300
        assert "quarantine" not in file[name]


async def test_what_was_infected_goes_after_its_time(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    world = await start_world(housekeeping_poll_s=3600)
    assert (await world.upload(somebody, help_.photo() + EICAR)).status_code == 422
    (key,) = [key async for key in world.store.list_keys(keys.QUARANTINE)]
    housekeeping = Housekeeping(world.database, world.store, periods=AT_ONCE, poll_s=1)
    assert await housekeeping.remove() == 0
    await world.execute("UPDATE files SET expires_at = expires_at - interval '30 days 1 minute'")
    assert await housekeeping.remove() == 1
    assert await world.store.stat(key) is None


async def test_what_a_crash_left_of_an_upload_is_found_from_its_row(
    start_world: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored and never published: nobody sees it, and it goes like a deleted file."""

    async def crash(*_: Any) -> None:
        raise RuntimeError("the process ends here")

    world = await start_world(housekeeping_poll_s=3600)
    with monkeypatch.context() as patch:
        patch.setattr(Uploads, "_publish", crash)
        assert (await world.upload(somebody)).status_code == 500
    assert len([key async for key in world.store.list_keys("")]) == 2
    assert (await world.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0
    housekeeping = Housekeeping(world.database, world.store, periods=AT_ONCE, poll_s=1)
    assert await housekeeping.remove() == 0, "it might still be under way"
    await world.execute("UPDATE files SET deleted_at = now() - interval '1 second'")
    assert await housekeeping.remove() == 1
    assert [key async for key in world.store.list_keys("")] == []


async def test_each_day_old_temporary_objects_go_and_others_stay(start_world: Any) -> None:
    world = await start_world()
    now = world.database.clock.now()
    old = keys.temp_key("jpg", now - timedelta(days=32), "old")
    young = keys.temp_key("jpg", now - timedelta(days=20), "young")
    image = keys.image_key(ids.uuid7(), "jpg", now - timedelta(days=90), "image")
    for key in (old, young, image):
        await world.store.put_bytes(b"x", key, "image/jpeg")
    upkeep = Upkeep(world.database, world.store, keep_for=timedelta(days=30))
    await asyncio.gather(upkeep.round(), Upkeep(world.database, world.store, keep_for=timedelta(days=30)).round())
    assert sorted([key async for key in world.store.list_keys("")]) == sorted([young, image])
    await world.store.put_bytes(b"x", old, "image/jpeg")
    await upkeep.round()
    assert await world.store.stat(old) is not None, "once a day"


class Slow:
    """A scanner that waits until it is told to go on."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.waiting = 0

    async def scan(self, path: Path) -> Scan:
        self.waiting += 1
        await self.go_on.wait()
        return Scan(ScanStatus.CLEAN)


async def test_one_user_cannot_close_the_upload_desk(
    start_world: Any, somebody: Identity, help_: SimpleNamespace
) -> None:
    """Sixty at once: two are looked at, the others refused before a byte is read, and somebody else gets through."""
    scanner = Slow()
    world = await start_world(scanner=scanner)
    many = [asyncio.create_task(world.upload(somebody)) for _ in range(60)]
    await world.wait_for(lambda: sum(task.done() for task in many) == 58)
    for refusal in [task.result() for task in many if task.done()]:
        assert (refusal.status_code, refusal.json()["error"]["code"]) == (429, "uploads_under_way")
        assert int(refusal.headers["Retry-After"]) >= 1
    other = asyncio.create_task(world.upload(help_.an_identity()))
    await world.wait_for(lambda: scanner.waiting == 3)
    scanner.go_on.set()
    assert (await other).status_code == 201
    stored = [reply for reply in [await task for task in many] if reply.status_code == 201]
    assert len(stored) == 2
    assert (await world.call(somebody, "GET", "/api/v1/files")).json()["total"] == 2
    assert (await world.upload(somebody)).status_code == 201


async def test_an_answer_that_comes_too_late_has_stored_nothing(
    start_world: Any, somebody: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.files.intake.ANSWER_WITHIN_S", 0.1)
    world = await start_world(scanner=Slow())
    reply = await world.upload(somebody)
    assert (reply.status_code, reply.json()["error"]["code"]) == (503, "inspection_busy")
    assert (await world.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0


class Leaving:
    """Speaks ASGI to the app as a client that sends a body and then leaves, or leaves in the middle of it."""

    def __init__(self, app: Any, headers: dict[str, str], body: bytes, *, whole: bool) -> None:
        self.left = asyncio.Event()
        self.status: int | None = None
        self._messages = [{"type": "http.request", "body": body, "more_body": not whole}]
        self._whole = whole
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/api/v1/files",
            "raw_path": b"/api/v1/files",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._messages:
            return self._messages.pop(0)
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


def form(data: bytes) -> bytes:
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="me.jpg"\r\n\r\n'
    return head + data + b"\r\n--edge--\r\n"


@pytest.mark.parametrize("whole", [True, False])
async def test_whoever_leaves_has_no_file_and_it_is_no_error_of_ours(
    start_world: Any, somebody: Identity, help_: SimpleNamespace, whole: bool
) -> None:
    scanner = Slow()
    world = await start_world(scanner=scanner)
    headers = {**world.issuer.headers(somebody), "content-type": "multipart/form-data; boundary=edge"}
    body = form(help_.photo())
    client = Leaving(world.service.app, headers, body if whole else body[:200], whole=whole)
    if whole:
        await world.wait_for(lambda: scanner.waiting == 1)
    client.left.set()
    scanner.go_on.set()
    await client.task
    assert client.status == 400
    assert (await world.call(somebody, "GET", "/api/v1/files")).json()["total"] == 0
