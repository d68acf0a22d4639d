"""JSON in the words of a product and in ours. Pure; what is no object of ours passes as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway.aliases.alias import Alias, Change, Json

LONGEST_FEATURES = 1000
"""Characters of the text that a film studio's plan says its features in (GTW-04)."""


def inward(alias: Alias, body: Any) -> Any:
    """A request's body in our words."""
    if not isinstance(body, dict):
        return body
    body = renamed(body, alias.names)
    for change in alias.takes:
        body = change(body)
    return {name: value for name, value in body.items() if name not in alias.from_body}


def outward(alias: Alias, answer: Any) -> Any:
    """An answer in the document's words; an error keeps its form, and names the fields as the document does."""
    ours = {unified: source for source, unified in alias.names.items()}
    if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
        return answer | {"error": _error(answer["error"], ours)}
    answer = _each(answer, lambda thing: _given(alias, renamed(thing, ours)))
    return alias.whole(answer) if alias.whole is not None else answer


def renamed(thing: Json, names: Mapping[str, str]) -> Json:
    """``thing`` with other names; a name that is taken already stays with whoever has it."""
    return {names[name] if name in names and names[name] not in thing else name: value for name, value in thing.items()}


def query_inward(alias: Alias, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """A query in our words; ``fields`` lists names too."""
    found = []
    for name, value in pairs:
        if name == "fields":
            value = ",".join(alias.names.get(part, part) for part in value.split(","))
        found.append((alias.names.get(name, name), value))
    return [(name, value) for name, value in found if name not in alias.query]


def _given(alias: Alias, thing: Json) -> Json:
    for change in alias.gives:
        thing = change(thing)
    return thing


def _each(answer: Any, change: Callable[[Json], Json]) -> Any:
    """``answer`` with every thing changed that it is, lists or, as a login does, has beside its tokens."""
    if not isinstance(answer, dict):
        return answer
    if isinstance(answer.get("items"), list):
        return answer | {"items": [change(item) if isinstance(item, dict) else item for item in answer["items"]]}
    if isinstance(answer.get("user"), dict):
        answer = answer | {"user": change(answer["user"])}
    return change(answer)


def _error(error: Json, ours: Mapping[str, str]) -> Json:
    fields = error.get("fields")
    if not isinstance(fields, dict) or not ours.keys() & fields.keys():
        return error
    message = str(error.get("message", ""))
    for name in ours.keys() & fields.keys():
        message = re.sub(rf"\b{re.escape(name)}\b", ours[name], message)
    error = error | {"fields": renamed(fields, ours), "message": message}
    details = error.get("details")
    if isinstance(details, dict) and isinstance(details.get("rules"), dict):
        error["details"] = details | {"rules": renamed(details["rules"], ours)}
    return error


def lowered(field: str) -> Change:
    """``Standard`` becomes ``standard``."""
    return Change(f"`{field}` in any case", lambda thing: _with(thing, field, str.lower))


def capitalised(field: str) -> Change:
    """``standard`` becomes ``Standard``."""
    return Change(f"`{field}` begins with a capital", lambda thing: _with(thing, field, str.capitalize))


def listed_as(name: str) -> Change:
    """``items`` under a name of their own."""
    return Change(f"`{name}` is `items`", lambda answer: _with_items_as(answer, name))


def _with(thing: Json, field: str, change: Callable[[str], str]) -> Json:
    return thing | {field: change(thing[field])} if isinstance(thing.get(field), str) else thing


def _with_items_as(answer: Any, name: str) -> Any:
    return renamed(answer, {"items": name}) if isinstance(answer, dict) else answer


def _creator(thing: Json) -> Json:
    return thing | {"role": "creator"} if thing.get("role") == "user" else thing


def _pixie_role(thing: Json) -> Json:
    match thing.get("role"):
        case "admin":
            return thing | {"role": "Admin"}
        case "user":
            return thing | {"role": "User" if thing.get("plan_type") in (None, "free") else "Premium"}
    return thing


def _bare(answer: Any) -> Any:
    return answer["items"] if isinstance(answer, dict) and isinstance(answer.get("items"), list) else answer


def _one_price(plan: Json) -> Json:
    changed = dict(plan)
    if isinstance(monthly := plan.get("price_monthly"), str):
        amount = Decimal(monthly)
        changed["price"] = int(amount) if amount == amount.to_integral_value() else float(amount)
    if isinstance(features := plan.get("features"), dict):
        said = (_feature(name, value) for name, value in features.items())
        changed["features"] = ", ".join(text for text in said if text)[:LONGEST_FEATURES]
    return changed


def _feature(name: str, value: Any) -> str:
    words = name.replace("_", " ")
    if isinstance(value, bool) or value is None:
        return words if value else ""
    return f"{words}: {value}"


CREATOR = Change("the role `user` is `creator`", _creator)
PIXIE_ROLE = Change("roles are `User`, `Premium` where the plan is paid, `Admin`", _pixie_role)
BARE = Change("a list and nothing around it", _bare)
ONE_PRICE = Change("`price` is the monthly one as a number, `features` a text", _one_price)
