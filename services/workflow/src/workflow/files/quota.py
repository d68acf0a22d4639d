"""How much a plan lets one keep, and how large one file may be (FIL-27)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from workflow.files.errors import FileTooLarge, StorageFull
from workflow.files.kinds import Kind

MEBIBYTE = 1 << 20
FREE_PLAN = "free"


class Allowance(NamedTuple):
    """In bytes: all files together, and one sound or video. Photos have one limit on every plan."""

    storage: int
    media: int


FREE = Allowance(storage=1024 * MEBIBYTE, media=200 * MEBIBYTE)
PAID = Allowance(storage=20 * 1024 * MEBIBYTE, media=500 * MEBIBYTE)


class Usage(NamedTuple):
    """What is kept, what is on its way, and the plan that this is allowed by."""

    kept: int
    arriving: int
    plan: str
    limits: Mapping[str, int]


def allowance(plan: str, limits: Mapping[str, int]) -> Allowance:
    """What a plan allows: its own ``storage_mb`` and ``upload_mb``, else what free or paid plans have."""
    usual = FREE if plan == FREE_PLAN else PAID
    return Allowance(
        storage=limits["storage_mb"] * MEBIBYTE if "storage_mb" in limits else usual.storage,
        media=limits["upload_mb"] * MEBIBYTE if "upload_mb" in limits else usual.media,
    )


def check(usage: Usage, size: int, kind: Kind | None) -> None:
    """Raise ``FileTooLarge`` or ``StorageFull`` for a file of ``size`` bytes; ``kind`` where it is known yet."""
    allowed = allowance(usage.plan, usage.limits)
    most = kind.most if kind is not None and kind.is_photo else allowed.media
    if 0 <= most < size:
        raise FileTooLarge(
            f"The file has {size:,} bytes; at most {most:,} are taken on the plan {usage.plan}.",
            fields={"file": f"at most {most:,} bytes"},
            details={"limit": most, "size": size, "plan": usage.plan},
        )
    used = usage.kept + usage.arriving
    if 0 <= allowed.storage < used + size:
        raise StorageFull(
            f"{used:,} of {allowed.storage:,} bytes are used on the plan {usage.plan}; this file has {size:,}. "
            "Delete files, or choose a larger plan.",
            details={"limit": allowed.storage, "used": used, "size": size, "plan": usage.plan},
        )
