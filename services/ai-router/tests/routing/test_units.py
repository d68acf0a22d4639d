"""How much work a job is estimated to be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ai_router.routing.router import ANSWER_TOKENS, units_of
from contracts.enums import Capability


def test_a_text_is_counted_in_characters_and_in_tokens_with_room_for_the_answer(a_job: Any) -> None:
    """A price per token must not be taken for the price of a job."""
    units = units_of(a_job(Capability.HOOK_DETECTION, parameters={"script": "x" * 300, "seed": 7}))
    assert (units["character"], units["token"]) == (Decimal(300), Decimal(ANSWER_TOKENS + 100))
    assert "second" not in units
