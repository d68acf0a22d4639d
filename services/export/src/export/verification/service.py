"""Verifying a file: was it made here? Looked at in a confined process, then looked for in the index."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import UUID

import asyncpg

from chassis.data.database import Database
from export.provenance.source_type import stated_in
from export.verification import queries, rules
from export.verification.errors import NotVerifiable, VerificationBusy, VerificationUnderWay
from media.errors import BadMedia, MediaError, ResourceExceeded
from media.sandbox.places import Sandbox
from media.types import Fingerprint

WITHIN_S = 20.0
"""From the arrival of the file to the answer: the gateway waits for 30 s."""
AT_ONCE = 2
"""So many files are opened side by side in one process."""

Match = Literal["bytes", "film", "picture"]
Bring = Callable[[Path], Awaitable[str]]
"""Writes the file that is meant to a path, and says its SHA-256 in hex."""

_LOOK = "media.fingerprints.look:look"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. ``run_id`` is None unless the file is the asker's own."""

    match: Match | None = None
    score: float = 0.0
    made_at: datetime | None = None
    source_type: str | None = None
    stated: str | None = None
    run_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Verifying:
    """Looks at files, ``AT_ONCE`` in this process and one of each user."""

    database: Database
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(AT_ONCE))
    under_way: Counter[UUID] = field(default_factory=Counter)

    async def verify(self, user_id: UUID, bring: Bring) -> Verdict:
        """Whether the file that ``bring`` brings was made here.

        Raises ``NotVerifiable``, ``VerificationBusy``, ``VerificationUnderWay``, and what ``bring`` raises.
        """
        with self._alone(user_id), TemporaryDirectory(prefix="verify-") as name:
            path = Path(name) / "asked"
            sha256 = await bring(path)
            stated = await asyncio.to_thread(stated_in, path)
            async with self.database.transaction() as tx:
                same = await queries.of_bytes(tx, sha256, user_id)
            if same is not None:
                return _verdict("bytes", 1.0, same, stated, user_id)
            found = await self._look(path)
            async with self.database.transaction() as tx:
                likely = await queries.likely(tx, rules.asked_keys(found.pictures)) if found.pictures else []
            best = await asyncio.to_thread(_best, found, likely, user_id)
        return Verdict(stated=stated) if best is None else _verdict(*best, stated, user_id)

    async def _look(self, path: Path) -> Fingerprint:
        try:
            async with asyncio.timeout(WITHIN_S):
                found: Fingerprint = await self.sandbox.run(
                    _LOOK, Path(path.name), folder=path.parent, within_s=WITHIN_S
                )
        except (BadMedia, ResourceExceeded) as refusal:
            said = f"{refusal.message} {refusal.advice}".strip()
            raise NotVerifiable(said, fields={"file": refusal.message}) from refusal
        except (MediaError, TimeoutError) as failure:
            raise VerificationBusy("The file could not be looked at just now. Try again.", retry_after_s=5) from failure
        return found

    @contextmanager
    def _alone(self, user_id: UUID) -> Iterator[None]:
        if self.under_way[user_id]:
            raise VerificationUnderWay("A file of yours is being looked at. Send the next one then.", retry_after_s=2)
        self.under_way[user_id] += 1
        try:
            yield
        finally:
            del self.under_way[user_id]


async def written(pieces: AsyncIterator[bytes], path: Path) -> str:
    """Write ``pieces`` to ``path``; their SHA-256 in hex."""
    digest = hashlib.sha256()
    with await asyncio.to_thread(path.open, "wb") as target:
        async for piece in pieces:
            digest.update(piece)
            await asyncio.to_thread(target.write, piece)
    return digest.hexdigest()


def _best(
    found: Fingerprint, likely: list[asyncpg.Record], user_id: UUID
) -> tuple[Match, float, asyncpg.Record] | None:
    """The fingerprint that is most alike, if any counts as the same; of equals the user's own."""
    match: Match = "film" if found.kind == "video" else "picture"
    scored = [(_score(found, row), row) for row in likely]
    score, row = max(scored, key=lambda one: (one[0], one[1]["user_id"] == user_id), default=(0.0, None))
    return None if row is None or score == 0 else (match, round(score, 3), row)


def _score(found: Fingerprint, row: asyncpg.Record) -> float:
    kept = tuple(zip(row["slots"], row["hashes"], strict=True))
    if found.kind == "picture":
        return rules.picture_score(found.pictures[0][1], kept)
    share = rules.share_alike(found.pictures, kept) if row["kind"] == "video" else 0.0
    return share if rules.same_film(found.pictures, share) else 0.0


def _verdict(match: Match, score: float, row: asyncpg.Record, stated: str | None, user_id: UUID) -> Verdict:
    own = row["run_id"] if row["user_id"] == user_id else None
    return Verdict(match, score, row["made_at"], row["source_type"], stated, own)
