"""What an administrator may not do.

├── LastAdministrator   409  make another one first
├── OneselfDeactivated  409  ask another administrator
└── AccountErased       409  its owner opens another one
"""

from __future__ import annotations

from chassis.errors import Conflict


class LastAdministrator(Conflict):
    """Nobody would be left who may administer."""

    code = "last_administrator"


class OneselfDeactivated(Conflict):
    """Nobody locks themselves out."""

    code = "oneself"


class AccountErased(Conflict):
    """The account was deleted by its owner, and nothing of it can be changed any more."""

    code = "account_erased"
