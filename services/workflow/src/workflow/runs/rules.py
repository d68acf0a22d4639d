"""Rules of an order that need no I/O: what may be said, what is kept of it, and what must be true before it begins."""

from __future__ import annotations

from datetime import datetime

from contracts.enums import Language, ScanStatus
from media.speech.script import pieces
from media.speech.spoken.cleaning import Stripped, clean_html, without_html
from media.speech.spoken.words import NAMES, likely_language
from media.speech.spoken.writing import wrong_writing
from workflow.accounts.entitlement import exhausted
from workflow.accounts.queries import Account
from workflow.products.product import Ahead, Product
from workflow.runs.errors import (
    AccountInactive,
    AddressNotProved,
    BadScript,
    FileNotUsable,
    FileWaits,
    LimitReached,
)
from workflow.runs.repository import Known

_MARKUP = 4  # times the limit: what a script may be before its markup is taken out


def clean_script(script: str, language: Language, limit: int) -> Stripped:
    """The script as it is stored, and the HTML elements that were taken out of it (WFL-33).

    Composed, without invisible signs, HTML tags, what stands in ``<script>`` and Markdown's marks; again makes no
    difference. Raises :class:`BadScript` for a script that is empty, too long, without a word to speak, or in a
    writing that the voice of its language does not read.
    """
    if len(script) > _MARKUP * limit:
        raise _too_long(len(script), limit)
    cleaned = clean_html(script)
    text = cleaned.text
    if not text:
        raise BadScript("The script is empty. Write what the photo should say.", fields={"script": "is empty"})
    if len(text) > limit:
        raise _too_long(len(text), limit)
    if (wrong := wrong_writing(text, language.value)) is not None:
        raise BadScript(f"{wrong.problem} {wrong.advice}", fields={"script_language": wrong.problem})
    if not pieces(text, language.value):
        raise BadScript(
            "The script is of signs alone. Write what the photo should say.", fields={"script": "has no word to speak"}
        )
    return cleaned


def clean_line(text: str) -> str:
    """A title or description without HTML tags and invisible signs."""
    return without_html(text).text.strip()


def removal_warnings(script: Stripped) -> list[str]:
    """What its owner is told about what was taken out of a script."""
    if not script.removed:
        return []
    return [f"HTML was removed from the script: {', '.join(script.removed[:10])}."]


def language_warnings(script: str, language: Language) -> list[str]:
    """What its owner is told when a script's words are those of another language than the voice will read."""
    likely = likely_language(script, language.value)
    if likely is None:
        return []
    return [
        f"The script looks like {NAMES[likely]} and will be read by the {NAMES[language.value]} voice. "
        f"If that is not meant, order it with the script language {likely}."
    ]


def check_account(known: Known | Account, *, proved_only: bool) -> None:
    """Whether the account may order at all (WFL-23, USR-43); raises ``AccountInactive``, ``AddressNotProved``."""
    if known.is_active is False:
        raise AccountInactive("This account is not active.")
    if proved_only and not known.email_verified:
        raise AddressNotProved(
            "Confirm your e-mail address first: follow the link of our letter. "
            "`POST /api/v1/auth/verify-email/resend` sends it again."
        )


def check_file(known: Known) -> None:
    """Whether the photo can be used (WFL-23); raises ``FileNotUsable``, ``FileWaits``."""
    file = known.file
    if file is None:
        raise FileNotUsable("There is no such file. Upload the photo first.", fields={"input_file_id": "not found"})
    if file["scan_status"] != ScanStatus.CLEAN:
        raise FileNotUsable("This file has not been found clean.", fields={"input_file_id": "not scanned clean"})
    if file["kind"] != "image" or file["prepared"] is None:
        raise FileNotUsable("This file is not a photo.", fields={"input_file_id": "not an image"})
    for finding in file["findings"]:
        if finding["blocking"]:
            raise FileNotUsable(
                f"This photo cannot be made to speak. {finding['advice']}",
                fields={"input_file_id": finding["advice"]},
                details={"findings": file["findings"]},
            )
    if file["storage_backend"] != "store":
        raise FileWaits("The photo is still on its way into our store. Order again in a minute.", retry_after_s=30)


def check_quota(product: Product, known: Known, now: datetime, *, ahead: int = 0) -> None:
    """Whether the month has one more left than ``ahead``, as far as is known (WFL-24); raises ``LimitReached``."""
    entitlement = known.entitlement
    units, credits = ahead + 1, (ahead + 1) * product.credits
    if entitlement is not None and exhausted(entitlement, product.meter, now, units=units, credits=credits):
        limit, used = entitlement.limits.get(product.meter, 0), entitlement.used.get(product.meter, 0) + ahead
        anew_at = entitlement.period_ends_at
        wait = f" or wait for {anew_at:%d %B %Y}, when the next month begins" if anew_at is not None else ""
        raise LimitReached(
            f"{used} of {limit} {product.meter} of this month are used. Choose a larger plan{wait}.",
            details={
                "limit": limit,
                "used": used,
                "plan": entitlement.plan,
                "upgrade_to": list(entitlement.upgrades.get(product.meter, ())),
                "anew_at": anew_at.isoformat() if anew_at is not None else None,
            },
        )


def begins_in(ahead: Ahead, places: int, machines: int) -> tuple[float, float]:
    """When a run that waits will begin, in seconds: at the earliest where all places are worked on side by side, and at
    the latest where they share the machines."""
    work = sum(ahead.left_s) + ahead.waiting_s
    earliest = work / max(1, places) if ahead.waiting_s else min(ahead.left_s, default=0.0)
    return round(earliest, 1), round(max(earliest, work / max(1, machines)), 1)


def _too_long(characters: int, limit: int) -> BadScript:
    return BadScript(
        f"The script has {characters} characters; at most {limit} are allowed.", fields={"script": "is too long"}
    )
