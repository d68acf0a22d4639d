"""One transaction per HTTP request, committed before the answer leaves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from chassis.data.database import Database, Transaction


async def _transaction(request: Request) -> AsyncIterator[Transaction]:
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        yield tx


# scope="function": with the default a yield dependency exits after the response was sent, and a commit that then
# fails would follow a 201.
Tx = Annotated[Transaction, Depends(_transaction, scope="function")]
"""The request's transaction. Needs ``app.state.database``."""
