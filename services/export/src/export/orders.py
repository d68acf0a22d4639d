"""What renditions and kits have in common: an order is stored when it is accepted and carried out under a lease."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID

import structlog

from chassis.data.leased_work import WorkItem
from chassis.data.outages import is_database_away
from chassis.observe import context
from chassis.observe.context import Context
from chassis.storage.port import ObjectDamaged, ObjectMissing
from media.errors import BadMedia, MediaError

log = structlog.get_logger(__name__)

RENDITIONS = "export.renditions"
"""Kind of the work that makes the renditions ordered together."""

KIT = "export.kit"
"""Kind of the work that packs a kit; its id is the kit's."""

MOST_CLAIMS = 4
"""An order that has been claimed so often and still fails on our side is given up."""


class Refusal(Exception):
    """An order cannot be carried out. ``message`` is for the user."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable


@contextmanager
def as_caused(item: WorkItem) -> Iterator[None]:
    """Work in the context of the message that asked for it, as part of the attempt at it that is under way."""
    fields = dict(item.payload["context"])
    if (attempt := context.current().traceparent) is not None:
        fields["traceparent"] = attempt
    if "user_id" in fields:
        fields["user_id"] = UUID(fields["user_id"])
    with context.use(Context(**fields)):
        yield


@contextmanager
def refusals(item: WorkItem) -> Iterator[None]:
    """Errors that no repetition helps against, and errors repeated too often, become :class:`Refusal`."""
    try:
        yield
    except Refusal:
        raise
    except BadMedia as error:
        raise Refusal(error.code, error.advice or error.message, retryable=False) from error
    except (ObjectMissing, ObjectDamaged) as error:
        raise Refusal("INPUT_MISSING", "A file this needs cannot be read any more.", retryable=False) from error
    except Exception as error:
        # Whatever nobody foresaw is told as well: a user hears more of that than of a silence.
        if item.attempt < MOST_CLAIMS or is_database_away(error):
            raise
        log.exception("order.given_up", kind=item.kind, work_id=str(item.id), attempt=item.attempt)
        code = error.code if isinstance(error, MediaError) else "NOT_FINISHED"
        raise Refusal(code, "This could not be made at the moment. Try again later.", retryable=True) from error


@asynccontextmanager
async def private_folder() -> AsyncIterator[Path]:
    """An empty folder, removed at the end."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="export-"))
    try:
        yield folder
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
