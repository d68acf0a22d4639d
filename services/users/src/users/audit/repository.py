"""Writing the audit log. The database numbers and chains the rows, and refuses to change or remove them."""

from __future__ import annotations

from datetime import datetime

from chassis.data.database import Transaction


def add(tx: Transaction, at: datetime, entry: str) -> None:
    """One more row, at the commit; a trigger gives it its number and its hashes."""
    tx.later("INSERT INTO audit_log (at, entry) VALUES ($1, $2::text::json)", at, entry)
