"""What an administrator may not do.

├── LastAdministrator   409  make another one first
└── OneselfDeactivated  409  ask another administrator
"""

from __future__ import annotations

from chassis.errors import Conflict


class LastAdministrator(Conflict):
    """Nobody would be left who may administer."""

    code = "last_administrator"


class OneselfDeactivated(Conflict):
    """Nobody locks themselves out."""

    code = "oneself"
