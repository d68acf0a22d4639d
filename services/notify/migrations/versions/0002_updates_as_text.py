"""What clients are told as ``json``: written once, sent as it is, never searched.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _store_as("json")


def downgrade() -> None:
    _store_as("jsonb")


def _store_as(kind: str) -> None:
    op.execute(f"ALTER TABLE client_events ALTER COLUMN update TYPE {kind} USING update::{kind}")
