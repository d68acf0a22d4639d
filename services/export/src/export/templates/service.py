"""What users say of templates."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import NotFound
from export.templates import queries, repository


class TemplateNotFound(NotFound):
    """There is no such template."""

    code = "template_not_found"


async def rate(
    tx: Transaction, template_id: UUID, user_id: UUID, *, published: bool, rating: int | None
) -> dict[str, float | None]:
    """Keep what a user says, in place of what they said before; the template's figures. Raises ``TemplateNotFound``."""
    if not await queries.exists(tx, template_id):
        raise TemplateNotFound("There is no such template. List them with GET /api/v1/export/templates.")
    await repository.say(tx, template_id, user_id, published=published, rating=rating)
    return await queries.figures(tx, template_id)
