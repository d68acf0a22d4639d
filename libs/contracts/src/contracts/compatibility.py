"""What may change within a version of a message: a new optional field, and a value of an enumeration that is declared
to grow (CON-12)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

GROWING = frozenset({"Capability"})
"""Enumerations that may gain values, and never lose one. A reader of an older release gives a message with a new value
up into its dead letters, from where it is replayed: so a release that adds one is rolled out readers first."""


def breaking_changes(published: Schema, current: Schema) -> list[str]:
    """Why readers of ``published`` could stumble over ``current``; empty when they cannot.

    Both are JSON Schemas as Pydantic writes them. The judgement is strict: what is not known to be harmless counts.
    """
    found: list[str] = []
    _compare(_Side(published), published, _Side(current), current, "", found)
    return found


class _Side:
    def __init__(self, root: Schema) -> None:
        self._definitions: Schema = root.get("$defs", {})

    def resolve(self, schema: Schema) -> Schema:
        while (reference := schema.get("$ref")) is not None:
            schema = self._definitions[reference.rsplit("/", 1)[1]]
        return schema


_IGNORED = frozenset(
    {"title", "description", "examples", "default", "$defs", "properties", "required", "items", "anyOf"}
)


def _compare(old_side: _Side, old: Schema, new_side: _Side, new: Schema, where: str, found: list[str]) -> None:
    old, new = old_side.resolve(old), new_side.resolve(new)
    here = where or "the message"
    if "enum" in old or "enum" in new:
        before, after = set(old.get("enum", ())), set(new.get("enum", ()))
        grown = before < after and old.get("title") == new.get("title") and new.get("title") in GROWING
        if before != after and not grown:
            found.append(f"{here}: the values it may have changed")
        return
    found.extend(
        f"{here}: {keyword} was {old.get(keyword)!r}, is {new.get(keyword)!r}"
        for keyword in sorted((set(old) | set(new)) - _IGNORED)
        if old.get(keyword) != new.get(keyword)
    )
    _compare_properties(old_side, old, new_side, new, where, found)
    if "items" in old and "items" in new:
        _compare(old_side, old["items"], new_side, new["items"], f"{where}[]", found)
    olds, news = old.get("anyOf", []), new.get("anyOf", [])
    if len(olds) != len(news):
        found.append(f"{here}: the types it may have changed")
    for older, newer in zip(olds, news, strict=False):
        _compare(old_side, older, new_side, newer, where, found)


def _compare_properties(
    old_side: _Side, old: Schema, new_side: _Side, new: Schema, where: str, found: list[str]
) -> None:
    olds, news = old.get("properties", {}), new.get("properties", {})
    for name in olds:
        path = f"{where}.{name}" if where else name
        if name not in news:
            found.append(f"{path}: removed")
        else:
            _compare(old_side, olds[name], new_side, news[name], path, found)
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    found.extend(f"{name}: is required now" for name in sorted(now - was))
    found.extend(f"{name}: was always there, need not be now" for name in sorted((was - now) & set(news)))
