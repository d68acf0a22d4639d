"""Subscription schedules of a simulated Stripe account: what is planned for the next renewal.

docs.stripe.com/billing/subscriptions/subscription-schedules: a schedule made from a subscription has its present period
as the one phase; further phases follow, and with ``end_behavior`` ``release`` the subscription goes on as the last one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from simulators.vendors.stripe.account import Account
from simulators.vendors.stripe.form import Json, Wrong, required, whole


class Schedules(Account, ABC):
    """Schedules of two phases: the present one and what follows."""

    def create_schedule(self, params: Json) -> Json:
        """``POST /v1/subscription_schedules`` from a subscription."""
        required(params, "from_subscription")
        held = self.get("subscription", params["from_subscription"], param="from_subscription")
        if held["schedule"] is not None:
            raise Wrong("You cannot migrate a subscription that is already attached to a schedule.")
        item = held["items"]["data"][0]
        phase = {
            "start_date": item["current_period_start"],
            "end_date": item["current_period_end"],
            "items": [{"price": item["price"]["id"], "quantity": item["quantity"]}],
        }
        made = self.add(
            "subscription_schedule",
            "sub_sched",
            {
                "current_phase": {"start_date": phase["start_date"], "end_date": phase["end_date"]},
                "customer": held["customer"],
                "end_behavior": "release",
                "phases": [phase],
                "released_subscription": None,
                "status": "active",
                "subscription": held["id"],
            },
        )
        self.move(held, {"schedule": made["id"]})
        return made

    def update_schedule(self, id: str, params: Json) -> Json:
        """``POST /v1/subscription_schedules/{id}``: all its phases, the present one as it began."""
        made = self.get("subscription_schedule", id)
        phases = params.get("phases") or made["phases"]
        if whole(phases[0], "start_date") != made["current_phase"]["start_date"]:
            raise Wrong("You can not modify the start date of the current phase.", param="phases[0][start_date]")
        for index, phase in enumerate(phases):
            self.get("price", phase["items"][0].get("price", ""), param=f"phases[{index}][items][0][price]")
        made |= {"phases": phases, "end_behavior": params.get("end_behavior", made["end_behavior"])}
        return made

    def release_schedule(self, id: str) -> Json:
        """``POST /v1/subscription_schedules/{id}/release``: the subscription goes on as it is."""
        made = self.get("subscription_schedule", id)
        if made["status"] != "active":
            raise Wrong(
                f"You cannot release a subscription schedule that is currently in the `{made['status']}` status."
            )
        held = self.get("subscription", made["subscription"])
        made |= {"status": "released", "released_subscription": held["id"], "subscription": None}
        self.move(held, {"schedule": None})
        return made

    def renewal_price(self, held: Json, change: Json) -> Json:
        """What the next period of a subscription costs; a schedule that has had its say is released."""
        present: Json = held["items"]["data"][0]["price"]
        if held["schedule"] is None:
            return present
        made = self.get("subscription_schedule", held["schedule"])
        made |= {"status": "released", "released_subscription": held["id"], "subscription": None}
        change["schedule"] = None
        return self.get("price", made["phases"][1]["items"][0]["price"]) if len(made["phases"]) > 1 else present

    @abstractmethod
    def move(self, held: Json, change: Json) -> None:
        """Change a subscription and tell."""
