"""What an endpoint may ask for: the request's transaction, committed before the answer leaves, and the server's end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from starlette.types import Scope

from chassis.data.database import Database, Transaction


async def _transaction(request: Request) -> AsyncIterator[Transaction]:
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        yield tx


# scope="function": with the default a yield dependency exits after the response was sent, and a commit that then
# fails would follow a 201.
Tx = Annotated[Transaction, Depends(_transaction, scope="function")]
"""The request's transaction. Needs ``app.state.database``."""


STOPPING = "chassis.stopping"


def stopping_of(scope: Scope) -> asyncio.Event:
    """Set when the server that serves this request wants to end; never set by a server that is none of ours."""
    found: asyncio.Event = scope.get("state", {}).get(STOPPING) or asyncio.Event()
    return found


async def _stopping(request: Request) -> asyncio.Event:
    return stopping_of(request.scope)


Stopping = Annotated[asyncio.Event, Depends(_stopping)]
"""Set when the server wants to end. An answer without an end of its own ends then, and nobody waits for it."""
