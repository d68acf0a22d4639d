"""clamd's protocol, spoken to a stand-in that checks it; and files that waited for a scanner."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chassis import faults
from chassis.identity.tokens import Identity
from contracts.enums import ScanStatus
from contracts.workflow import FileScanned
from workflow.files.scanning import PatternScanner, Scan
from workflow.periods import Periods
from workflow.scanning.clamd import ClamdScanner, verdict
from workflow.scanning.rescan import Rescan
from workflow.settings import Settings


@dataclass
class Clamd:
    """Takes what INSTREAM takes, and says what it is told to."""

    says: bytes = b"stream: OK\0"
    most: int = 1 << 30
    got: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", await reader.readexactly(4))[0]:
            if len(content) + length > self.most:
                writer.write(b"INSTREAM size limit exceeded. ERROR\0")
                break
            content += await reader.readexactly(length)
        else:
            self.got.append(content)
            writer.write(self.says)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def clamd(tmp_path: Path) -> AsyncIterator[tuple[Clamd, ClamdScanner]]:
    stand_in = Clamd()
    async with await asyncio.start_unix_server(stand_in.serve, tmp_path / "clamd") as server:
        yield stand_in, ClamdScanner(str(tmp_path / "clamd"))
        server.close()


async def test_clamd_gets_every_byte_and_its_word_counts(clamd: tuple[Clamd, ClamdScanner], tmp_path: Path) -> None:
    stand_in, scanner = clamd
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 3000)
    assert await scanner.scan(path) == Scan(ScanStatus.CLEAN)
    assert stand_in.got == [path.read_bytes()]
    stand_in.says = b"stream: Eicar-Signature FOUND\0"
    assert await scanner.scan(path) == Scan(ScanStatus.INFECTED, "Eicar-Signature")
    stand_in.most = 1000
    assert await scanner.scan(path) == Scan(ScanStatus.ERROR), "too long for it is not clean, and never will be"
    assert await ClamdScanner(str(tmp_path / "nobody")).scan(path) == Scan(ScanStatus.PENDING)
    assert await ClamdScanner("127.0.0.1:1").scan(path) == Scan(ScanStatus.PENDING)


@pytest.mark.parametrize("answer", ["", "stream:", "stream: FOUND", "OK but", "stream: lstat() failed. ERROR"])
def test_what_is_no_judgement_is_none(answer: str) -> None:
    assert verdict(answer).status is ScanStatus.PENDING


def test_an_address_is_checked_at_the_start() -> None:
    assert Settings(env="test", clamd_address="clamd:3310").clamd_address == "clamd:3310"
    with pytest.raises(ValueError, match="clamd_address"):
        Settings(env="test", clamd_address="clamd")


class Away:
    """Does not answer."""

    async def scan(self, path: Path) -> Scan:
        return Scan(ScanStatus.PENDING)


class Finds:
    """Finds something in everything."""

    async def scan(self, path: Path) -> Scan:
        return Scan(ScanStatus.INFECTED, "Something")


class TooLong:
    """Takes no file that large."""

    async def scan(self, path: Path) -> Scan:
        return Scan(ScanStatus.ERROR)


@dataclass
class Waiting:
    """A file that waits for the scanner, and what belongs to it."""

    world: Any
    file: dict[str, Any]
    keys: list[str]

    def rescan(self, scanner: Any) -> Rescan:
        return Rescan(self.world.database, self.world.store, scanner, Periods({}))

    async def due(self) -> None:
        await self.world.execute("UPDATE files SET updated_at = now() - interval '2 min'")


@pytest_asyncio.fixture
async def waiting(start_world: Any, somebody: Identity) -> Waiting:
    world = await start_world(scanner=Away(), housekeeping_poll_s=3600)
    file = (await world.upload(somebody)).json()
    assert file["scan_status"] == "pending"
    [row] = await world.fetch("SELECT storage_key, prepared FROM files")
    made = Waiting(world, file, [row["storage_key"], row["prepared"]["key"]])
    assert await made.rescan(PatternScanner()).round() == 0, "it was just looked at"
    await made.due()
    return made


async def test_a_file_that_waited_is_scanned_again(waiting: Waiting, somebody: Identity) -> None:
    world = waiting.world
    assert await waiting.rescan(Away()).round() == 0
    await waiting.due()
    both = [waiting.rescan(PatternScanner()) for _ in range(2)]
    assert sorted(await asyncio.gather(*(one.round() for one in both))) == [0, 1], "once"
    shown = (await world.call(somebody, "GET", f"/api/v1/files/{waiting.file['id']}")).json()
    assert (shown["scan_status"], shown["url"] is not None) == ("clean", True)
    assert (await world.order(somebody, input_file_id=waiting.file["id"])).status_code == 202
    await world.wait_for(lambda: [e.scan_status for e in world.events(FileScanned)] == [ScanStatus.CLEAN])


@pytest.mark.parametrize("point", ["", "files.before_put_away", "files.after_put_away"])
async def test_what_is_found_then_is_put_away_whatever_happens(
    waiting: Waiting, somebody: Identity, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    world = waiting.world

    class Died(BaseException):
        pass

    def end_here(name: str, scope: str = "") -> None:
        if name == point:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(faults, "point", end_here)
        if point:
            with pytest.raises(Died):
                await waiting.rescan(Finds()).round()
        else:
            assert await waiting.rescan(Finds()).round() == 1
    path = f"/api/v1/files/{waiting.file['id']}"
    assert (await world.call(somebody, "GET", path)).status_code == 404
    [row] = await world.fetch("SELECT storage_key, scan_status, expires_at FROM files")
    assert row["storage_key"].startswith("quarantine/") and row["expires_at"] is not None
    assert await world.store.stat(row["storage_key"]) is not None, "the evidence"
    if point != "files.before_put_away":
        assert [await world.store.stat(key) for key in waiting.keys] == [None, None]


async def test_what_no_scanner_takes_waits_for_nobody(waiting: Waiting, somebody: Identity) -> None:
    world = waiting.world
    assert await waiting.rescan(TooLong()).round() == 1
    await waiting.due()
    assert await waiting.rescan(PatternScanner()).round() == 0, "it is not looked at again"
    shown = (await world.call(somebody, "GET", f"/api/v1/files/{waiting.file['id']}")).json()
    assert (shown["scan_status"], shown["url"], shown["prepared_url"]) == ("error", None, None)
    assert (await world.order(somebody, input_file_id=waiting.file["id"])).status_code == 422
    await world.wait_for(lambda: [e.scan_status for e in world.events(FileScanned)] == [ScanStatus.ERROR])


async def test_what_no_scanner_takes_is_refused(start_world: Any, somebody: Identity) -> None:
    world = await start_world(scanner=TooLong())
    refused = await world.upload(somebody)
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "file_too_large")
    assert await world.fetch("SELECT id FROM files") == []


async def test_links_are_never_made_to_what_waits(waiting: Waiting, somebody: Identity) -> None:
    world = waiting.world
    shown = (await world.call(somebody, "GET", f"/api/v1/files/{waiting.file['id']}")).json()
    assert (shown["url"], shown["prepared_url"]) == (None, None)
    size = await world.call(somebody, "GET", f"/api/v1/files/{waiting.file['id']}/sizes/full")
    assert (size.status_code, size.json()["error"]["code"]) == (409, "not_clean_yet")
