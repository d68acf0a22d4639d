"""Every service's history of migrations: linear, named by revision, passable in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.data import migrations
from chassis.testing.plugin import NewDatabase
from talkingphoto_runner.layout import specs

FOLDERS = {name: spec.migrations for name, spec in specs().items() if spec.migrations is not None}


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS.keys())
def test_the_newest_file_is_the_one_head(folder: Path) -> None:
    scripts = ScriptDirectory.from_config(migrations.config(folder))
    assert scripts.get_heads() == [migrations.newest(folder)]
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS.keys())
async def test_down_to_nothing_and_up_again(folder: Path, new_database: NewDatabase) -> None:
    url = await new_database("migrations")
    await migrations.upgrade(url, folder)
    before = await _tables(url)
    await migrations.upgrade(url, folder)
    await migrations.downgrade(url, folder, revision="base")
    assert await _tables(url) == {"alembic_version"}
    await migrations.upgrade(url, folder)
    assert await _tables(url) == before


async def _tables(url: str) -> set[str]:
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            found = await connection.scalars(
                text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
            )
            return set(found)
    finally:
        await engine.dispose()
