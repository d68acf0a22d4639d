"""A trim and a hook detection from the order to the result, and what of them is refused before anything is made."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.ai_router import JobFailed, SubmitJob
from contracts.billing import CaptureCredits, EntitlementsChanged, ReleaseCredits, ReserveCredits
from contracts.enums import Capability, Priority
from contracts.users import UserDeletionRequested

LINK = "https://youtu.be/fourminutes?t=3"
ADDRESS = "https://www.youtube.com/watch?v=fourminutes"
HOOKS = [
    {"start": 1.0, "end": 20.0, "title": "One", "reason": "a question", "score": 9.0, "text": "Why?"},
    {"start": 30.0, "end": 55.0, "title": "Two", "reason": "a claim", "score": 8.0, "text": "Never."},
    {"start": 60.0, "end": 80.0, "title": "Three", "reason": "a turn", "score": 7.0, "text": "But."},
]


@pytest.fixture
def reeler() -> Identity:
    return an_identity(product_line="reely")


def entitled(who: Identity, version: int = 1, **changes: Any) -> EntitlementsChanged:
    about: dict[str, Any] = {
        "user_id": who.user_id,
        "product_line": "reely",
        "plan": "free",
        "limits": {"trims": 5, "auto_hooks": 3},
        "used": {},
        "features": {},
        "priority": Priority.LOW,
        "run_budget": Decimal("10.00"),
        "credits_available": 0,
        "upgrades": {"trims": ("pro", "premium")},
        "max_video_seconds": 300,
        "longer_with": ("pro", "premium"),
        "version": version,
    }
    return EntitlementsChanged(**about | changes)


async def order(world: Any, who: Identity, path: str = "trim", **body: Any) -> Any:
    usual = {"url": LINK, "start": "0:10", "end": "0:40"} if path == "trim" else {"url": LINK}
    return await world.call(who, "POST", f"/api/v1/{path}", json=usual | body)


def jobs(world: Any, run_id: str) -> list[SubmitJob]:
    found: list[SubmitJob] = world.others.asked(SubmitJob, UUID(run_id))
    return found


async def test_a_part_of_a_linked_video(shared: Any, reeler: Identity) -> None:
    await shared.publish(entitled(reeler))
    shared.others.facts = {"source_fetch": {"duration": 240.0, "title": "Four minutes"}}
    answer = await order(shared, reeler, title="My part")
    assert answer.status_code == 202, answer.text
    run = await shared.ended(reeler, answer.json()["id"])
    assert (run["status"], run["workflow_type"], run["title"]) == ("completed", "clip_trim", "My part")
    look, fetch, cut = jobs(shared, run["id"])
    assert [look.capability, fetch.capability, cut.capability] == [
        Capability.SOURCE_FETCH,
        Capability.SOURCE_FETCH,
        Capability.VIDEO_TRIM,
    ]
    assert look.parameters == {"url": ADDRESS, "max_seconds": 300.0, "end": 40.0, "only_look": True}
    assert fetch.parameters == {"url": ADDRESS, "max_seconds": 300.0, "end": 40.0}
    assert cut.parameters == {"start": 10.0, "end": 40.0, "format": "mp4"}
    [held] = shared.others.asked(ReserveCredits, UUID(run["id"]))
    assert (held.meter, held.units, held.video_seconds) == ("trims", 1, 240.0)
    assert len(shared.others.asked(CaptureCredits, UUID(run["id"]))) == 1
    assert set(run["results"]) == {"video"}
    link = await shared.call(reeler, "GET", f"/api/v1/workflows/{run['id']}/download")
    assert link.json()["filename"] == "clip_trim-video.mp4"
    stranger = an_identity(product_line="reely")
    assert (await shared.call(stranger, "GET", f"/api/v1/workflows/{run['id']}/download")).status_code == 404

    assert (await shared.call(reeler, "DELETE", f"/api/v1/workflows/{run['id']}/files")).status_code == 204
    assert (await shared.call(reeler, "GET", f"/api/v1/workflows/{run['id']}/download")).status_code == 410


async def test_the_best_moments_and_clips_of_them(shared: Any, reeler: Identity) -> None:
    shared.others.facts = {
        "source_fetch": {"duration": 240.0},
        "hook_detection": {"hooks": HOOKS, "shortfall_reasons": ["there was no fourth"], "method": "speech"},
    }
    told = await order(shared, reeler, "auto-hooks", count=4, clip_length=30.0)
    assert told.status_code == 202, told.text
    run = await shared.ended(reeler, told.json()["id"])
    assert [(hook["rank"], hook["title"], hook["clip"]) for hook in run["hooks"]] == [
        (1, "One", None),
        (2, "Two", None),
        (3, "Three", None),
    ]
    assert (run["shortfall_reasons"], run["method"]) == (["there was no fourth"], "speech")
    assert set(run["results"]) == {"hooks", "transcript"}
    [asked] = [job for job in jobs(shared, run["id"]) if job.capability is Capability.HOOK_DETECTION]
    assert asked.parameters == {"count": 4, "longest_s": 30.0, "shortest_s": 15.0}
    assert set(asked.inputs) == {"video", "transcript"}
    link = await shared.call(reeler, "GET", f"/api/v1/workflows/{run['id']}/download")
    assert link.json()["filename"] == "clip_auto_hooks-hooks.json"
    [held] = shared.others.asked(ReserveCredits, UUID(run["id"]))
    assert (held.meter, held.units) == ("auto_hooks", 1)

    cut = await order(shared, reeler, "auto-hooks", clips=2, aspect="square", captions="none")
    run = await shared.ended(reeler, cut.json()["id"])
    assert [hook["clip"] for hook in run["hooks"]] == ["clip_1", "clip_2", None]
    assert {"video", "clip_1", "clip_2", "clip_1_srt", "hooks", "transcript"} <= set(run["results"])
    clips = [job.parameters for job in jobs(shared, run["id"]) if job.capability is Capability.CLIP_RENDERING]
    assert sorted(clip["kept"] for clip in clips) == [[[1.0, 20.0]], [[30.0, 55.0]]]
    assert {(clip["aspect"], clip["captions"]) for clip in clips} == {("square", "none")}


async def test_an_upload_is_neither_looked_at_nor_fetched(shared: Any, reeler: Identity) -> None:
    """A photo is no video; a video that is there is cut where it is."""
    photo = (await shared.upload(reeler)).json()["id"]
    refused = await order(shared, reeler, url=None, file_id=photo)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "source_not_usable")
    video = await a_video(shared, reeler, seconds=20.0)
    late = await order(shared, reeler, url=None, file_id=video)
    assert (late.status_code, late.json()["error"]["code"]) == (422, "times_not_usable")
    stranger = an_identity(product_line="reely")
    assert (await order(shared, stranger, url=None, file_id=video)).status_code == 422
    taken = await order(shared, reeler, url=None, file_id=video, start=1, end=2.5)
    run = await shared.ended(reeler, taken.json()["id"])
    assert run["status"] == "completed"
    assert [job.capability for job in jobs(shared, run["id"])] == [Capability.VIDEO_TRIM]
    assert shared.others.asked(ReserveCredits, UUID(run["id"]))[0].video_seconds == 20.0
    await shared.publish(entitled(reeler, max_video_seconds=10))
    long = await order(shared, reeler, url=None, file_id=video, start=1, end=2.5)
    assert (long.status_code, long.json()["error"]["code"]) == (402, "video_too_long")
    assert long.json()["error"]["details"]["upgrade_to"] == ["pro", "premium"]


async def a_video(world: Any, who: Identity, seconds: float) -> str:
    """An upload as intake records one, without its bytes: nobody here opens it."""
    file_id = ids.uuid7()
    async with world.database.transaction() as tx:
        await tx.execute(
            "INSERT INTO files (id, user_id, product_line, original_name, purpose, storage_backend, storage_key, "
            "file_size, mime_type, checksum, kind, scan_status, duration) VALUES "
            "($1, $2, 'reely', 'talk.mp4', 'input', 'store', 'videos/talk', 9, 'video/mp4', $3, 'video', 'clean', $4)",
            file_id,
            who.user_id,
            "0" * 64,
            seconds,
        )
    return str(file_id)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://videos.example/watch?v=fourminutes"}, "url"),
        ({"url": "https://www.youtube.com/playlist?list=PL1"}, "url"),
        ({"url": "https://user:x@youtube.com/watch?v=fourminutes"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "http://127.0.0.1:8000/watch?v=fourminutes"}, "url"),
        ({"url": None}, ""),
        ({"file_id": str(ids.uuid7())}, ""),
        ({"start": "0:40", "end": "0:10"}, ""),
        ({"start": "soon"}, "start"),
        ({"end": "1:75"}, "end"),
        ({"output_format": "avi"}, "output_format"),
    ],
)
async def test_what_cannot_be_cut_is_refused_with_the_field(
    shared: Any, reeler: Identity, body: dict[str, Any], field: str
) -> None:
    answer = await order(shared, reeler, **body)
    assert answer.status_code == 422, answer.text
    assert field in str(answer.json()["error"]["fields"])
    assert (await shared.call(reeler, "GET", "/api/v1/workflows")).json()["total"] == 0


async def test_the_month_decides_and_each_line_sells_its_own(shared: Any, reeler: Identity, somebody: Identity) -> None:
    await shared.publish(entitled(reeler, used={"trims": 5}))
    refused = await order(shared, reeler)
    assert (refused.status_code, refused.json()["error"]["code"]) == (402, "quota_exceeded")
    assert refused.json()["error"]["details"]["upgrade_to"] == ["pro", "premium"]
    assert (await order(shared, somebody)).status_code == 409
    photo_path = await shared.call(
        reeler,
        "POST",
        "/api/v1/workflows",
        json={"workflow_type": "clip_trim", "script": "Hello.", "input_file_id": str(ids.uuid7())},
    )
    assert photo_path.status_code == 409
    assert "POST /api/v1/trim" in photo_path.json()["error"]["message"]


async def test_a_refused_video_costs_nothing_and_says_why(shared: Any, reeler: Identity) -> None:
    refusal = JobFailed(
        job_id=ids.uuid7(),
        user_id=reeler.user_id,
        capability=Capability.SOURCE_FETCH,
        failure="input",
        code="SOURCE_PRIVATE",
        message="This video is private. Ask its owner.",
        retryable=False,
        attempts=1,
        cost=Decimal(0),
    )
    shared.others.fail["source_fetch"] = [refusal]
    run = await shared.ended(reeler, (await order(shared, reeler)).json()["id"])
    assert (run["status"], run["error"]["code"], run["error"]["step"]) == ("failed", "SOURCE_PRIVATE", "look")
    assert shared.others.asked(ReserveCredits, UUID(run["id"])) == []
    # Found, and gone when it was to be brought: what was counted is given back.
    shared.others.facts = {"source_fetch": {"duration": 240.0}}
    shared.others.fail["video_trim"] = [refusal.model_copy(update={"capability": Capability.VIDEO_TRIM})]
    run = await shared.ended(reeler, (await order(shared, reeler)).json()["id"])
    assert run["status"] == "failed"
    assert len(shared.others.asked(ReleaseCredits, UUID(run["id"]))) == 1
    assert run["credits"]["captured"] == 0


async def test_repeating_an_order_with_its_key_begins_one_run(shared: Any, reeler: Identity) -> None:
    body = {"url": LINK, "start": 1, "end": "0:03"}
    first, again = [
        await shared.call(reeler, "POST", "/api/v1/trim", json=body, headers={"Idempotency-Key": "k1"}) for _ in "12"
    ]
    assert first.json()["id"] == again.json()["id"]
    assert first.headers["Location"] == f"/api/v1/workflows/{first.json()['id']}"
    await shared.ended(reeler, first.json()["id"])
    rerun = await shared.call(reeler, "POST", f"/api/v1/workflows/{first.json()['id']}/rerun", json={})
    assert rerun.status_code == 409


async def test_of_somebody_forgotten_neither_the_video_nor_what_is_said_in_it_is_known(
    shared: Any, reeler: Identity
) -> None:
    shared.others.facts = {
        "source_fetch": {"duration": 240.0, "title": "My own words"},
        "hook_detection": {"hooks": HOOKS, "shortfall_reasons": [], "method": "speech"},
    }
    run = await shared.ended(reeler, (await order(shared, reeler, "auto-hooks", title="Mine")).json()["id"])
    assert run["hooks"]
    await shared.publish(UserDeletionRequested(user_id=reeler.user_id, ask=1))

    async def emptied() -> Any:
        async with shared.database.connection() as connection:
            row = await connection.fetchrow("SELECT * FROM runs WHERE id = $1", UUID(run["id"]))
        return row if row["title"] is None else None

    row = await shared.wait_for(emptied)
    known = f"{row['input']} {row['state']}"
    assert not [word for word in ("fourminutes", "My own words", "Mine", "Never.", "a claim") if word in known]
