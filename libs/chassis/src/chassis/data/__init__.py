"""The service's database: one transaction with its outbox, inbox and leased work, tables, migrations."""
