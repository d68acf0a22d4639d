"""Credits: accounts, holds and the append-only double-entry ledger."""
