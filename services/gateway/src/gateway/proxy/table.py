"""The routing table (GTW-02, GTW-11) as data. The first row that matches wins."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024

PUBLIC_PREFIX = "/api/v1/"
"""How every path of ours begins."""


@dataclass(frozen=True, slots=True)
class Row:
    """Requests for ``template`` go to ``service``; ``public`` ones need no token, ``live`` ones last.

    Those that ``ask_outside`` wait for somebody who is not ours, even where they only read. Sizes in bytes.
    """

    template: str
    service: str
    public: bool = False
    max_body: int = MEBIBYTE
    live: bool = False
    ask_outside: bool = False

    @property
    def path_format(self) -> str:
        """The template without converters: the name of this route in metrics, log lines and limits."""
        return self.template.replace(":path", "")

    def reads(self, method: str) -> bool:
        """Whether a request only reads what we have, which takes moments."""
        return method in ("GET", "HEAD") and not self.live and not self.ask_outside


def _whole(prefix: str, service: str, *, public: bool = False) -> tuple[Row, Row]:
    return Row(prefix, service, public), Row(f"{prefix}/{{rest:path}}", service, public)


TABLE: tuple[Row, ...] = (
    Row("/api/v1/auth/logout", "users"),
    Row("/api/v1/auth/change-password", "users"),
    Row("/api/v1/auth/oauth/{rest:path}", "users", public=True, ask_outside=True),
    *_whole("/api/v1/auth", "users", public=True),
    *_whole("/api/v1/users", "users"),
    Row("/api/v1/billing/plans", "billing", public=True),
    # Signed by the payment processor, over the body as it was sent.
    Row("/api/v1/billing/webhooks/stripe", "billing", public=True),
    *_whole("/api/v1/billing", "billing"),
    *_whole("/api/v1/admin/billing", "billing"),
    *_whole("/api/v1/usage", "billing"),
    Row("/api/v1/workflows/{run_id}/events", "notify", live=True),
    *_whole("/api/v1/workflows", "workflow"),
    *_whole("/api/v1/projects", "workflow"),
    *_whole("/api/v1/assets", "workflow"),
    *_whole("/api/v1/trim", "workflow"),
    *_whole("/api/v1/auto-hooks", "workflow"),
    Row("/api/v1/files", "workflow", max_body=51 * MEBIBYTE),
    Row("/api/v1/files/{rest:path}", "workflow"),
    # The link itself carries the right to read the object.
    Row("/api/v1/objects/{rest:path}", "workflow", public=True),
    *_whole("/api/v1/ai", "ai_router"),
    *_whole("/api/v1/export", "export"),
    # Google sends the browser here, which has no token; what it brings is bound to whoever began.
    Row("/api/v1/youtube/callback", "export", public=True, ask_outside=True),
    *_whole("/api/v1/youtube", "export"),
    *_whole("/api/v1/notifications", "notify"),
    *_whole("/api/v1/webhooks", "notify"),
)
