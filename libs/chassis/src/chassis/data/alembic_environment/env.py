"""The environment of every service's migrations; the connection is handed in by :mod:`chassis.data.migrations`."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
