"""What people and banks do in the sandbox."""

from __future__ import annotations

from billing.payments.port import FailureClass, PaymentFailure
from billing.sandbox import repository
from billing.sandbox.account import Account, Json
from chassis import ids
from chassis.data.database import Transaction


class Desk:
    """The buttons of the sandbox's pages. Everything raises ``PaymentFailure`` for what is not there."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def get(self, tx: Transaction, id: str) -> Json:
        """A visit or a customer."""
        return await self._account.get(tx, id)

    async def of_customer(self, tx: Transaction, id: str) -> tuple[Json, list[Json], list[Json]]:
        """A customer, with subscriptions and charges."""
        customer = await self._account.get(tx, id)
        subscriptions = await repository.children(tx, id, "subscription")
        return customer, subscriptions, await repository.children(tx, id, "charge")

    async def pay(self, tx: Transaction, session: Json) -> None:
        """A visit is paid for."""
        await self._account.pay(tx, session)

    async def act(self, tx: Transaction, customer_id: str, action: str, of: str) -> None:
        """What a customer's page offers: let renewals fail or not, pay what is due, give a payment back."""
        customer = await self._account.get(tx, customer_id)
        if action in ("refuse-next", "allow-next"):
            await repository.put(tx, {**customer, "declines": action == "refuse-next"})
            return
        thing = await self._account.get(tx, of)
        if thing.get("customer") != customer_id:
            raise PaymentFailure(FailureClass.NOT_FOUND, f"{of} is none of {customer_id}")
        if action == "collect" and thing["object"] == "subscription":
            await self._account.collect(tx, thing)
        elif action == "refund" and thing["object"] == "charge" and not thing["refunded"]:
            amount = thing["amount"] - thing["amount_refunded"]
            made = {
                "id": f"re_sandbox_{ids.uuid7().hex}",
                "object": "refund",
                "status": "succeeded",
                "amount": amount,
                "currency": thing["currency"],
                "payment_intent": thing["payment_intent"],
                "metadata": {},
            }
            await self._account.refund(tx, thing, amount, made)
        else:
            raise PaymentFailure(FailureClass.INVALID, f"{action} of {of}")
