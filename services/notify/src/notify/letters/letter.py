"""From a message to a letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlencode

import structlog
from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from chassis.errors import ServiceError
from chassis.identity.vault import Vault
from chassis.storage.port import LONGEST_LINK_S, ObjectStore
from contracts.objects import StoredObject
from contracts.product_lines import PRODUCT_LINES
from notify.deliveries.port import Refused
from notify.letters.unsubscribing import Unsubscribing
from notify.messages.kinds import KINDS
from notify.words.book import Words, words_in

log = structlog.get_logger(__name__)

LARGEST_PICTURE = 1_500_000
"""In bytes; a larger one stays behind its link."""

_POLICY = SMTP.clone(cte_type="7bit")
"""Whatever is in a letter, it passes servers that know nothing but ASCII."""

_FACTS = ("workflow_id", "workflow_type", "cost")


class Link(NamedTuple):
    """Something to click."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a letter goes, and the one-time token that is in its link; kept nowhere."""

    to: str
    token: str | None


class Letters:
    """Writes letters. ``links``: the vault of ``LINK_KEY``. ``app_url``: where the web client's pages are, if any."""

    def __init__(
        self,
        store: ObjectStore,
        links: Vault,
        unsubscribing: Unsubscribing,
        *,
        mail_from: str,
        public_url: str,
        app_url: str | None,
    ) -> None:
        self._store = store
        self._links = links
        self._unsubscribing = unsubscribing
        self._from_name, self._from_address = parseaddr(mail_from)
        self._domain = self._from_address.rpartition("@")[2] or "localhost"
        self._public_url = public_url
        self._app_url = app_url
        environment = SandboxedEnvironment(
            loader=PackageLoader("notify.letters"),
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html, self._text = environment.get_template("letter.html.j2"), environment.get_template("letter.txt.j2")

    def address(self, row: Mapping[str, Any]) -> Addressed | None:
        """Where a pending delivery goes; None where no address is known. Raises ``Unreadable``."""
        sealed, token = row["sealed_address"], row["sealed_token"]
        to = self._links.open(sealed.encode()) if sealed else row["email"]
        if not to:
            return None
        return Addressed(to, self._links.open(token.encode()) if token else None)

    async def write(self, row: Mapping[str, Any], addressed: Addressed, now: datetime) -> EmailMessage:
        """The letter for a pending delivery. Raises :class:`Refused` for an address that no letter can go to."""
        words, kind = words_in(row["language"]), KINDS[row["kind"]]
        objects = {name: StoredObject.model_validate(stored) for name, stored in row["objects"].items()}
        picture = await self._picture(objects.get("enhanced_image"))
        letter = EmailMessage(policy=_POLICY)
        try:
            letter["From"] = Address(self._from_name, addr_spec=self._from_address)
            letter["To"] = Address(_in_a_line(row["name"]), addr_spec=addressed.to)
        except (ValueError, IndexError) as error:
            raise Refused("no letter can go to this address") from error
        letter["Subject"] = row["title"]
        letter["Date"] = format_datetime(now)
        letter["Message-ID"] = f"<{row['id']}@{self._domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        unsubscribe = None
        if not kind.always:
            url = self._unsubscribing.url(row["user_id"], kind.name)
            unsubscribe = Link(words.phrase("unsubscribe"), url)
            letter["List-Unsubscribe"] = f"<{url}>"
            letter["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        said = self._said(row, words, objects, addressed) | {"unsubscribe": unsubscribe}
        letter.set_content(self._text.render(said, picture=None))
        letter.add_alternative(self._html.render(said, picture="picture" if picture else None), subtype="html")
        if picture is not None:
            stored, content = picture
            _, html = letter.iter_parts()
            main, _, sub = stored.mime_type.partition("/")
            html.add_related(content, maintype=main, subtype=sub, cid="<picture>", disposition="inline")
        # Last, because whatever makes a letter of several parts takes such headers for the first one's.
        letter["Content-Language"] = words.language
        return letter

    def _said(
        self, row: Mapping[str, Any], words: Words, objects: Mapping[str, StoredObject], addressed: Addressed
    ) -> dict[str, Any]:
        name = _in_a_line(row["name"])
        line = PRODUCT_LINES.get(row["product_line"])
        product = line.display_name if line else row["product_line"]
        data = row["data"]
        facts = [(words.phrase(f"fact.{fact}"), data[fact]) for fact in _FACTS if fact in data and objects]
        return {
            "language": words.language,
            "direction": words.direction,
            "product": product,
            "title": row["title"],
            "greeting": words.phrase("greeting", name=name) if name else words.phrase("greeting_without_name"),
            "body": row["body"],
            "action": self._action(row, words, objects, addressed.token),
            "link_hint": words.phrase("link_hint"),
            "facts": facts,
            "results": [(name, self._signed(name, stored)) for name, stored in objects.items() if name != "archive"],
            "results_label": words.phrase("fact.results"),
            "why": words.phrase("why", product=product),
        }

    def _action(
        self, row: Mapping[str, Any], words: Words, objects: Mapping[str, StoredObject], token: str | None
    ) -> Link | None:
        kind, label = KINDS[row["kind"]], words.action(row["kind"])
        if label is None:
            return None
        if (asked_for := objects.get("archive") or objects.get("video")) is not None:
            return Link(label, self._signed("archive" if "archive" in objects else "video", asked_for))
        if kind.page is None:
            return None
        if token is not None:
            return Link(label, f"{self._app_url or self._public_url}{kind.page}?{urlencode({'token': token})}")
        return Link(label, self._app_url + kind.page.format(**row["data"])) if self._app_url else None

    def _signed(self, name: str, stored: StoredObject) -> str:
        filename = name.replace("_", "-") + PurePosixPath(stored.key).suffix
        return self._store.signed_url(stored.key, expires_s=LONGEST_LINK_S, filename=filename)

    async def _picture(self, stored: StoredObject | None) -> tuple[StoredObject, bytes] | None:
        if stored is None or not stored.mime_type.startswith("image/") or stored.size > LARGEST_PICTURE:
            return None
        try:
            return stored, await self._store.read(stored, limit=LARGEST_PICTURE)
        except ServiceError as error:
            # The letter is worth sending without it.
            log.warning("letter.without_picture", error=repr(error))
            return None


def _in_a_line(name: str | None) -> str:
    return " ".join((name or "").split())
