"""Consents: what holds, what was said when, and taking back as easily as giving (USR-19, USR-27)."""

from __future__ import annotations

from uuid import UUID

from chassis.data.database import Transaction
from chassis.errors import NotFound
from chassis.http.pagination import Paged, PageRequest
from contracts.product_lines import PRODUCT_LINES
from users import audit
from users.accounts.repository import AccountRepository
from users.accounts.service import is_news, keep_consents, missing_consents
from users.consents import repository
from users.consents.errors import ConsentRequired
from users.consents.schemas import ConsentOut, ConsentsIn, ConsentsOut


async def read(user_id: UUID, tx: Transaction) -> ConsentsOut:
    """The latest word of each kind."""
    said = await AccountRepository(tx.session).consents(user_id)
    return ConsentsOut(consents=[ConsentOut.model_validate(one) for one in said])


async def change(user_id: UUID, product_line: str, body: ConsentsIn, address: bytes, tx: Transaction) -> ConsentsOut:
    """Keep what is said now; what was said already adds nothing. ``address``: a keyed hash of where it comes from.

    Raises ``ConsentRequired`` for taking back what the product line needs, and ``NotFound``.
    """
    accounts = AccountRepository(tx.session)
    # Locked, so that of two words at the same moment one is the later.
    if await accounts.get(user_id, lock=True) is None:
        raise NotFound("This account does not exist any more.")
    line = PRODUCT_LINES[product_line]
    earlier = {one.kind: one for one in await accounts.consents(user_id)}
    taken_back = [consent for consent in body.consents if not consent.granted]
    held = [kind for kind, one in earlier.items() if one.granted]
    if missing := set(missing_consents(taken_back, line, earlier=held)) & {consent.kind for consent in taken_back}:
        raise ConsentRequired(
            f"{line.display_name} cannot be used without {' and '.join(sorted(missing))}. Delete the account instead.",
            details={"kinds": [*sorted(missing)]},
        )
    keep_consents(user_id, [said for said in body.consents if is_news(said, earlier.get(said.kind))], address, tx)
    await tx.session.flush()
    answer = await read(user_id, tx)
    said = {consent.kind: consent.granted for consent in body.consents}
    audit.record(tx, audit.Action.CONSENT_CHANGED, actor=user_id, said=said)
    return answer


async def history(user_id: UUID, page: PageRequest, tx: Transaction) -> Paged[ConsentOut]:
    """All that was ever said, the newest first."""
    rows, total = await repository.history(tx, user_id, page)
    return Paged[ConsentOut].of([ConsentOut.model_validate(one) for one in rows], total, page)
