"""A clip is judged by the length that was ordered, and then made to fit its speech; what was paid for is used."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_router.jobs.running import measure
from ai_router.providers.port import Declaration, ProviderResult
from chassis import ids
from contracts.ai_router import JobCompleted
from contracts.enums import Capability
from media.video.probe import probe
from simulators.core import media

VIDEO = Capability.VIDEO_GENERATION
SPOKEN_S = 5.2


@given(st.sets(st.integers(1, 60), min_size=1), st.none() | st.integers(-5, 100) | st.floats(0, 100))
def test_the_shortest_clip_that_is_long_enough_is_ordered(lengths: set[int], seconds: float | None) -> None:
    """Else the longest."""
    offered = tuple(sorted(lengths))
    ordered = Declaration(VIDEO, ("m",), frozenset(), "second", "none", clip_lengths=offered).ordered_s(seconds)
    enough = [] if seconds is None else [each for each in offered if each >= seconds]
    assert ordered == min(enough, default=offered[-1])


@pytest.fixture
def maker(studio: Any) -> Any:
    """A vendor that makes clips of 4, 6 or 8 seconds."""

    @dataclass
    class Maker(studio):  # type: ignore[misc, valid-type]
        clip: Path = Path()
        asked: float = 0.0

        @property
        def declarations(self) -> tuple[Declaration, ...]:
            return (Declaration(VIDEO, ("m",), frozenset(), "second", "lookup", clip_lengths=(4, 6, 8)),)

        async def fetch(self, vendor_job_id: str, ready: Any, request: Any, workspace: Any) -> ProviderResult:
            self.asked = request.parameters["duration"]
            video = await workspace.keep(self.clip, "video/mp4", role="video")
            seconds = Decimal(str(round(probe(self.clip).duration, 3)))
            return ProviderResult(outputs={"video": video}, units=seconds, vendor_job_id=vendor_job_id)

    return Maker


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A recording, its timings, a silent clip of six seconds and one with a voice of its own."""
    made = {name: tmp_path / name for name in ("speech.wav", "timings.json", "silent.mp4", "loud.wav", "spoken.mp4")}
    made["speech.wav"].write_bytes(media.wav(SPOKEN_S))
    made["timings.json"].write_text(json.dumps({"duration": SPOKEN_S, "words": [], "phonemes": []}))
    made["silent.mp4"].write_bytes(media.mp4(6.0))
    made["loud.wav"].write_bytes(media.wav(6.0))
    assert measure.fit(made["silent.mp4"], made["loud.wav"], made["spoken.mp4"], 6.0) == pytest.approx(6.0, abs=0.1)
    return made


async def _job(router: Any, a_job: Any, files: dict[str, Path], **fields: Any) -> Any:
    user = ids.uuid7()
    audio = await router.store.put_file(files["speech.wav"], f"audio/{user}/a.wav", "audio/wav")
    timings = await router.store.put_file(files["timings.json"], f"documents/{user}/t.json", "application/json")
    inputs = {"audio": audio, "timings": timings}
    return a_job(VIDEO, user_id=user, inputs=inputs, parameters={"duration": SPOKEN_S}, **fields)


@pytest.mark.parametrize(("clip", "seconds"), [("silent.mp4", SPOKEN_S), ("spoken.mp4", 6.0)])
async def test_a_paid_clip_of_the_ordered_length_is_used(
    start_router: Any, a_job: Any, maker: Any, quick: Any, files: dict[str, Path], clip: str, seconds: float
) -> None:
    """Six seconds were ordered for a speech of 5.2: a silent clip is cut and spoken, another stays as it is."""
    veo = maker(clip=files[clip])
    router = await start_router({"veo3": veo}, options=quick())
    job = await _job(router, a_job, files)
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id, timeout_s=60)
    assert (done.provider, done.cost, done.tried) == ("veo3", Decimal("0.9000"), ())
    result = await router.store.fetch(done.outputs["video"], files[clip].with_name("result.mp4"))
    found = probe(result)
    assert found.duration == pytest.approx(seconds, abs=0.15)
    assert {stream.kind for stream in found.streams} == {"video", "audio"}


async def test_what_is_ordered_is_what_is_estimated(
    start_router: Any, a_job: Any, maker: Any, quick: Any, files: dict[str, Path], studio: Any, judge: Any
) -> None:
    """Six seconds cost 0.90, though 5.2 would be within the budget."""
    veo = maker(clip=files["silent.mp4"])
    router = await start_router(
        {"veo3": veo, "local_stable_video": studio("local_stable_video")}, validator=judge(), options=quick()
    )
    job = await _job(router, a_job, files, budget=Decimal("0.85"))
    await router.tell(job)
    done = await router.wait_for(JobCompleted, job.job_id)
    assert (done.provider, veo.submits) == ("local_stable_video", 0)
