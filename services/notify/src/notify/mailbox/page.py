"""The page that lists the local mail box."""

from __future__ import annotations

from jinja2 import PackageLoader
from jinja2.sandbox import SandboxedEnvironment

PAGE = SandboxedEnvironment(loader=PackageLoader("notify.mailbox"), autoescape=True).get_template("page.html.j2")

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
"""No script and nothing from elsewhere, whatever a letter holds."""
