"""Nothing only grows: every table and every prefix of object keys says how long it is kept, in code and in the docs."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from tests.retention_page import PAGE, SPECS, kept, objects, page

from chassis import ids
from chassis.data import migrations
from chassis.run.service import ServiceSpec
from chassis.storage import keys
from chassis.testing.plugin import NewDatabase

REPOSITORY = Path(__file__).parents[1]
TABLES = """
SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
AND NOT (SELECT relispartition FROM pg_class WHERE oid = table_name::regclass)
"""
"""Partitions go with their table."""


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
async def test_every_table_is_kept_for_a_stated_time_and_every_rule_can_be_carried_out(
    spec: ServiceSpec, new_database: NewDatabase
) -> None:
    assert spec.migrations is not None
    url = await new_database("retention")
    await migrations.upgrade(url, spec.migrations)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        rows = await connection.fetch(TABLES)
        assert sorted(row["table_name"] for row in rows) == sorted(one.table for one in kept(spec.name))
        for one in kept(spec.name):
            assert one.how_long and one.by
            if one.after is not None:
                too_old = f"SELECT FROM {one.table} WHERE {one.too_old}"
                await connection.fetch(too_old, datetime.now(UTC) - one.after)
    finally:
        await connection.close()


def test_every_prefix_of_object_keys_is_kept_for_a_stated_time() -> None:
    assert {one.prefix for _, one in objects()} == set(keys.PREFIXES)


def test_every_key_begins_with_one_of_the_prefixes() -> None:
    given = {"user_id": ids.uuid7(), "extension": "bin", "now": datetime.now(UTC), "name": "name"}
    makers = [one for name, one in vars(keys).items() if name.endswith("_key") and not name.startswith("check")]
    made = []
    for maker in makers:
        wanted = inspect.signature(maker).parameters
        made.append(maker(**{name: value for name, value in given.items() if name in wanted}))
    assert len(made) == len(keys.PREFIXES)
    assert all(key.startswith(keys.PREFIXES) for key in made)


def test_no_service_makes_up_keys_of_its_own() -> None:
    literal = re.compile(rf"""["'](?:{"|".join(keys.PREFIXES)})[^"']*\{{""")
    sources = REPOSITORY.glob("services/*/src/**/*.py")
    found = [path.name for path in sources if literal.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_page_says_what_the_code_does() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make record`"
