"""Active templates, read once and again whenever one has changed (EXP-24, PRF-22)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import Request

from chassis.data.database import Transaction
from export.templates import queries
from export.templates.sanitise import sanitised


class TemplateCache:
    """One process' copy. A request asks the database only whether anything has changed, so no edit is served late."""

    def __init__(self) -> None:
        self._version: tuple[datetime | None, int] | None = None
        self._rows: tuple[dict[str, Any], ...] = ()

    async def active(
        self,
        tx: Transaction,
        *,
        workflow_type: str | None = None,
        platform: str | None = None,
        difficulty: str | None = None,
    ) -> list[dict[str, Any]]:
        """Active templates that fit every filter given; their instructions can be shown as they are."""
        version = await queries.version(tx)
        if version != self._version:
            rows = await queries.active(tx)
            self._rows = tuple({**row, "instructions_html": sanitised(row["instructions_html"])} for row in rows)
            self._version = version
        wanted = {"workflow_type": workflow_type, "platform": platform, "difficulty_level": difficulty}
        filters = {name: value for name, value in wanted.items() if value is not None}
        return [row for row in self._rows if all(row[name] == value for name, value in filters.items())]


def templates_of(request: Request) -> TemplateCache:
    """The process' copy."""
    cache: TemplateCache = request.app.state.templates
    return cache
