"""Errors of what clients tell."""

from __future__ import annotations

from chassis.errors import NotAllowed


class ConsentMissing(NotAllowed):
    """The user has not agreed to analytics, or has taken it back. Nothing was kept; do not try again."""

    code = "consent_missing"
