"""Files that were taken while no scanner answered are looked at again (FIL-13)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import structlog

from chassis import faults
from chassis.data.database import Database
from chassis.errors import ServiceError
from chassis.storage import keys
from chassis.storage.port import ObjectStore
from contracts.enums import ScanStatus
from contracts.objects import StoredObject
from contracts.workflow import FileScanned
from workflow.files import repository
from workflow.files.scanning import Scan, Scanner
from workflow.periods import Periods

log = structlog.get_logger(__name__)

BATCH = 5


class Rescan:
    """Asks the scanner again, without a lock while it looks; several processes may do so side by side."""

    def __init__(self, database: Database, store: ObjectStore, scanner: Scanner, periods: Periods) -> None:
        self._database = database
        self._store = store
        self._scanner = scanner
        self._periods = periods

    async def round(self) -> int:
        """Look at a few files that wait longest; how many were judged. None is taken while the scanner is away."""
        async with self._database.transaction() as tx:
            rows = await repository.claim_pending(tx, BATCH)
        judged = 0
        for row in rows:
            try:
                scan = await self._look(row)
            except (ServiceError, OSError):
                log.exception("file.not_scanned", file_id=str(row["id"]))
                continue
            if scan.status is ScanStatus.PENDING:
                break
            judged += 1
        return judged

    async def _look(self, row: dict[str, Any]) -> Scan:
        with tempfile.TemporaryDirectory(prefix="rescan-") as folder:
            stored = StoredObject(
                key=row["storage_key"],
                sha256=row["checksum"].strip(),
                size=row["file_size"],
                mime_type=row["mime_type"],
            )
            path = await self._store.fetch(stored, Path(folder) / "file")
            scan = await self._scanner.scan(path)
            if scan.status in (ScanStatus.CLEAN, ScanStatus.ERROR):
                # What can never be looked at waits for nobody: it may not be used, and its owner sees why.
                await self._tell(row, scan, None)
            elif scan.status is ScanStatus.INFECTED:
                await self._put_away(row, scan, path)
            return scan

    async def _put_away(self, row: dict[str, Any], scan: Scan, path: Path) -> None:
        """Into quarantine first, so that a crash loses no evidence; then out of everybody's reach."""
        key = keys.quarantine_key(row["id"].hex)
        about = keys.object_metadata(row["user_id"], "upload", self._database.clock.now())
        await self._store.put_file(path, key, "application/octet-stream", metadata=about)
        if await self._tell(row, scan, key):
            faults.point("files.before_put_away")
            for old in repository.keys_of(row):
                await self._store.delete(old)
            faults.point("files.after_put_away")
        log.warning("file.infected", file_id=str(row["id"]), found=scan.found)

    async def _tell(self, row: dict[str, Any], scan: Scan, quarantine: str | None) -> bool:
        async with self._database.transaction() as tx:
            keep_until = tx.now + self._periods.of("quarantined", row["product_line"])
            if not await repository.scanned(tx, row["id"], scan.status, quarantine, keep_until):
                return False
            tx.emit(
                FileScanned(
                    file_id=row["id"],
                    user_id=row["user_id"],
                    product_line=row["product_line"],
                    scan_status=scan.status,
                )
            )
        return True
