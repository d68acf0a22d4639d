"""What every object of a simulated Stripe account shares, and the objects nothing happens to: people and prices.

Objects have the fields that integrations of plans and one-off payments read, named and placed as in version
2026-10-28.endive (``stripe-python`` 16.1).
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterable

from simulators.vendors.stripe.form import Json, Wrong, public, required, whole

_SUBSCRIPTION_STATUSES = frozenset(
    {"active", "canceled", "incomplete", "incomplete_expired", "past_due", "paused", "trialing", "unpaid"}
)


class Account:
    """One account in test mode. ``happened`` is told each event, ``charged`` each movement of money."""

    def __init__(
        self,
        now: Callable[[], int],
        happened: Callable[[Json], None],
        charged: Callable[[str, Json], None],
        *,
        version: str,
        page: Callable[[str], str],
    ) -> None:
        self.now = now
        self.page = page
        self._happened = happened
        self._charged = charged
        self._version = version
        self._numbers = itertools.count(1)
        self.tables: dict[str, dict[str, Json]] = {}
        self.declining: set[str] = set()
        """Customers whose bank says no to everything that is not on the payment page."""
        self._request: Json | None = None

    # --- what all objects share

    def add(self, kind: str, prefix: str, fields: Json) -> Json:
        """Keep a new object; it gets its id, its time and the empty fields every object has."""
        made = {
            "id": f"{prefix}_{next(self._numbers):014d}",
            "object": kind,
            "created": self.now(),
            "livemode": False,
            "metadata": {},
            **fields,
        }
        self.tables.setdefault(kind, {})[made["id"]] = made
        return made

    def get(self, kind: str, id: str, *, param: str | None = None) -> Json:
        """The object; 404 in a path, 400 as a parameter."""
        found = self.tables.get(kind, {}).get(id)
        if found is None:
            name = kind.replace("_", " ").rpartition(".")[2]
            raise Wrong(
                f"No such {name}: '{id}'",
                status=400 if param else 404,
                code="resource_missing",
                param=param or "id",
            )
        return found

    def listed(self, kind: str, params: Json, *filters: str, path: str) -> Json:
        """A page, newest first: ``limit``, ``starting_after`` and the named fields as filters.

        Of subscriptions those that have been cancelled are left out, unless their status is asked for, the ``ended`` or
        ``all``.
        """
        limit = whole(params, "limit", least=1) or 10
        if limit > 100:
            raise Wrong("Limit can be at most 100.", param="limit")
        rows: Iterable[Json] = reversed(list(self.tables.get(kind, {}).values()))
        chosen = {name: params[name] for name in filters if params.get(name) is not None}
        if kind == "subscription":
            match chosen.pop("status", None):
                case None:
                    rows = [row for row in rows if row["status"] != "canceled"]
                case "all":
                    pass
                case "ended":
                    rows = [row for row in rows if row["status"] in ("canceled", "incomplete_expired")]
                case wanted if wanted in _SUBSCRIPTION_STATUSES:
                    rows = [row for row in rows if row["status"] == wanted]
                case wanted:
                    raise Wrong(f"Invalid status: must be one of all, ended, ..., not '{wanted}'", param="status")
        if (since := chosen.pop("created", None)) is not None:
            least = whole(since, "gte") or 0
            rows = [row for row in rows if row["created"] >= least]
        if (keys := chosen.pop("lookup_keys", None)) is not None:
            rows = [row for row in rows if row["lookup_key"] in keys]
        rows = [row for row in rows if all(row.get(name) == wanted for name, wanted in chosen.items())]
        if (after := params.get("starting_after")) is not None:
            ids = [row["id"] for row in rows]
            if after not in ids:
                raise Wrong(f"No such object: '{after}'", code="resource_missing", param="starting_after")
            rows = rows[ids.index(after) + 1 :]
        return {"object": "list", "url": path, "has_more": len(rows) > limit, "data": rows[:limit]}

    def tell(self, kind: str, thing: Json, previous: Json | None = None) -> None:
        """An event of type ``kind`` with the object as it is now."""
        data: Json = {"object": copy.deepcopy(public(thing))}
        if previous is not None:
            data["previous_attributes"] = previous
        event = self.add(
            "event",
            "evt",
            {
                "api_version": self._version,
                "data": data,
                "pending_webhooks": 1,
                "request": self._request or {"id": None, "idempotency_key": None},
                "type": kind,
            },
        )
        del event["metadata"]
        self._happened(event)

    def during(self, request_id: str | None, key: str | None) -> None:
        """Events from now on name this request; None ends that."""
        self._request = {"id": request_id, "idempotency_key": key} if request_id else None

    # --- customers, products, prices

    def create_customer(self, params: Json) -> Json:
        """``POST /v1/customers``."""
        made = self.add(
            "customer",
            "cus",
            {
                "address": None,
                "balance": 0,
                "currency": None,
                "delinquent": False,
                "description": params.get("description"),
                "email": params.get("email"),
                "invoice_settings": {"default_payment_method": None},
                "metadata": params.get("metadata") or {},
                "name": params.get("name"),
                "phone": None,
                "shipping": None,
            },
        )
        self.tell("customer.created", made)
        return made

    def create_product(self, params: Json) -> Json:
        """``POST /v1/products``."""
        required(params, "name")
        fields = {"name": params["name"], "active": True, "metadata": params.get("metadata") or {}}
        return self.add("product", "prod", fields)

    def create_price(self, params: Json) -> Json:
        """``POST /v1/prices``, or the ``price_data`` of a line."""
        required(params, "currency")
        amount = whole(params, "unit_amount")
        if amount is None:
            raise Wrong("Missing required param: unit_amount.", code="parameter_missing", param="unit_amount")
        product = params.get("product")
        if product is None:
            required(params, "product_data")
            product = self.create_product(params["product_data"])["id"]
        else:
            self.get("product", product, param="product")
        recurring = params.get("recurring")
        return self.add(
            "price",
            "price",
            {
                "active": True,
                "currency": params["currency"].lower(),
                "lookup_key": params.get("lookup_key"),
                "product": product,
                "recurring": recurring
                and {"interval": recurring["interval"], "interval_count": 1, "usage_type": "licensed", "meter": None},
                "tax_behavior": "unspecified",
                "type": "recurring" if recurring else "one_time",
                "unit_amount": amount,
                "unit_amount_decimal": str(amount),
            },
        )
