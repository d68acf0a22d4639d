"""What an API key may be allowed to do (USR-18). The gateway's routing table says which scope a request needs."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """One right of an API key. What is the account's own (password, sessions, keys, payment) none of them gives."""

    READ = "read"
    FILES_WRITE = "files:write"
    WORKFLOWS_WRITE = "workflows:write"
    AI_WRITE = "ai:write"
    EXPORT_WRITE = "export:write"
    YOUTUBE_WRITE = "youtube:write"
    NOTIFICATIONS_WRITE = "notifications:write"


SCOPES: dict[Scope, str] = {
    Scope.READ: "Look at profile, files, workflows, exports, plans, credits and notifications.",
    Scope.FILES_WRITE: "Upload and delete files.",
    Scope.WORKFLOWS_WRITE: "Order, cancel and repeat workflows, which spends credits.",
    Scope.AI_WRITE: "Order single pieces of AI work, which spends credits.",
    Scope.EXPORT_WRITE: "Order versions for platforms.",
    Scope.YOUTUBE_WRITE: "Connect a channel, and upload to it.",
    Scope.NOTIFICATIONS_WRITE: "Mark notifications as read, and change what is told how.",
}
"""What each one permits, for whoever chooses."""

API_ACCESS = "api_access"
"""The feature of a plan that comes with API keys (CFL-11)."""
