"""What is counted, and where the count decides. Pure.

A meter that a plan has a quota of decides, and the plan's credits follow it (BIL-46, BIL-47). The other ones only
count: there the credits decide (BIL-45, BIL-48).
"""

from __future__ import annotations

from collections.abc import Mapping

from billing.ledger.models import Account
from billing.plans.catalogue import UNLIMITED, Plan
from contracts.enums import Capability, ProductLineKey

WORKFLOWS, TRIMS, HOOKS, FILM_MINUTES = "workflows", "trims", "auto_hooks", "film_minutes"
IMAGE_JOBS, VIDEO_JOBS, AUDIO_JOBS, OTHER_JOBS = "image_jobs", "video_jobs", "audio_jobs", "other_jobs"

PAID_BY_CREDITS = frozenset({FILM_MINUTES, IMAGE_JOBS, VIDEO_JOBS, AUDIO_JOBS, OTHER_JOBS})
"""Counted for whoever wants to know, where a plan has no quota of them; what they cost is said by their credits."""

_OF_CAPABILITY: Mapping[str, str] = {
    Capability.IMAGE_ENHANCEMENT: IMAGE_JOBS,
    Capability.IMAGE_GENERATION: IMAGE_JOBS,
    Capability.IMAGE_EDIT: IMAGE_JOBS,
    Capability.IMAGE_UPSCALE: IMAGE_JOBS,
    Capability.VIDEO_GENERATION: VIDEO_JOBS,
    Capability.LIP_SYNC: VIDEO_JOBS,
    Capability.AUDIO_GENERATION: AUDIO_JOBS,
    Capability.MUSIC_GENERATION: AUDIO_JOBS,
    Capability.TRANSCRIPTION: AUDIO_JOBS,
}
_OF_LINE: Mapping[str, Mapping[str, str]] = {
    ProductLineKey.TALKINGPHOTO: dict.fromkeys(Capability, WORKFLOWS),
    ProductLineKey.REELY: {Capability.HOOK_DETECTION: HOOKS},
}
"""Where a single job counts as what the line's plans have quotas of: TalkingPhoto's larger plans have no credits."""

NEAR, ALL = 80, 100
"""Percent of a limit of which its owner is told."""


def meter_of_job(product_line: str, capability: str) -> str:
    """What counts a single AI job in a product line."""
    own = _OF_LINE.get(product_line, {}).get(capability)
    return own or _OF_CAPABILITY.get(capability, OTHER_JOBS)


def limit_of(plan: Plan, meter: str) -> int | None:
    """Units of ``meter`` that a plan allows a month; None where the credits decide. What a plan does not know has the
    limit 0 (BIL-46)."""
    limit = plan.quotas.get(meter)
    return limit if limit is not None or meter in PAID_BY_CREDITS else 0


def warnings_due(account: Account, plan: Plan) -> dict[str, int]:
    """By meter, the share in percent that was reached and not told of this period.

    Of credits, where the plan gives any and they decide: what is spent and held of the month's.
    """
    due = {}
    for meter, (used, limit) in shares(account, plan).items():
        if limit > 0 and used * 100 >= NEAR * limit:
            share = ALL if used >= limit else NEAR
            if share > account.warned.get(meter, 0):
                due[meter] = share
    return due


def shares(account: Account, plan: Plan) -> dict[str, tuple[int, int]]:
    """By meter that has a limit, what is used of it and the limit."""
    found = {meter: (account.used.get(meter, 0), limit) for meter, limit in plan.quotas.items() if limit != UNLIMITED}
    if not plan.quotas and account.granted > 0:
        left = sum(grant.credits for grant in account.grants if not grant.lasts)
        found["credits"] = (max(0, account.granted - left), account.granted)
    return found
