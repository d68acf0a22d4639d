"""Feature flags: changed by administrators, asked for by clients."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import NotFound
from chassis.identity.tokens import Identity
from users import audit
from users.flags import repository
from users.flags.rules import Flag
from users.flags.schemas import FlagIn, FlagOut


async def list_all(tx: Transaction) -> list[FlagOut]:
    """Every flag, by name."""
    return [FlagOut.model_validate(row) for row in await repository.all_of_them(tx)]


async def on_for(identity: Identity, environment: str, tx: Transaction) -> list[str]:
    """Names of the flags that are on for the caller, in the product line of the session."""
    flags = [
        Flag(row["key"], row["enabled"], row["environments"], row["product_lines"], row["percent"])
        for row in await repository.all_of_them(tx)
    ]
    where = {"environment": environment, "product_line": identity.product_line}
    return [flag.key for flag in flags if flag.is_on(**where, user_id=identity.user_id)]


async def put(actor: UUID, key: str, body: FlagIn, tx: Transaction) -> FlagOut:
    """Make a flag, or have it say something else; it counts from the next time that anybody asks."""
    given = body.model_dump(mode="json")
    flag = FlagOut.model_validate(await repository.put(tx, key, **given))
    audit.record(tx, audit.Action.FLAG_CHANGED, actor=actor, target=key, **given)
    return flag


async def remove(actor: UUID, key: str, tx: Transaction) -> None:
    """There is no such flag any more: it is off. Raises ``NotFound``."""
    if not await repository.remove(tx, key):
        raise NotFound("There is no such flag.")
    audit.record(tx, audit.Action.FLAG_CHANGED, actor=actor, target=key, removed=True)
