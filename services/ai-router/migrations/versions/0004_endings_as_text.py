"""How a job ended and why it was routed so, as ``json``: written once, read whole, never searched.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _store_as("json")


def downgrade() -> None:
    _store_as("jsonb")


def _store_as(kind: str) -> None:
    op.execute(
        f"ALTER TABLE ai_jobs ALTER COLUMN output_data TYPE {kind} USING output_data::{kind}, "
        f"ALTER COLUMN routing TYPE {kind} USING routing::{kind}"
    )
