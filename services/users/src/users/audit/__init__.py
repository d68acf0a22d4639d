"""What was done with accounts, by whom and from where: rows that nobody changes, each holding the hash of the last."""

from users.audit.service import Action, record

__all__ = ["Action", "record"]
