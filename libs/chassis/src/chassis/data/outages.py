"""Which errors mean that our own side is away for a moment: nobody is to blame, and the same try may pass later."""

from __future__ import annotations

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

DATABASE_AWAY = (
    ConnectionError,
    PoolTimeout,
    InterfaceError,
    OperationalError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    # Its disk is full, it has no memory or no connections left.
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresIOError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
"""What the driver and the pool raise when the database cannot be used at this moment."""

OUTAGES = (OSError, TimeoutError, *DATABASE_AWAY)
"""The same, and whatever else a network does; for code that touches nothing but our own servers."""


def is_database_away(error: Exception) -> bool:
    """True when the database cannot be used at this moment."""
    if isinstance(error, DATABASE_AWAY):
        return True
    # What came by the ORM has the driver's own error inside.
    return isinstance(error, DBAPIError) and (
        error.connection_invalidated or isinstance(getattr(error.orig, "__cause__", None), DATABASE_AWAY)
    )


def is_outage(error: Exception) -> bool:
    """True when our own side is away: the message is not to blame, so the try does not count."""
    return isinstance(error, OUTAGES) or is_database_away(error)
