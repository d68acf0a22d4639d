"""The routing table (GTW-02, GTW-11) as data. The first row that matches wins."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.routing import compile_path

from contracts.scopes import Scope

MEBIBYTE = 1024 * 1024

PUBLIC_PREFIX = "/api/v1/"
"""How every path of ours begins."""


@dataclass(frozen=True, slots=True)
class Row:
    """Requests for ``template`` go to ``service``; ``public`` ones need no token, ``live`` ones last.

    Those that ``ask_outside`` wait for somebody who is not ours, even where they only read. Sizes in bytes. ``read``
    and ``write`` are the scopes with which an API key may look and change; None: no key may, only who has logged in.
    """

    template: str
    service: str
    public: bool = False
    max_body: int = MEBIBYTE
    live: bool = False
    ask_outside: bool = False
    read: Scope | None = None
    write: Scope | None = None

    @property
    def path_format(self) -> str:
        """The template without converters: the name of this route in metrics, log lines and limits."""
        return self.template.replace(":path", "")

    def reads(self, method: str) -> bool:
        """Whether a request only reads what we have, which takes moments."""
        return method in ("GET", "HEAD") and not self.live and not self.ask_outside

    def scope_for(self, method: str) -> Scope | None:
        """What an API key needs for a request; None where none is enough."""
        return self.read if method in ("GET", "HEAD") else self.write


def _whole(
    prefix: str, service: str, *, public: bool = False, read: Scope | None = None, write: Scope | None = None
) -> tuple[Row, Row]:
    return (
        Row(prefix, service, public, read=read, write=write),
        Row(f"{prefix}/{{rest:path}}", service, public, read=read, write=write),
    )


TABLE: tuple[Row, ...] = (
    Row("/api/v1/auth/logout", "users"),
    Row("/api/v1/auth/change-password", "users"),
    Row("/api/v1/auth/oauth/{rest:path}", "users", public=True, ask_outside=True),
    *_whole("/api/v1/auth", "users", public=True),
    Row("/api/v1/users/me", "users", read=Scope.READ),
    *_whole("/api/v1/users", "users"),
    *_whole("/api/v1/admin/users", "users"),
    *_whole("/api/v1/admin/audit", "users"),
    *_whole("/api/v1/admin/erasures", "users"),
    *_whole("/api/v1/admin/flags", "users"),
    Row("/api/v1/billing/plans", "billing", public=True),
    # Signed by the payment processor, over the body as it was sent.
    Row("/api/v1/billing/webhooks/stripe", "billing", public=True),
    Row("/api/v1/billing/webhooks/razorpay", "billing", public=True),
    # Pages where no money moves; their addresses are the right to them.
    Row("/api/v1/billing/sandbox/{rest:path}", "billing", public=True),
    *_whole("/api/v1/billing", "billing", read=Scope.READ),
    *_whole("/api/v1/admin/billing", "billing"),
    *_whole("/api/v1/usage", "billing", read=Scope.READ),
    Row("/api/v1/workflows/{run_id}/events", "notify", live=True, read=Scope.READ),
    *_whole("/api/v1/workflows", "workflow", read=Scope.READ, write=Scope.WORKFLOWS_WRITE),
    *_whole("/api/v1/batches", "workflow", read=Scope.READ, write=Scope.WORKFLOWS_WRITE),
    # What everybody may see, and what the link itself carries the right to.
    Row("/api/v1/projects/public", "workflow", public=True),
    Row("/api/v1/projects/public/{public_id}", "workflow", public=True),
    Row("/api/v1/projects/shared/{token}", "workflow", public=True),
    *_whole("/api/v1/projects", "workflow", read=Scope.READ, write=Scope.WORKFLOWS_WRITE),
    *_whole("/api/v1/assets", "workflow", read=Scope.READ, write=Scope.FILES_WRITE),
    *_whole("/api/v1/trim", "workflow", read=Scope.READ, write=Scope.WORKFLOWS_WRITE),
    *_whole("/api/v1/auto-hooks", "workflow", read=Scope.READ, write=Scope.WORKFLOWS_WRITE),
    Row("/api/v1/files", "workflow", max_body=51 * MEBIBYTE, read=Scope.READ, write=Scope.FILES_WRITE),
    # Uploads that go on where they were interrupted: one request may bring all of a video.
    Row("/api/v1/files/multipart", "workflow", max_body=500 * MEBIBYTE, read=Scope.READ, write=Scope.FILES_WRITE),
    Row(
        "/api/v1/files/multipart/{multipart_id}",
        "workflow",
        max_body=500 * MEBIBYTE,
        read=Scope.READ,
        write=Scope.FILES_WRITE,
    ),
    Row("/api/v1/files/compress", "workflow", max_body=51 * MEBIBYTE, read=Scope.READ, write=Scope.FILES_WRITE),
    Row("/api/v1/files/{rest:path}", "workflow", read=Scope.READ, write=Scope.FILES_WRITE),
    # The link itself carries the right to read the object.
    Row("/api/v1/objects/{rest:path}", "workflow", public=True),
    Row("/api/v1/ai/jobs/{job_id}/events", "notify", live=True, read=Scope.READ),
    *_whole("/api/v1/ai", "ai_router", read=Scope.READ, write=Scope.AI_WRITE),
    # Signed by the vendor, over the body as it was sent.
    Row("/api/v1/vendors/{vendor}/webhook", "ai_router", public=True),
    *_whole("/api/v1/admin/router", "ai_router"),
    *_whole("/api/v1/export", "export", read=Scope.READ, write=Scope.EXPORT_WRITE),
    # It only looks at what is sent.
    Row("/api/v1/verify", "export", max_body=51 * MEBIBYTE, read=Scope.READ, write=Scope.READ),
    # Google sends the browser here, which has no token; what it brings is bound to whoever began.
    Row("/api/v1/youtube/callback", "export", public=True, ask_outside=True),
    # It only answers an address, and begins what ends in a channel of the account's.
    Row("/api/v1/youtube/connect", "export", read=Scope.YOUTUBE_WRITE, write=Scope.YOUTUBE_WRITE),
    *_whole("/api/v1/youtube", "export", read=Scope.READ, write=Scope.YOUTUBE_WRITE),
    # The link itself says whose letters it ends; mail programs follow it for their user.
    Row("/api/v1/notifications/unsubscribe", "notify", public=True),
    *_whole("/api/v1/notifications", "notify", read=Scope.READ, write=Scope.NOTIFICATIONS_WRITE),
    *_whole("/api/v1/webhooks", "notify", read=Scope.READ, write=Scope.NOTIFICATIONS_WRITE),
    Row("/api/v1/events", "notify", read=Scope.READ),
    Row("/api/v1/events/stream", "notify", live=True, read=Scope.READ),
    *_whole("/api/v1/analytics", "analytics"),
    # There is nothing where letters go through a mail server.
    *_whole("/mail", "notify", public=True),
)


_PATTERNS = tuple((compile_path(row.template)[0], row) for row in TABLE)


def row_of(path: str) -> Row | None:
    """The row that a path goes by; a template of a path goes as its paths do."""
    return next((row for pattern, row in _PATTERNS if pattern.match(path)), None)
