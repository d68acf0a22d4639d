"""B20: reads of workflow beside FastAPI, asyncpg and orjson over the same rows: one by its id, and a list of twenty.

Half of the requests are for one workflow, half for the first page of somebody who has ten thousand. Ours is the service
over a socket: a token, whose it is, what a run's stored state says of its steps, checked models. The peer knows nobody,
asks the same tables and writes what they say. Both are on one PostgreSQL, each in a process of its own.
``far_page`` is how long the five hundredth page takes, by the median, compared with the first.

    python benchmarks/reads.py [--quick]
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from _harness import Meter, Result, Sample, Side, compare, main
from _wire import Wire, alone, request, until_input_ends
from fastapi import FastAPI, Response

from chassis import ids
from chassis.clock import SystemClock
from chassis.data import migrations
from chassis.data.database import Database
from chassis.identity.tokens import TokenVerifier
from chassis.observe.logs import configure_logging
from chassis.run.private_postgres import PrivatePostgres
from chassis.run.service import Dependencies
from chassis.settings import load
from chassis.storage.folder import FolderStore
from chassis.testing.served import served
from chassis.testing.tokens import AUDIENCE, ISSUER, Issuer, an_identity
from contracts.enums import Language, Platform, Quality, Voice, WorkflowType
from contracts.objects import StoredObject
from workflow.composition import SPEC, default_definitions
from workflow.products.talking_photo.input import TalkingPhotoInput
from workflow.runs.ordering import Order, begin_all
from workflow.runs.repository import COLUMNS

AT_ONCE = 8
RUNS, A_BATCH, OTHERS = 10_000, 500, 4
FAR = RUNS // 20
MOST_FAR = 1.5
GATE, GOAL = 0.5, 0.8
PATH = "/api/v1/workflows"

_ONE = f"SELECT {COLUMNS} FROM runs WHERE id = $1"  # noqa: S608
_COUNT = "SELECT count(*) FROM runs WHERE user_id = $1"
_PAGE = """
SELECT id, workflow_type, product_line, status, progress, title, created_at, updated_at, finished_at
FROM runs WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
"""


async def ours(url: str, keys: str) -> None:
    """The service, until standard input ends."""
    known = json.loads(await asyncio.to_thread(Path(keys).read_text))

    async def fetch() -> Any:
        return known

    clock = SystemClock()
    settings = load(SPEC.settings, env="test")
    configure_logging(settings)
    dependencies = Dependencies(
        database=Database(url, service="workflow", clock=clock),
        store=FolderStore(Path(keys).parent / "objects"),
        verifier=TokenVerifier(fetch, issuer=ISSUER, audience=AUDIENCE),
        clock=clock,
        processes=None,  # type: ignore[arg-type]
    )
    async with served(SPEC.build(settings, dependencies).app) as address:
        await until_input_ends(address)
    assert dependencies.database is not None
    await dependencies.database.close()


async def peer(url: str, user: str) -> None:
    """Rows as they are, for whoever asks."""
    pool = await asyncpg.create_pool(url.replace("+asyncpg", ""))
    app = FastAPI()

    @app.get(PATH)
    async def page(page: int = 1, per_page: int = 20) -> Response:
        async with pool.acquire() as connection:
            total = await connection.fetchval(_COUNT, UUID(user))
            rows = await connection.fetch(_PAGE, UUID(user), per_page, (page - 1) * per_page)
        return _json({"items": [dict(row) for row in rows], "total": total, "page": page, "per_page": per_page})

    @app.get(PATH + "/{run_id}")
    async def one(run_id: UUID) -> Response:
        async with pool.acquire() as connection:
            row = dict(await connection.fetchrow(_ONE, run_id))
        return _json({**row, "input": orjson.Fragment(row["input"]), "state": orjson.Fragment(row["state"])})

    async with served(app) as address:
        await until_input_ends(address)
    await pool.close()


def _json(answer: dict[str, Any]) -> Response:
    return Response(orjson.dumps(answer, default=str), media_type="application/json")


async def filled(url: str) -> tuple[UUID, list[UUID]]:
    """Somebody with ten thousand runs among others with as many, and the ids of some of them."""
    assert SPEC.migrations is not None
    await migrations.upgrade(url, SPEC.migrations)
    kind = WorkflowType.EDUCATIONAL
    settings = load(SPEC.settings, env="test")
    definition = default_definitions(settings).current[kind.value]
    given = TalkingPhotoInput(
        image=StoredObject(key="none", sha256="0" * 64, size=1, mime_type="image/jpeg"),
        script="A lamp gives light where the sun does not come. " * 6,
        language=Language.EN,
        voice=Voice.FEMALE,
        duration=20,
        platforms=tuple(Platform)[:2],
        quality=Quality.BALANCED,
        enhancement_type="auto",
        title="A lamp",
    ).model_dump(mode="json")
    database = Database(url, service="workflow")
    people = [ids.uuid7() for _ in range(1 + OTHERS)]
    run_ids: list[UUID] = []
    for _ in range(RUNS // A_BATCH):
        orders = {ids.uuid7(): Order(people[0], "talkingphoto", kind, given) for _ in range(A_BATCH)}
        async with database.transaction() as tx:
            begin_all(tx, definition, orders, room=False)
        run_ids += orders
    columns = "product_line, workflow_type, definition, version, created_at, input, state, status, progress, lane"
    async with database.connection() as connection:
        for other in people[1:]:
            await connection.execute(
                f"INSERT INTO runs (id, user_id, updated_at, {columns}) "  # noqa: S608
                f"SELECT gen_random_uuid(), $2, updated_at, {columns} FROM runs WHERE user_id = $1",
                people[0],
                other,
            )
        await connection.execute("VACUUM ANALYZE runs")
    await database.close()
    return people[0], run_ids


class Stage:
    """Both servers, and who asks them."""

    def __init__(self, addresses: dict[str, tuple[str, int]], postgres: int, token: str, run_ids: list[UUID]) -> None:
        self._addresses, self._postgres, self._token = addresses, postgres, token
        self.reads = [
            request(path, token) for run_id in run_ids[:500] for path in (f"{PATH}/{run_id}", f"{PATH}?page=1")
        ]

    def side(self, name: str, label: str, promise: str, times: int) -> Side:
        """Ask one of them so many times."""
        url, pid = self._addresses[name]

        async def run() -> Sample:
            meter = Meter([pid, self._postgres])
            await Wire(url, AT_ONCE).ask(self.reads, times)
            return meter.sample(times)

        return Side(label, promise, run)

    async def far_page(self, name: str, times: int) -> float:
        """The last page's time over the first's, asked in turn, one at a time."""
        pages = [request(f"{PATH}?page={page}", self._token) for page in (1, FAR)]
        took = await Wire(self._addresses[name][0], 1).ask(pages, 2 * times)
        return statistics.median(took[1::2]) / statistics.median(took[::2])


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """A database with its rows, and both servers on it."""
    folder = Path(tempfile.mkdtemp(prefix="reads-"))
    issuer = Issuer()
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (keys := folder / "keys.json").write_text(json.dumps(issuer.key_set()))
        postgres = PrivatePostgres(folder / "postgres")
        await postgres.start()
        stack.push_async_callback(postgres.stop)
        url = await postgres.create_database("workflow")
        user, run_ids = await filled(url)
        addresses = {
            "ours": await stack.enter_async_context(alone(__file__, "--ours", url, str(keys))),
            "peer": await stack.enter_async_context(alone(__file__, "--peer", url, str(user))),
        }
        yield Stage(addresses, postgres.pid, issuer.token(an_identity(user_id=user)), run_ids)


async def benchmark(quick: bool) -> Result:
    """The sides in turn; the far page first, while nobody else asks."""
    times = 1_000 if quick else 4_000
    async with staged() as stage:
        far = {
            "far_page": await stage.far_page("ours", times // 20),
            "far_page_peer": await stage.far_page("peer", times // 20),
        }
        return await compare(
            "B20 reads and lists beside FastAPI, asyncpg, orjson",
            stage.side("ours", "workflow", "whose, steps, checked models", times),
            stage.side("peer", "FastAPI", "rows", times),
            rounds=3 if quick else 7,
            gate=GATE,
            goal=GOAL,
            counters=lambda: far,
            most={"far_page": MOST_FAR},
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        asyncio.run(ours(*sys.argv[2:]))
    elif sys.argv[1:2] == ["--peer"]:
        asyncio.run(peer(*sys.argv[2:]))
    else:
        main(benchmark)
