"""What can go wrong with consents.

└── ConsentRequired    409  delete the account instead
"""

from __future__ import annotations

from chassis.errors import Conflict


class ConsentRequired(Conflict):
    """The product cannot be used without this agreement; to take it back, delete the account."""

    code = "consent_required"
