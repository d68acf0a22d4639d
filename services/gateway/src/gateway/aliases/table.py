"""All source paths (GTW-03)."""

from __future__ import annotations

from gateway.aliases.alias import Alias
from gateway.aliases.products import filmstudio, pixie, reely, talkingphoto

ALIASES: tuple[Alias, ...] = (*talkingphoto.ALIASES, *reely.ALIASES, *filmstudio.ALIASES, *pixie.ALIASES)


def by_source() -> dict[tuple[str, str], tuple[Alias, ...]]:
    """What has to be rewritten, by method and path; several where products share one and each says it its own way.

    Of one path the names in braces differ between products: each row fills its own in, by their order.
    """
    found: dict[tuple[str, str], tuple[Alias, ...]] = {}
    for row in ALIASES:
        if not row.is_unified:
            key = row.method, _shape(row.path)
            found[key] = (*found.get(key, ()), row)
    return found


def _shape(path: str) -> str:
    """``/api/files/{fileId}`` as ``/api/files/{1}``: what makes two paths one."""
    parts = path.rstrip("/").split("/")
    return "/".join(f"{{{number}}}" if part.startswith("{") else part for number, part in enumerate(parts))
