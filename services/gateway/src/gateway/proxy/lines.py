"""Which product line a request is for (PLT-06): its header, else the host name it came to, else the path where only one
product has it, else nothing it says itself.

A request with a token is in the token's line; one that says another is refused, whoever says it. For the rest users
goes on: an account's home line at a login, the default at a registration.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Scope

from chassis.errors import BadRequest
from chassis.identity.product_line import LineDiffers, check_line, known_line
from chassis.identity.tokens import Identity

HEADER = b"x-product-line"

ALIAS_LINE = "gateway.alias_line"
"""In a request's scope: the product whose own path it came by."""


class Lines:
    """``hosts``: product lines by the host name that a deployment gives them; ``origins``: by that of their pages."""

    def __init__(self, hosts: Mapping[str, str], origins: Mapping[str, str] | None = None) -> None:
        self._hosts = {host.lower(): line for host, line in hosts.items()}
        self._origins = {origin.lower(): line for origin, line in (origins or {}).items()}

    def said(self, scope: Scope, identity: Identity | None) -> str | None:
        """What to tell a service; None where the request says nothing. Raises for what is unknown or contradicts."""
        given = {value.decode("latin-1") for name, value in scope["headers"] if name == HEADER}
        if len(given) > 1:
            raise BadRequest("Send one X-Product-Line header.")
        said = known_line(given.pop()).key.value if given else self._hosts.get(_host(scope))
        said = said or scope.get(ALIAS_LINE)
        if identity is not None:
            check_line(said, identity.product_line)
        self._check_page(scope, identity.product_line if identity is not None else said)
        return said

    def _check_page(self, scope: Scope, line: str | None) -> None:
        """A product's own pages act in that product alone (GTW-28)."""
        if not self._origins:
            return
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"").decode("latin-1")
        page = self._origins.get(origin.lower())
        if page is not None and line is not None and page != line:
            raise LineDiffers(
                f"This page belongs to {page}, and you are in {line}. Log in there.", details={"product_line": line}
            )


def _host(scope: Scope) -> str:
    """The name in ``Host``, without its port."""
    value = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    return value.rsplit(":", 1)[0].lower() if not value.endswith("]") else value.lower()
