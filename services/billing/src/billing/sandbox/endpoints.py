"""Pages where whoever tries the platform out pays, declines and gives money back. Their addresses are the right to."""

from __future__ import annotations

from enum import StrEnum
from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from billing.payments.money import from_minor
from billing.payments.port import PaymentFailure
from billing.sandbox.account import Json
from billing.sandbox.service import Desk
from chassis.errors import NotFound
from chassis.http.requests import Tx

PATH = "/api/v1/billing/sandbox"
router = APIRouter(prefix=PATH, include_in_schema=False)

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox payments</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
form {{ display: inline }} button {{ font: inherit; padding: .4rem .9rem; margin: .2rem .4rem .2rem 0 }}
.note {{ color: #666 }} li {{ margin: .6rem 0 }}
</style>
<h1>Sandbox payments</h1>
<p class="note">No money moves here. A real payment page would ask for a card now.</p>
{body}
</html>"""

Id = Annotated[str, Path(pattern="^(cs|cus)_sandbox_[0-9a-f]{32}$")]


class Action(StrEnum):
    """What can be done on a page."""

    PAY = "pay"
    DECLINE = "decline"
    REFUND = "refund"
    REFUSE_NEXT = "refuse-next"
    ALLOW_NEXT = "allow-next"
    COLLECT = "collect"


async def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.sandbox
    return desk


TheDesk = Annotated[Desk, Depends(_desk)]


@router.get("/{id}")
async def show(id: Id, desk: TheDesk, tx: Tx) -> HTMLResponse:
    """The page of a visit, or of a customer."""
    try:
        if id.startswith("cs_"):
            return _page(_visit(await desk.get(tx, id)))
        return _page(_customer(id, *await desk.of_customer(tx, id)))
    except PaymentFailure:
        raise NotFound("There is nothing to pay here.") from None


@router.post("/{id}/{action}")
async def act(id: Id, action: Action, desk: TheDesk, tx: Tx, of: str = "") -> Response:
    """A button was pressed. ``of`` names what of a customer is meant."""
    try:
        if id.startswith("cs_"):
            session = await desk.get(tx, id)
            if action is Action.DECLINE:
                return _page(_visit(session, "The bank declined. Nothing was paid; try again or leave."))
            # Whoever presses twice, or comes back to the page, has paid once and goes on.
            if session["status"] != "complete":
                await desk.pay(tx, session)
            return RedirectResponse(_paid_url(session), 303)
        await desk.act(tx, id, action.value, of)
    except PaymentFailure:
        raise NotFound("That cannot be done here.") from None
    return RedirectResponse(f"{PATH}/{id}", 303)


def _page(body: str) -> HTMLResponse:
    return HTMLResponse(_PAGE.format(body=body), headers={"Content-Security-Policy": _POLICY})


def _visit(session: Json, said: str = "") -> str:
    about = f"<p>{escape(session['description'])}: <strong>{_money(session)}</strong></p>"
    if session["status"] == "complete":
        return f'{about}<p>This is paid.</p><p><a href="{escape(_paid_url(session))}">Go on</a></p>'
    if session["status"] != "open":
        return f'{about}<p>This cannot be paid any more.</p><p><a href="{escape(session["cancel_url"])}">Leave</a></p>'
    buttons = _button(session["id"], Action.PAY, "Pay") + _button(session["id"], Action.DECLINE, "Decline")
    back = f'<p><a href="{escape(session["cancel_url"])}">Leave without paying</a></p>'
    return f"{about}<p>{escape(said)}</p>{buttons}{back}"


def _paid_url(session: Json) -> str:
    return str(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]))


def _customer(id: str, customer: Json, subscriptions: list[Json], charges: list[Json]) -> str:
    if customer["declines"]:
        parts = ["<p>The bank declines renewals.</p>", _button(id, Action.ALLOW_NEXT, "Let them pass")]
    else:
        parts = ["<p>The bank accepts renewals.</p>", _button(id, Action.REFUSE_NEXT, "Let them be declined")]
    parts.append("<h2>Subscriptions</h2><ul>")
    for held in subscriptions:
        collect = _button(id, Action.COLLECT, "Pay what is due", held["id"]) if held["status"] == "past_due" else ""
        price = held["items"]["data"][0]["price"]
        costs = f"{_money(price)} a {escape(price['recurring']['interval'])}"
        parts.append(f"<li>{costs}: {escape(held['status'].replace('_', ' '))} {collect}</li>")
    parts.append("</ul><h2>Payments</h2><ul>")
    for charge in charges:
        refund = "" if charge["refunded"] else _button(id, Action.REFUND, "Refund", charge["id"])
        back = from_minor(charge["amount_refunded"], charge["currency"]).amount
        parts.append(f"<li>{_money(charge)}{f', {back} given back' if back else ''} {refund}</li>")
    return "".join([*parts, "</ul>"])


def _button(id: str, action: Action, words: str, of: str = "") -> str:
    query = f"?of={escape(of)}" if of else ""
    return f'<form method="post" action="{PATH}/{id}/{action.value}{query}"><button>{words}</button></form>'


def _money(thing: Json) -> str:
    [amount] = [thing[name] for name in ("amount_total", "unit_amount", "amount") if name in thing]
    money = from_minor(int(amount), thing["currency"])
    return f"{money.amount} {money.currency}"
