"""Which product line a request is for (PLT-06): its header, else the host name it came to, else the path where only one
product has it, else nothing it says itself.

A request with a token is in the token's line; one that says another is refused, whoever says it. For the rest users
goes on: an account's home line at a login, the default at a registration.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import Scope

from chassis.errors import BadRequest
from chassis.identity.product_line import check_line, known_line
from chassis.identity.tokens import Identity

HEADER = b"x-product-line"

ALIAS_LINE = "gateway.alias_line"
"""In a request's scope: the product whose own path it came by."""


class Lines:
    """``hosts``: product lines by the host name that a deployment has given them."""

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self._hosts = {host.lower(): line for host, line in hosts.items()}

    def said(self, scope: Scope, identity: Identity | None) -> str | None:
        """What to tell a service; None where the request says nothing. Raises for what is unknown or contradicts."""
        given = {value.decode("latin-1") for name, value in scope["headers"] if name == HEADER}
        if len(given) > 1:
            raise BadRequest("Send one X-Product-Line header.")
        said = known_line(given.pop()).key.value if given else self._hosts.get(_host(scope))
        said = said or scope.get(ALIAS_LINE)
        if identity is not None:
            check_line(said, identity.product_line)
        return said


def _host(scope: Scope) -> str:
    """The name in ``Host``, without its port."""
    value = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
    return value.rsplit(":", 1)[0].lower() if not value.endswith("]") else value.lower()
