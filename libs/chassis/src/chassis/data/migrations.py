"""Alembic for every service: one shared environment, one history a service (PLT-10).

A service keeps its revisions in ``services/<name>/migrations/versions``. Migrations run under an advisory lock, so
that replicas which start together migrate once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from alembic.config import Config

_ENVIRONMENT = Path(__file__).parent / "alembic_environment"
_one_at_a_time = asyncio.Lock()
"""Alembic keeps the running migration in module globals, so one process migrates one database at a time."""
_LOCK = 7_046_029_254_386_353_131
"""Any number, the same for every process."""


def folder_of(package_file: str) -> Path:
    """The migrations of the service whose package's ``__file__`` this is."""
    return Path(package_file).resolve().parents[2] / "migrations"


def config(folder: Path, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one service."""
    # Alembic takes a second to import; processes that serve and work never need it.
    from alembic.config import Config

    settings = Config()
    # A path may have every sign but this separator; a percent sign would be read as the beginning of a name.
    settings.set_main_option("path_separator", "newline")
    settings.set_main_option("script_location", str(_ENVIRONMENT).replace("%", "%%"))
    settings.set_main_option("version_locations", str(folder / "versions").replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


async def upgrade(url: str, folder: Path, *, revision: str = "head") -> None:
    """Bring a database to ``revision``. Repeating it changes nothing."""
    if revision == "head" and await _is_at(url, newest(folder)):
        return
    from alembic import command

    await _run(url, lambda connection: command.upgrade(config(folder, connection), revision))


def newest(folder: Path) -> str:
    """The last revision of a service: histories are linear, and files are named ``<revision>_<what>.py``."""
    return max(path.name.partition("_")[0] for path in (folder / "versions").glob("[0-9]*_*.py"))


async def downgrade(url: str, folder: Path, *, revision: str) -> None:
    """Take a database back to ``revision``."""
    from alembic import command

    await _run(url, lambda connection: command.downgrade(config(folder, connection), revision))


async def _is_at(url: str, revision: str) -> bool:
    """Asked in plain SQL, because most starts have nothing to migrate and Alembic takes a second to say so."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return False
            return list(await connection.scalars(text("SELECT version_num FROM alembic_version"))) == [revision]
    finally:
        await engine.dispose()


async def _run(url: str, act: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with _one_at_a_time, engine.begin() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(act)
    finally:
        await engine.dispose()
