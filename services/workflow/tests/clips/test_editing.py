"""The edit list of a clip: each change makes another workflow that uses the rest again, and undoing leads back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.ai_router import SubmitJob
from contracts.billing import ReserveCredits
from contracts.enums import Capability
from workflow.clips.schemas import ClipEditIn

HOOKS = [
    {"start": 1.0, "end": 20.0, "title": "One", "reason": "a question", "score": 9.0, "text": "Why?"},
    {"start": 30.0, "end": 55.0, "title": "Two", "reason": "a claim", "score": 8.0, "text": "Never."},
]
CHANGES: list[dict[str, Any]] = [
    {"title": "Why boats sink"},
    {"without": [{"start": "0:05", "end": 6.5}]},
    {"words": [{"number": 3, "text": "Lisbon"}, {"number": 4, "text": ""}]},
    {"layout": "blur"},
    {"captions": "plain"},
    {"kept": [{"start": 0.5, "end": 4.0}, {"start": 8.0, "end": 18.0}]},
    {"aspect": "square"},
    {"title": ""},
    {"words": [{"number": 3, "text": "Porto"}]},
    {"without": [{"start": 9, "end": 10}]},
]


@pytest.fixture
def reeler() -> Identity:
    return an_identity(product_line="reely")


async def found(world: Any, who: Identity, **body: Any) -> str:
    """A hook detection that has been completed."""
    world.others.facts = {"source_fetch": {"duration": 240.0}, "hook_detection": {"hooks": HOOKS, "method": "speech"}}
    link = {"url": "https://youtu.be/fourminutes"}
    run = await world.ended(who, (await world.call(who, "POST", "/api/v1/auto-hooks", json=link | body)).json()["id"])
    assert run["status"] == "completed", run
    return str(run["id"])


async def edits(world: Any, who: Identity, run_id: str, number: int = 1) -> Any:
    return await world.call(who, "GET", f"/api/v1/workflows/{run_id}/clips/{number}/edits")


async def edit(world: Any, who: Identity, run_id: str, what: str = "", number: int = 1, **body: Any) -> Any:
    headers = body.pop("headers", {})
    path = f"/api/v1/workflows/{run_id}/clips/{number}/edits{what}"
    return await world.call(who, "POST", path, headers=headers, **({} if what else {"json": body}))


def rendered(world: Any, run_id: str) -> list[dict[str, Any]]:
    """What was asked for a run; of nothing but clips."""
    asked: list[SubmitJob] = world.others.asked(SubmitJob, UUID(run_id))
    assert {job.capability for job in asked} <= {Capability.CLIP_RENDERING}
    return [job.parameters for job in asked]


async def test_ten_edits_and_ten_undos_give_the_first_clip(shared: Any, reeler: Identity) -> None:
    """Each of them is asked for alone and counts as nothing; what is asked for last is what was asked for first."""
    first = await found(shared, reeler, clips=2)
    asked = [job.parameters for job in shared.others.asked(SubmitJob, UUID(first)) if "kept" in job.parameters]
    begun = (await edits(shared, reeler, first)).json()
    assert (begun["version"], len(begun["versions"]), begun["versions"][0]["kept"]) == (
        1,
        1,
        [{"start": 1.0, "end": 20.0}],
    )

    run_id, digests = first, [begun["digest"]]
    for number, change in enumerate(CHANGES, 2):
        answer = await edit(shared, reeler, run_id, **change)
        assert answer.status_code == 202, answer.text
        told = answer.json()
        assert (told["parent_id"], told["version"]) == (run_id, number)
        run_id = told["id"]
        run = await shared.ended(reeler, run_id)
        assert (run["status"], run["parent_id"]) == ("completed", told["parent_id"])
        assert {"clip_1", "clip_2", "hooks", "transcript"} <= set(run["results"])
        assert len(rendered(shared, run_id)) == 1
        [held] = shared.others.asked(ReserveCredits, UUID(run_id))
        assert (held.credits, held.meter, held.units) == (0, None, 0)
        digests.append(told["digest"])
    assert len(set(digests)) == len(digests)
    [last] = rendered(shared, run_id)
    assert last["kept"] == [[0.5, 4.0], [8.0, 9.0], [10.0, 18.0]]
    assert (last["rewritten"], last["aspect"]) == ([[3, "Porto"], [4, ""]], "square") and "title" not in last

    for digest in reversed(digests[:-1]):
        told = (await edit(shared, reeler, run_id, "/undo")).json()
        assert told["digest"] == digest
        run_id = told["id"]
        await shared.ended(reeler, run_id)
    assert rendered(shared, run_id) == [next(one for one in asked if one["kept"] == [[1.0, 20.0]])]
    nothing = await edit(shared, reeler, run_id, "/undo")
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (409, "nothing_to_make")
    assert len((await edits(shared, reeler, run_id)).json()["versions"]) == 11
    assert (await edit(shared, reeler, run_id, "/redo")).json()["digest"] == digests[1]
    assert (await edits(shared, reeler, first)).json() == begun, "the first workflow stays as it is"


async def test_a_moment_that_was_not_cut_becomes_a_clip_by_its_first_edit(shared: Any, reeler: Identity) -> None:
    run_id = await found(shared, reeler, longest_silence=0.6)
    headers = {"Idempotency-Key": "once"}
    answer = await edit(shared, reeler, run_id, number=2, title="Two", headers=headers)
    again = await edit(shared, reeler, run_id, number=2, title="Two", headers=headers)
    assert (answer.status_code, again.json()) == (202, answer.json()), answer.text
    run = await shared.ended(reeler, answer.json()["id"])
    assert "clip_2" in run["results"] and "clip_1" not in run["results"]
    [asked] = rendered(shared, run["id"])
    assert (asked["kept"], asked["title"], asked["longest_silence_s"]) == ([[30.0, 55.0]], "Two", 0.6)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kept": [{"start": 5, "end": 4}]}, 422, "edit_not_usable"),
        ({"without": [{"start": 0, "end": 60}]}, 422, "edit_not_usable"),
        ({"kept": [{"start": 5, "end": 9}, {"start": 8, "end": 10}]}, 422, "edit_not_usable"),
        ({"kept": [{"start": 100, "end": 300}]}, 422, "times_not_usable"),
        ({"layout": "round"}, 422, "invalid"),
        ({"title": "x" * 121}, 422, "invalid"),
        ({"words": [{"number": -1, "text": "x"}]}, 422, "invalid"),
        ({}, 409, "nothing_to_make"),
        ({"aspect": "vertical"}, 409, "nothing_to_make"),
    ],
)
async def test_what_makes_no_clip_is_refused_and_nothing_is_begun(
    shared: Any, reeler: Identity, body: dict[str, Any], status: int, code: str
) -> None:
    run_id = await found(shared, reeler)
    answer = await edit(shared, reeler, run_id, **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text
    assert (await shared.call(reeler, "GET", "/api/v1/workflows")).json()["total"] == 1


async def test_whose_clip_it_is_and_whether_it_is_there(shared: Any, reeler: Identity) -> None:
    run_id = await found(shared, reeler, clips=1)
    stranger = an_identity(product_line="reely")
    for answer in (await edits(shared, stranger, run_id), await edit(shared, stranger, run_id, title="Mine")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "workflow_not_found")
    none = await edit(shared, reeler, run_id, number=3, title="Three")
    assert (none.status_code, none.json()["error"]["code"]) == (404, "clip_not_found")
    assert (await shared.call(reeler, "DELETE", f"/api/v1/workflows/{run_id}/files")).status_code == 204
    gone = await edit(shared, reeler, run_id, title="Late")
    assert (gone.status_code, gone.json()["error"]["code"]) == (409, "results_removed")


def test_an_edit_may_have_all_that_its_fields_allow() -> None:
    stretches = [{"start": number, "end": number + 1} for number in range(100)]
    words = [{"number": number, "text": "word"} for number in range(500)]
    edit = ClipEditIn.model_validate({"kept": stretches, "without": stretches, "words": words, "title": "Why?"})
    assert (len(edit.kept or []), len(edit.without), len(edit.words)) == (100, 100, 500)
