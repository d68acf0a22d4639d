"""How long what a project becomes may be, by its owner's plan. Pure."""

from __future__ import annotations

from workflow.accounts.entitlement import Entitlement
from workflow.projects.errors import TooLong


def check_length(minutes: int | None, entitlement: Entitlement | None) -> None:
    """Whether so many minutes are within what the plan allows, as far as that is known; raises ``TooLong``."""
    longest = entitlement.max_video_seconds if entitlement is not None else None
    if minutes is None or longest is None or entitlement is None or minutes * 60 <= longest:
        return
    most = longest // 60
    words = f"{most} minute{'s' if most != 1 else ''}" if most else f"{longest} seconds"
    raise TooLong(
        f"On the {entitlement.plan} plan a film has at most {words}, and this one is to have {minutes}. "
        "Make it shorter, or choose a larger plan.",
        fields={"duration": f"at most {most} on this plan"},
        details={"limit": most, "plan": entitlement.plan, "upgrade_to": list(entitlement.longer_with)},
    )
