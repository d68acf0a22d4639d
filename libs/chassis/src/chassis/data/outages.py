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
    asyncpg.TooManyConnectionsError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)
"""What the driver and the pool raise when the database cannot be used at this moment."""

OUTAGES = (OSError, TimeoutError, *DATABASE_AWAY)
"""The same, and whatever else a network does; for code that touches nothing but our own servers."""


def is_database_away(error: Exception) -> bool:
    """True when the database cannot be used at this moment."""
    return isinstance(error, DATABASE_AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def is_outage(error: Exception) -> bool:
    """True when our own side is away: the message is not to blame, so the try does not count."""
    return isinstance(error, OUTAGES) or is_database_away(error)
