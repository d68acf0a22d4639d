"""Buying, changing and ending plans."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from billing.sales import errors, queries, schemas
from billing.sales.models import Bought, PurchaseState
from billing.sales.schemas import CheckoutOut, PortalOut, SubscriptionOut, TopUpOut
from billing.sales.service import Pages, Shop
from chassis.data.database import Database
from chassis.errors import NotFound, documented
from chassis.http.idempotency import IdempotencyKey, KeyReused, mark
from chassis.http.requests import Tx
from chassis.identity.tokens import Caller, Identity

router = APIRouter(prefix="/api/v1/billing", tags=["billing"])

_PROCESSOR = (errors.Declined, errors.NotAccepted, errors.ProcessorAway, errors.NothingForSale)
_CHECKOUT = (errors.NotSold, errors.BadReturnUrl, errors.AlreadySubscribed, KeyReused, *_PROCESSOR)


async def _shop(request: Request, _: Caller) -> Shop:
    shop: Shop | None = request.app.state.shop
    if shop is None:
        raise errors.NothingForSale("Nothing can be bought here: no payment processor is connected.")
    return shop


OurShop = Annotated[Shop, Depends(_shop)]


def _out(bought: Bought) -> CheckoutOut:
    return CheckoutOut(
        id=bought.id,
        kind=bought.kind,
        plan_type=bought.plan_type,
        amount=bought.money.amount,
        currency=bought.money.currency,
        status=bought.state.value,
        checkout_id=bought.checkout_id,
        checkout_url=bought.checkout_url if bought.state is PurchaseState.OPEN else None,
        trial_days=bought.trial_days,
    )


@router.post("/checkout", responses=documented(*_CHECKOUT))
async def check_out(
    body: schemas.CheckoutIn, caller: Caller, shop: OurShop, response: Response, idempotency_key: IdempotencyKey = None
) -> CheckoutOut:
    """Open a page where a plan is paid for (BIL-06). While it is not, the same wish gets the same page."""
    pages = Pages(body.success_url, body.cancel_url)
    bought, replayed = await shop.check_out(caller, body.plan, body.interval, pages, idempotency_key)
    mark(response, replayed=replayed)
    return _out(bought)


@router.post("/subscription", status_code=201, responses=documented(*_CHECKOUT))
async def subscribe(
    body: schemas.CheckoutIn, caller: Caller, shop: OurShop, response: Response, idempotency_key: IdempotencyKey = None
) -> CheckoutOut:
    """Begin a subscription (BIL-02): it counts once it is paid for on the page that this answers."""
    response.headers["Location"] = f"{router.prefix}/subscription"
    return await check_out(body, caller, shop, response, idempotency_key)


@router.get("/subscription", responses=documented(NotFound))
async def get_subscription(request: Request, caller: Caller, tx: Tx) -> SubscriptionOut:
    """The plan you are on in the session's product line, and how it goes on (BIL-03)."""
    return await _view(request, caller, tx)


@router.put("/subscription", responses=documented(errors.NotSold, errors.NoSubscription, KeyReused, *_PROCESSOR))
async def change_subscription(
    request: Request,
    body: schemas.ChangeIn,
    caller: Caller,
    shop: OurShop,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SubscriptionOut:
    """Move to another plan (BIL-04): a dearer one at once, its difference charged; a cheaper one with the renewal."""
    _, replayed = await shop.change(caller, body.plan, body.interval, idempotency_key)
    mark(response, replayed=replayed)
    return await _now(request, caller)


@router.post("/subscription/cancel", responses=documented(errors.NoSubscription, KeyReused, *_PROCESSOR))
async def cancel_subscription(
    request: Request,
    body: schemas.CancelIn,
    caller: Caller,
    shop: OurShop,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SubscriptionOut:
    """End the subscription with the period that is paid for, or at once (BIL-05)."""
    _, replayed = await shop.cancel(caller, at_once=body.at_once, key=idempotency_key)
    mark(response, replayed=replayed)
    return await _now(request, caller)


@router.post("/subscription/resume", responses=documented(errors.NoSubscription, KeyReused, *_PROCESSOR))
async def resume_subscription(
    request: Request, caller: Caller, shop: OurShop, response: Response, idempotency_key: IdempotencyKey = None
) -> SubscriptionOut:
    """Let a subscription that was to end go on."""
    _, replayed = await shop.resume(caller, idempotency_key)
    mark(response, replayed=replayed)
    return await _now(request, caller)


@router.post("/portal", responses=documented(errors.BadReturnUrl, errors.NeverPaid, *_PROCESSOR))
async def open_portal(body: schemas.PortalIn, caller: Caller, shop: OurShop) -> PortalOut:
    """A link to the pages where you change how you pay and see your invoices (BIL-07)."""
    return PortalOut(url=await shop.portal(caller, body.return_url))


@router.post("/credits/topup", responses=documented(*_CHECKOUT, errors.CheckoutNeeded))
async def top_up(
    request: Request,
    body: schemas.TopUpIn,
    caller: Caller,
    shop: OurShop,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> TopUpOut:
    """Buy a plan's credits once, and have the plan for a month (BIL-13). The stored way to pay is charged; where there
    is none, it is declined, or the request has no Idempotency-Key, 402 with the page to pay on in
    `details.checkout_url`. Repeated with its Idempotency-Key after that was paid, it answers the credits."""
    home = request.app.state.settings.public_url
    pages = Pages(body.success_url or f"{home}/", body.cancel_url or f"{home}/")
    # Without a key a request whose answer was lost could not be told from a second purchase.
    stored = body.use_stored_method and idempotency_key is not None
    bought, replayed = await shop.top_up(caller, body.plan_type, pages, idempotency_key, stored=stored)
    mark(response, replayed=replayed)
    if bought.state is not PurchaseState.COMPLETED:
        raise errors.CheckoutNeeded(
            f"{bought.money.amount} {bought.money.currency} are to be paid on the page under `checkout_url`.",
            details={"checkout_url": bought.checkout_url, "purchase_id": str(bought.id), "status": bought.state.value},
        )
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        balance, plan_type = await queries.balance(tx, caller.user_id, caller.product_line)
    return TopUpOut(credits_balance=balance, plan_type=plan_type, message=f"{bought.credits} credits were added.")


async def _now(request: Request, caller: Identity) -> SubscriptionOut:
    database: Database = request.app.state.database
    async with database.transaction() as tx:
        return await _view(request, caller, tx)


async def _view(request: Request, caller: Identity, tx: Tx) -> SubscriptionOut:
    settings = request.app.state.settings
    view = await queries.view(tx, request.app.state.plans, caller.user_id, caller.product_line, settings.opening_plan)
    if view is None:
        raise NotFound(f"There is no {caller.product_line} account yet; it is opened with the first order in it.")
    return view
