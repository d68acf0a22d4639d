"""What others say, in the engine's words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chassis import ids
from contracts.ai_router import JobCompleted
from contracts.enums import Capability
from workflow.engine.signals import Answered
from workflow.runs.translation import translate


def _completed(**fields: Any) -> Answered:
    translated = translate(
        JobCompleted(
            job_id=ids.uuid7(),
            run_id=ids.uuid7(),
            user_id=ids.uuid7(),
            capability=Capability.AUDIO_GENERATION,
            provider="somebody",
            outputs={},
            attempts=1,
            cost=Decimal(0),
            seconds=1.0,
            **fields,
        )
    )
    assert translated is not None and isinstance(translated[1], Answered)
    return translated[1]


def test_people_are_told_words_and_not_codes() -> None:
    """Of a low quality the gate speaks; what a provider says of its own result is told as it is."""
    told = _completed(warnings=("low_quality", "model_ignored", "clips of 4 seconds")).warnings
    assert told == ("The model that was asked for is not offered by the service that made this.", "clips of 4 seconds")


def test_how_long_a_speech_is_is_learnt_from_what_was_measured() -> None:
    assert _completed(measures={"duration": 5.2, "loudness": -16.0}).data == {"duration": 5.2}
    assert _completed().data == {}
