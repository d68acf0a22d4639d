"""Scripts of two to twenty-five seconds by Veo and Runway, with the judge that production has: nothing that is paid is
thrown away, sound and length are right, and the books say what the vendor's own ledger says."""

from __future__ import annotations

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ai_router.jobs.running.vendor import Polling
from ai_router.providers.port import Running
from chassis import ids
from contracts.ai_router import CostRecorded, JobCompleted
from contracts.enums import Capability, Quality
from media.video.probe import probe
from simulators.matrix.scenarios import bench

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"
SCRIPTS = (
    "We open at nine, and the coffee is on the house all day long today.",
    "Twelve chairs, four tables and one long bench: that is what we build in a week, by hand, from the oak of our own "
    "valley. Come and see how it is done, and take one home with you when you like it.",
    "Good morning, everybody.",
    "Our bicycles are mended while you wait. It takes us ten minutes to change a tube.",
    "Have you ever wondered why bread from the oven smells so good? It is the crust. And ours is baked twice.",
    "Tomorrow it rains. So come today, walk with us through the garden, and learn the names of forty roses.",
    "This is the smallest camera that we have made so far. It fits into your pocket, it sees in the dark, and it runs "
    "for three days before it wants to be charged again.",
    "Hello, and goodbye: we are moving to the other side of the street.",
    "A good knife is sharp, light and a little bit beautiful. Ours are forged in the village where my grandfather was "
    "born. Each of them has a number, and each comes back to us once a year to be ground again. It costs nothing, "
    "for as long as you live.",
    "Ask us anything. We answer within a day.",
)
NUMBER = int(os.environ.get("PAID_SCRIPTS", "2"))
"""How many of them; all ten by ``make chaos``."""


@pytest.fixture
async def vendors(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Every vendor with its simulator, in this process; asked again at once."""
    made = bench()

    def at_once(poll: Any) -> Any:
        async def impatient(*arguments: Any) -> Any:
            answer = await poll(*arguments)
            return replace(answer, poll_after_s=None) if isinstance(answer, Running) else answer

        return impatient

    for key in ("veo3", "runway_act2"):
        kind = type(made.providers[key])
        monkeypatch.setattr(kind, "poll", at_once(kind.poll))  # type: ignore[attr-defined]
    yield made
    await made.client.aclose()


@pytest.mark.parametrize(
    ("maker", "vendor", "quality"),
    [
        ("veo3", "veo", Quality.BALANCED),
        ("runway_act2", "runway", Quality.PREMIUM),
    ],
)
async def test_every_paid_clip_is_used(
    start_router: Any, a_job: Any, vendors: Any, quick: Any, tmp_path: Path, maker: str, vendor: str, quality: Quality
) -> None:
    """Each film by its vendor and by nobody before it."""
    patience = Polling(first_s=0.01, most_s=0.1, stop_s=90.0)
    router = await start_router({maker: vendors.providers[maker]}, options=quick(polling=patience))
    user, spent = ids.uuid7(), Decimal(0)
    photo = await router.store.put_file(PORTRAIT, f"images/{user}/p.jpg", "image/jpeg")
    for script in SCRIPTS[:NUMBER]:
        said = {"script": script, "language": "en", "voice": "female"}
        speech = await _done(router, a_job(Capability.AUDIO_GENERATION, user_id=user, parameters=said))
        seconds = speech.measures["duration"]
        film = await _done(
            router,
            a_job(
                Capability.VIDEO_GENERATION,
                user_id=user,
                inputs={"image": photo, **speech.outputs},
                parameters={**said, "duration": seconds},
                quality=quality,
                minimum_score=7.0,
            ),
        )
        assert (film.provider, film.tried) == (maker, ()), (script, film.measures)
        assert film.score >= 7.0 and film.warnings == (), (script, film.measures)
        made = probe(await router.store.fetch(film.outputs["video"], tmp_path / "film.mp4"))
        assert any(stream.kind == "audio" for stream in made.streams)
        assert made.duration == pytest.approx(seconds, abs=0.6), script
        spent += film.cost
    calls = await router.fetch("SELECT state, units, cost FROM provider_calls WHERE paid")
    assert [call["state"] for call in calls if call["state"] != "succeeded"] == []
    ordered_s = sum((_seconds(entry.body) for entry in vendors.simulators[vendor].ledger.entries), Decimal(0))
    price = {"veo3": Decimal("0.15"), "runway_act2": Decimal("0.20")}[maker]
    booked = sum((cost.cost for cost in router.events(CostRecorded)), Decimal(0))
    assert len(calls) == len(vendors.simulators[vendor].ledger)
    assert booked == spent == sum((call["cost"] for call in calls), Decimal(0))
    assert spent == pytest.approx(ordered_s * price, abs=Decimal("0.02") * len(calls))


def _seconds(body: Any) -> Decimal:
    """How long a clip the vendor was asked for."""
    found = body.get("duration") or body.get("parameters", {}).get("durationSeconds")
    return Decimal(str(found))


async def _done(router: Any, job: Any) -> Any:
    await router.tell(job)
    return await router.wait_for(JobCompleted, job.job_id, timeout_s=180)
