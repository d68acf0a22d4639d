"""One call of the official client: the key it goes under, the failure it ends in, the answer it brings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import stripe

from billing.payments.objects import JsonObject, Unreadable
from billing.payments.port import FailureClass, PaymentFailure
from billing.payments.stripe.client import Tries, watched
from billing.payments.stripe.errors import failure_of

T = TypeVar("T")
Answer = TypeVar("Answer")

PAGE = 100
_PAGES = 20


async def asked(call: Awaitable[Answer], *, changes: bool) -> tuple[Answer, Tries]:
    """What a call of the official client gives, and the tries it took. Raises :class:`PaymentFailure` alone."""
    with watched() as tries:
        try:
            return await call, tries
        except PaymentFailure:
            raise
        except Exception as error:  # the library breaks in many ways on answers that are not as documented
            failure = failure_of(error, tries, changes=changes)
    # Outside, so that the error stays out of the chain: it holds the answer, which may repeat the key.
    raise failure


async def changed(call: Awaitable[stripe.StripeObject], read: Callable[[JsonObject], T]) -> T:
    """What ``read`` finds in the answer to a call that changes something."""
    made, _ = await asked(call, changes=True)
    return read_as(made.to_dict(), read, changes=True)


async def first(listed: Awaitable[stripe.ListObject[Any]], wanted: Callable[[JsonObject], bool]) -> JsonObject | None:
    """The first of a list that is ``wanted``. Raises :class:`PaymentFailure` where there are too many to look at."""

    async def look() -> JsonObject | None:
        page = await listed
        for _ in range(_PAGES):
            for each in page.data:
                data: JsonObject = each.to_dict()
                if wanted(data):
                    return data
            if not page.has_more:
                return None
            page = await page.next_page_async()
        raise PaymentFailure(FailureClass.TRANSIENT, f"there are more than {PAGE * _PAGES} of these; not all were seen")

    found, _ = await asked(look(), changes=False)
    return found


def under(what: str, key: UUID) -> stripe.RequestOptions:
    """The options that let a step of a decision take effect once."""
    # One key of ours may stand for two steps of one decision; Stripe keeps keys for the whole account.
    return {"idempotency_key": f"talkingphoto-{what}-{key}"}


def plain_id(vendor_id: str) -> str:
    """An id as part of a path; ours come from our own tables, yet none may lead anywhere else."""
    if not vendor_id or not vendor_id.replace("_", "").isalnum() or not vendor_id.isascii():
        raise PaymentFailure(FailureClass.INVALID, f"{vendor_id!r} is no id of Stripe's")
    return vendor_id


def read_as(data: JsonObject, read: Callable[[JsonObject], T], *, changes: bool = False) -> T:
    """An answer, read. Raises :class:`PaymentFailure` where it is not as documented."""
    try:
        return read(data)
    except Unreadable as wrong:
        kind = FailureClass.UNKNOWN_OUTCOME if changes else FailureClass.TRANSIENT
        raise PaymentFailure(kind, f"stripe answered with an object that {wrong}") from wrong
