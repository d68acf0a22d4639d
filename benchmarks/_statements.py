"""Counts the statements that a process sends to PostgreSQL, by their text."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.pool import Pool

_LONGEST = 90


class Statements:
    """Hears every statement of every pooled connection opened after :meth:`attach`, transaction control included."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()

    def attach(self) -> None:
        """Begin to count in this process."""
        event.listen(Pool, "connect", self._on_connect)

    def take(self) -> dict[str, int]:
        """Counts by the beginning of the text since the last time, most frequent first."""
        taken, self._sent = self._sent, Counter()
        return dict(taken.most_common())

    def write(self, target: Path) -> None:
        """:meth:`take` into a file, which appears whole or not at all."""
        unfinished = target.with_suffix(".part")
        unfinished.write_text(json.dumps(self.take()))
        unfinished.rename(target)

    def _on_connect(self, connection: Any, _: Any) -> None:
        connection.driver_connection.add_query_logger(self._on_statement)

    def _on_statement(self, record: Any) -> None:
        self._sent[" ".join(record.query.split())[:_LONGEST]] += 1
