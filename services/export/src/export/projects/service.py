"""Keeping which projects there are, and the newest video of each."""

from __future__ import annotations

from chassis.data.database import Transaction
from contracts.workflow import ProjectCreated, ProjectDeleted, ProjectVideoReady
from export.projects import repository


async def there(tx: Transaction, event: ProjectCreated) -> None:
    """A project was made. What is known of it already stays."""
    await repository.add(tx, event.project_id, event.user_id)


async def ready(tx: Transaction, event: ProjectVideoReady) -> None:
    """A video was made for a project; the one of a run that began later stays, and a deleted project stays so."""
    if event.video is not None:
        await repository.keep(
            tx,
            event.project_id,
            event.user_id,
            event.run_id,
            event.video,
            title=event.title,
            script=event.script,
            language=event.language,
        )


async def gone(tx: Transaction, event: ProjectDeleted) -> None:
    """A project was deleted: its uploads are forgotten, also those under way; what is on a channel stays there."""
    await repository.remove(tx, event.project_id, event.user_id)
