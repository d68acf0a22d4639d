"""The chassis' own tables, created by every service's first migration."""

from __future__ import annotations

from typing import Protocol


class Operations(Protocol):
    """The part of Alembic's ``op`` that is used."""

    def execute(self, statement: str) -> None:
        """Run one statement."""
        ...


STATEMENTS = (
    """
    CREATE TABLE outbox (
        id uuid PRIMARY KEY,
        exchange text NOT NULL,
        routing_key text NOT NULL,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        mandatory boolean NOT NULL DEFAULT true
    )
    """,
    """
    CREATE TABLE outbox_relay (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        holder uuid,
        lease_until timestamptz NOT NULL DEFAULT '-infinity'
    )
    """,
    "INSERT INTO outbox_relay DEFAULT VALUES",
    """
    CREATE TABLE inbox (
        consumer text NOT NULL,
        message_id uuid NOT NULL,
        received_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (message_id, consumer)
    )
    """,
    """
    CREATE TABLE work (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        lane smallint NOT NULL DEFAULT 1,
        payload jsonb NOT NULL,
        run_after timestamptz NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        lease_token uuid,
        lease_until timestamptz,
        created_at timestamptz NOT NULL DEFAULT now()
    ) WITH (fillfactor = 50)
    """,
    "CREATE INDEX work_claim ON work (kind, lane, run_after)",
    """
    CREATE TABLE dead_letters (
        id uuid PRIMARY KEY,
        queue text NOT NULL,
        message_id uuid,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        attempt integer NOT NULL,
        reason text NOT NULL,
        died_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX dead_letters_queue ON dead_letters (queue, died_at)",
)
"""In ``work`` half of each page is left free: a claim then stays in its page and out of the indexes.

``dead_letters`` is used with the in-process bus only; RabbitMQ keeps its own queues."""


def create(op: Operations) -> None:
    """Create the tables of version 1. Call from a service's first migration."""
    for statement in STATEMENTS:
        op.execute(statement)


def drop(op: Operations) -> None:
    """Undo :func:`create`."""
    for table in ("dead_letters", "work", "inbox", "outbox_relay", "outbox"):
        op.execute(f"DROP TABLE {table}")
