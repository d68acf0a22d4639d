"""Films: the plan that is saved and changed, what of it is there, what making the rest takes, and whose it is."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from chassis import ids
from chassis.identity.tokens import Identity
from chassis.testing.tokens import an_identity
from contracts.ai_router import CapabilityPriced, JobFailed, SubmitJob
from contracts.billing import EntitlementsChanged, ReserveCredits
from contracts.enums import Capability, Priority

LINES = [
    "The river begins as a thread of water between two stones, and nobody notices it there.",
    "Further down it has a name, and bridges, and children who throw sticks from them in spring.",
    "The mills came first, and then the town, which took its colour from the water.",
    "At the end it is so wide that you cannot say where the river stops and the sea begins.",
]
SCRIPT = "\n\n".join(LINES)


@pytest.fixture
def asha() -> Identity:
    return an_identity(product_line="filmstudio")


async def told(world: Any, who: Identity, *, credits: int = 33, seconds: int = 600, version: int = 1) -> None:
    await world.publish(
        EntitlementsChanged(
            user_id=who.user_id,
            product_line="filmstudio",
            plan="standard",
            limits={},
            features={},
            priority=Priority.NORMAL,
            run_budget=Decimal("100.00"),
            credits_available=credits,
            version=version,
            max_video_seconds=seconds,
            longer_with=("pro",),
            credits_per_minute=3,
        )
    )


async def a_project(world: Any, who: Identity, **fields: Any) -> str:
    picture = (await world.upload(who)).json()["id"]
    body = {"title": "The river", "script": SCRIPT, "images": [picture], "duration": 1, "music": "calm", **fields}
    made = await world.call(who, "POST", "/api/v1/projects", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def film(world: Any, who: Identity, project: str, path: str = "generate", **body: Any) -> dict[str, Any]:
    """Order it, and wait for its end."""
    ordered = await world.call(who, "POST", f"/api/v1/projects/{project}/{path}", json=body)
    assert ordered.is_success, ordered.text
    run: dict[str, Any] = await world.ended(who, ordered.json()["id"])

    async def known() -> bool:
        found = (await world.call(who, "GET", f"/api/v1/projects/{project}")).json()
        return found["status"] in ("complete", "failed")

    await world.wait_for(known)
    return run


async def plan_of(world: Any, who: Identity, project: str) -> dict[str, Any]:
    answer = await world.call(who, "GET", f"/api/v1/projects/{project}/plan")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def shots(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [shot for scene in plan["scenes"] for shot in scene["shots"]]


def states(plan: dict[str, Any]) -> dict[tuple[str, str], str]:
    parts = {(shot["id"], one["kind"]): one["state"] for shot in shots(plan) for one in shot["artefacts"]}
    return parts | {("", one["kind"]): one["state"] for one in plan["artefacts"]}


def asked(world: Any, capability: Capability) -> list[SubmitJob]:
    return [command for command in world.others.asked(SubmitJob) if command.capability is capability]


async def test_a_film_is_planned_made_changed_in_one_line_and_that_alone_is_made_and_paid_for(
    world: Any, asha: Identity
) -> None:
    world.others.facts["audio_generation"] = {"duration": 4.0}
    await told(world, asha)
    project = await a_project(world, asha)
    made = await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json={"definition": "draft"})
    assert made.status_code == 201, made.text
    plan = made.json()
    assert "".join(shot["text"] for shot in shots(plan)) == SCRIPT
    assert sum(shot["seconds"] for shot in shots(plan)) == pytest.approx(60, abs=0.02)
    assert (plan["credits"], set(states(plan).values())) == (3, {"missing"})

    run = await film(world, asha, project)
    assert (run["status"], run["credits"]["captured"]) == ("completed", 3)
    assert {"video", "srt", "vtt", "music"} <= run["results"].keys()
    assert not {"film", "pictures", "takes", "plan_version"} & run["input"].keys(), "they are ours"
    nodes = await world.fetch(
        "SELECT parents, parameters::text AS parameters, step FROM lineage WHERE run_id IS NOT NULL"
    )
    assert all(LINES[0] not in node["parameters"] and "pictures" not in node["parameters"] for node in nodes)
    assert all(len(node["parents"]) <= 2 for node in nodes if node["step"] == "shots"), "its own voice, and no other"
    plan = await plan_of(world, asha, project)
    assert (set(states(plan).values()), plan["to_make"], plan["credits"]) == ({"current"}, 0, 0)
    first = {name: len(asked(world, name)) for name in (Capability.AUDIO_GENERATION, Capability.FILM_SHOT)}

    spoken = [shot for shot in shots(plan) if shot["spoken"]]
    changed = spoken[1]["id"]
    answer = await world.call(
        asha, "PATCH", f"/api/v1/projects/{project}/plan/shots/{changed}", json={"text": "Further down it has a name."}
    )
    assert answer.status_code == 200, answer.text
    plan = answer.json()
    stale = {key for key, state in states(plan).items() if state == "stale"}
    assert stale == {(changed, "voice"), (changed, "subtitle"), (changed, "clip"), ("", "film")}
    assert (plan["to_make"], plan["credits"]) == (1, 3)
    script = (await world.call(asha, "GET", f"/api/v1/projects/{project}")).json()["script"]
    assert script == "".join(shot["text"] for shot in shots(plan)) and "it has a name." in script

    run = await film(world, asha, project)
    assert run["status"] == "completed"
    assert len(asked(world, Capability.AUDIO_GENERATION)) == first[Capability.AUDIO_GENERATION] + 1
    assert len(asked(world, Capability.FILM_SHOT)) == first[Capability.FILM_SHOT] + 1
    assert [one.credits for one in world.others.asked(ReserveCredits)] == [3, 3]

    # Back to the take of before: it is there, and nothing but the joining is left to do.
    takes = (await world.call(asha, "GET", f"/api/v1/projects/{project}/plan/shots/{changed}/takes")).json()
    assert [(one["take"], one["current"]) for one in takes["items"]] == [(2, True), (1, False)]
    answer = await world.call(
        asha, "POST", f"/api/v1/projects/{project}/plan/shots/{changed}/restore", json={"take": 1}
    )
    assert answer.status_code == 200, answer.text
    parts = {key: state for key, state in states(answer.json()).items() if key[0] == changed}
    assert set(parts.values()) == {"current"}
    other = f"/api/v1/projects/{project}/plan/shots/{spoken[2]['id']}"
    assert (await world.call(asha, "PATCH", other, json={"text": "The mills came first."})).is_success
    run = await film(world, asha, project)
    takes = (await world.call(asha, "GET", f"/api/v1/projects/{project}/plan/shots/{changed}/takes")).json()
    assert [(one["take"], one["current"]) for one in takes["items"]] == [(2, False), (1, True)], "numbers stay"
    kept = await world.fetch("SELECT cardinality(run_ids) AS runs FROM film_takes WHERE project_id = $1", project)
    assert {row["runs"] for row in kept} == {1, 2, 3}, "each run once"
    # What the newest film is made of belongs to the first as well, and stays when the newest is removed.
    assert (await world.call(asha, "DELETE", f"/api/v1/workflows/{run['id']}/files")).is_success
    takes = (await world.call(asha, "GET", f"/api/v1/projects/{project}/plan/shots/{changed}/takes")).json()
    assert [one["take"] for one in takes["items"]] == [2, 1]
    parts = states(await plan_of(world, asha, project))
    assert parts[changed, "clip"] == "current" and parts[spoken[2]["id"], "clip"] == "stale"
    actions = {
        line["action"] for line in (await world.call(asha, "GET", f"/api/v1/projects/{project}/logs")).json()["items"]
    }
    assert {"created", "plan_made", "plan_changed", "generation_started", "generation_completed"} <= actions


async def test_what_is_locked_stays_and_what_is_approved_is_looked_at_again(world: Any, asha: Identity) -> None:
    await told(world, asha)
    project = await a_project(world, asha, music=None)
    await film(world, asha, project)
    plan = await plan_of(world, asha, project)
    kept, other = shots(plan)[1]["id"], next(shot["id"] for shot in shots(plan)[2:] if shot["spoken"])
    path = f"/api/v1/projects/{project}/plan/shots"
    assert (await world.call(asha, "PATCH", f"{path}/{kept}", json={"locked": True, "approved": True})).is_success
    assert (await world.call(asha, "PATCH", f"{path}/{kept}", json={"text": "No."})).status_code == 409
    assert (await world.call(asha, "POST", f"{path}/{kept}/retake")).status_code == 409
    approved = await world.call(asha, "PATCH", f"{path}/{other}", json={"approved": True})
    assert next(shot for shot in shots(approved.json()) if shot["id"] == other)["approved"] is True
    retaken = await world.call(asha, "POST", f"{path}/{other}/retake")
    shot = next(shot for shot in shots(retaken.json()) if shot["id"] == other)
    assert (shot["approved"], shot["take"]) == (False, 1)
    assert states(retaken.json())[other, "voice"] == "current"
    assert states(retaken.json())[other, "clip"] == "stale"

    before = {name: len(asked(world, name)) for name in (Capability.AUDIO_GENERATION, Capability.FILM_SHOT)}
    run = await film(world, asha, project, "regenerate")
    assert run["status"] == "completed"
    spoken = sum(bool(shot["spoken"]) for shot in shots(plan))
    locked_speaks = bool(next(shot for shot in shots(plan) if shot["id"] == kept)["spoken"])
    assert (
        len(asked(world, Capability.AUDIO_GENERATION)) == before[Capability.AUDIO_GENERATION] + spoken - locked_speaks
    )
    assert len(asked(world, Capability.FILM_SHOT)) == before[Capability.FILM_SHOT] + len(shots(plan)) - 1
    stale_version = {"version": 1, "approved": True}
    assert (await world.call(asha, "PATCH", f"{path}/{other}", json=stale_version)).status_code == 409


async def test_a_shot_that_cannot_be_made_gives_all_back_and_what_was_made_is_used_again(
    world: Any, asha: Identity
) -> None:
    await told(world, asha)
    project = await a_project(world, asha, music=None)
    world.others.fail["film_shot"] = [
        JobFailed(
            job_id=ids.uuid7(),
            user_id=asha.user_id,
            capability=Capability.FILM_SHOT,
            failure="input",
            code="input",
            message="This picture cannot be shown.",
            retryable=False,
            attempts=1,
            cost=Decimal(0),
        )
    ]
    run = await film(world, asha, project)
    assert (run["status"], run["credits"]["captured"], run["credits"]["returned"]) == ("failed", 0, True)
    assert (await world.call(asha, "GET", f"/api/v1/projects/{project}")).json()["status"] == "failed"
    plan = await plan_of(world, asha, project)
    assert [state for (_, kind), state in states(plan).items() if kind == "clip"].count("missing") == 1
    # Nobody has paid for what is there.
    assert (plan["credits"], plan["to_make"]) == (3, len(shots(plan)))
    voices, clips = len(asked(world, Capability.AUDIO_GENERATION)), len(asked(world, Capability.FILM_SHOT))
    # Whoever has the failed run tried again has a film under way, whatever the project's status says.
    world.others.mute.add(ReserveCredits)
    assert (await world.call(asha, "POST", f"/api/v1/workflows/{run['id']}/retry")).is_success
    busy = await world.call(asha, "POST", f"/api/v1/projects/{project}/generate", json={})
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "film_under_way")
    assert (await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json={})).status_code == 409
    world.others.mute.clear()
    assert (await world.call(asha, "POST", f"/api/v1/workflows/{run['id']}/cancel")).is_success
    await world.ended(asha, run["id"])
    # And while a newer film is under way, an older one is not tried again beside it.
    world.others.mute.add(ReserveCredits)
    plan = await plan_of(world, asha, project)
    newer = (await world.call(asha, "POST", f"/api/v1/projects/{project}/generate", json={})).json()
    assert (newer["estimated_time"], newer["credits"]) == (plan["estimated_time"], plan["credits"]), "one computation"
    beside = await world.call(asha, "POST", f"/api/v1/workflows/{run['id']}/retry")
    assert (beside.status_code, beside.json()["error"]["code"]) == (409, "workflow_state")
    world.others.mute.clear()
    assert (await world.call(asha, "POST", f"/api/v1/workflows/{newer['id']}/cancel")).is_success
    await world.ended(asha, newer["id"])
    again = await film(world, asha, project)
    assert (again["status"], again["credits"]["captured"]) == ("completed", 3)
    kept = await world.fetch("SELECT input::text AS input FROM runs WHERE id = $1", again["id"])
    assert json.loads(kept[0]["input"])["paces"].keys() >= {"speak"}, "so that what is left of it is told"
    assert len(asked(world, Capability.AUDIO_GENERATION)) == voices
    assert len(asked(world, Capability.FILM_SHOT)) == clips + 1


async def test_lengths_and_credits_are_looked_at_before_anything_is_taken(world: Any, asha: Identity) -> None:
    await told(world, asha, credits=3, seconds=60)
    too_long = await world.call(asha, "POST", "/api/v1/projects", json={"title": "Long", "duration": 2})
    assert (too_long.status_code, too_long.json()["error"]["code"]) == (422, "too_long")
    assert too_long.json()["error"]["details"]["upgrade_to"] == ["pro"]
    one, two = await a_project(world, asha), await a_project(world, asha)
    longer = await world.call(asha, "PUT", f"/api/v1/projects/{one}", json={"duration": 2})
    assert longer.status_code == 422
    # Billing is silent: what the first holds is not in the copy yet.
    world.others.mute.add(ReserveCredits)
    orders = [world.call(asha, "POST", f"/api/v1/projects/{id}/generate", json={}) for id in (one, two)]
    answers = await asyncio.gather(*orders)
    assert sorted(answer.status_code for answer in answers) == [202, 402]
    refused = next(answer for answer in answers if answer.status_code == 402)
    assert refused.json()["error"]["code"] == "insufficient_credits"
    accepted = one if answers[0].status_code == 202 else two
    busy = await world.call(asha, "POST", f"/api/v1/projects/{accepted}/generate", json={})
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "film_under_way")


async def test_a_script_that_does_not_fit_is_advised_and_an_edited_plan_is_not_overwritten(
    world: Any, asha: Identity
) -> None:
    await told(world, asha)
    project = await a_project(world, asha, script=" ".join(LINES * 12))
    refused = await world.call(asha, "POST", f"/api/v1/projects/{project}/generate", json={})
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (422, "script_does_not_fit")
    assert "minutes" in error["message"] and world.others.asked(ReserveCredits) == []
    assert (await world.call(asha, "PUT", f"/api/v1/projects/{project}", json={"script": SCRIPT})).is_success
    assert (await world.call(asha, "GET", f"/api/v1/projects/{project}/plan")).status_code == 404
    plan = (await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json={})).json()
    path = f"/api/v1/projects/{project}/plan/shots/{shots(plan)[2]['id']}"
    assert (await world.call(asha, "PATCH", path, json={"motion": "still"})).is_success
    assert (await world.call(asha, "PUT", f"/api/v1/projects/{project}", json={"script": LINES[0]})).is_success
    assert (await plan_of(world, asha, project))["outdated"] is True
    outdated = await world.call(asha, "POST", f"/api/v1/projects/{project}/generate", json={})
    assert (outdated.status_code, outdated.json()["error"]["code"]) == (409, "plan_outdated")
    assert (await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json={})).status_code == 201
    short = await world.call(asha, "POST", f"/api/v1/projects/{project}/generate", json={})
    assert short.status_code == 202 and short.json()["warnings"]


async def test_who_speaks_stays_when_the_script_changes(world: Any, asha: Identity) -> None:
    await told(world, asha)
    project = await a_project(world, asha, script=f"MIRA: {LINES[0]}\n\n{LINES[1]}")
    cast = {"characters": [{"name": "Mira", "voice": "female"}]}
    plan = (await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json=cast)).json()
    assert {shot["speaker"] for shot in shots(plan) if shot["spoken"]} == {"Mira", ""}
    changed = await world.call(asha, "PUT", f"/api/v1/projects/{project}", json={"script": f"MIRA: {LINES[2]}"})
    assert changed.is_success
    assert (await world.call(asha, "POST", f"/api/v1/projects/{project}/generate", json={})).status_code == 202
    assert {shot["speaker"] for shot in shots(await plan_of(world, asha, project)) if shot["spoken"]} == {"Mira"}


async def test_pictures_that_are_not_there_are_drawn_once_and_a_shot_s_own_words_draw_it_alone_anew(
    world: Any, asha: Identity
) -> None:
    await told(world, asha)
    project = await a_project(world, asha, images=[], music=None)
    wish = {"imagery": "pictures", "style": "Watercolour."}
    plan = (await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json=wish)).json()
    told_shots = {shot["id"]: shot for shot in shots(plan) if shot["kind"] == "picture"}
    parts = states(plan)
    assert {id for id, kind in parts if kind == "picture"} == told_shots.keys() and set(parts.values()) == {"missing"}

    run = await film(world, asha, project)
    assert (run["status"], run["credits"]["captured"]) == ("completed", 3)
    assert "prompts" not in run["input"]
    drawn = asked(world, Capability.IMAGE_GENERATION)
    assert sorted(one.parameters["prompt"] for one in drawn) == sorted(
        f"{shot['spoken'] or 'The river'}\n\nWatercolour." for shot in told_shots.values()
    )
    assert len({one.parameters["seed"] for one in drawn}) == len(drawn) == len(told_shots)
    assert {(one.parameters["width"], one.parameters["height"]) for one in drawn} == {(1280, 720)}
    pictures = {one.inputs["image"].key for one in asked(world, Capability.FILM_SHOT) if "image" in one.inputs}
    assert pictures == {f"test/drawn-{one.job_id}.png" for one in drawn}
    assert set(states(await plan_of(world, asha, project)).values()) == {"current"}

    first, other = sorted(told_shots)[:2]
    path = f"/api/v1/projects/{project}/plan/shots"
    plan = (
        await world.call(asha, "PATCH", f"{path}/{first}", json={"prompt": "Two stones, a thread of water. "})
    ).json()
    assert {key for key, state in states(plan).items() if state == "stale"} == {
        (first, "picture"),
        (first, "clip"),
        ("", "film"),
    }
    mine = (await world.upload(asha)).json()["id"]
    plan = (await world.call(asha, "PATCH", f"{path}/{other}", json={"picture": mine})).json()
    assert (other, "picture") not in states(plan) and plan["to_make"] == 2
    voices = len(asked(world, Capability.AUDIO_GENERATION))
    assert (await film(world, asha, project))["status"] == "completed"
    (again,) = asked(world, Capability.IMAGE_GENERATION)[len(drawn) :]
    assert again.parameters["prompt"] == "Two stones, a thread of water.\n\nWatercolour."
    assert len(asked(world, Capability.AUDIO_GENERATION)) == voices
    # Another take is another picture, and the one before is gone back to.
    retaken = (await world.call(asha, "POST", f"{path}/{first}/retake")).json()
    assert states(retaken)[first, "picture"] == "stale"
    restored = (await world.call(asha, "POST", f"{path}/{first}/restore", json={"take": 1})).json()
    shot = next(one for one in shots(restored) if one["id"] == first)
    assert (shot["prompt"], {one["state"] for one in shot["artefacts"]}) == ("", {"current"})
    assert (await world.call(asha, "PATCH", f"{path}/{first}", json={"locked": True})).is_success
    assert (await world.call(asha, "PATCH", f"{path}/{first}", json={"prompt": "Fire."})).status_code == 409


async def test_a_drawing_that_fails_gives_all_back_and_the_others_are_not_drawn_again(
    world: Any, asha: Identity
) -> None:
    await told(world, asha)
    project = await a_project(world, asha, images=[], music=None)
    failed = JobFailed(
        job_id=ids.uuid7(),
        user_id=asha.user_id,
        capability=Capability.IMAGE_GENERATION,
        failure="input",
        code="input",
        message="This cannot be drawn.",
        retryable=False,
        attempts=1,
        cost=Decimal(0),
    )
    world.others.fail["image_generation"] = [failed]
    run = await film(world, asha, project, imagery="pictures")
    assert (run["status"], run["credits"]["captured"], run["credits"]["returned"]) == ("failed", 0, True)
    drawn = len(asked(world, Capability.IMAGE_GENERATION))
    assert drawn > 2 and asked(world, Capability.FILM_SHOT) == []
    assert (await film(world, asha, project))["status"] == "completed"
    assert len(asked(world, Capability.IMAGE_GENERATION)) == drawn + 1


async def test_clips_are_ordered_of_those_who_need_no_face_and_without_anybody_nothing_is_taken(
    world: Any, asha: Identity
) -> None:
    await told(world, asha)
    project = await a_project(world, asha, images=[], music=None)
    run = await film(world, asha, project, imagery="clips")
    assert run["status"] == "completed"
    clips = asked(world, Capability.VIDEO_GENERATION)
    assert clips and all(one.exclude == ("local_stable_video",) for one in clips)
    assert {type(one.parameters["duration"]) for one in clips} == {int}
    assert max(one.parameters["duration"] for one in clips) <= 8
    shown = [one for one in asked(world, Capability.FILM_SHOT) if "video" in one.inputs]
    assert len(shown) == len(clips) and not any("image" in one.inputs for one in shown)

    other = await a_project(world, asha, images=[])
    await world.publish(
        CapabilityPriced(
            capability=Capability.FILM_SHOT,
            least_cost=Decimal(0),
            unit="second",
            per_unit=Decimal(0),
            cheapest_model="local_film",
            version=1,
        )
    )
    held = len(world.others.asked(ReserveCredits))
    path = f"/api/v1/projects/{other}/generate"
    refused = await world.call(asha, "POST", path, json={"imagery": "pictures"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "nobody_draws")
    assert len(world.others.asked(ReserveCredits)) == held
    assert (await world.call(asha, "POST", path, json={"imagery": "words"})).status_code == 202


async def test_nobody_else_sees_or_changes_a_plan(world: Any, asha: Identity) -> None:
    await told(world, asha)
    project = await a_project(world, asha)
    plan = (await world.call(asha, "POST", f"/api/v1/projects/{project}/plan", json={})).json()
    shot = f"/api/v1/projects/{project}/plan/shots/{shots(plan)[0]['id']}"
    stranger = an_identity(product_line="filmstudio")
    for method, path, body in (
        ("GET", f"/api/v1/projects/{project}/plan", None),
        ("POST", f"/api/v1/projects/{project}/plan", {}),
        ("PATCH", f"/api/v1/projects/{project}/plan", {"definition": "high"}),
        ("PATCH", shot, {"approved": True}),
        ("POST", f"{shot}/retake", None),
        ("GET", f"{shot}/takes", None),
        ("POST", f"{shot}/restore", {"take": 1}),
        ("GET", f"/api/v1/projects/{project}/logs", None),
        ("POST", f"/api/v1/projects/{project}/generate", {}),
        ("POST", f"/api/v1/projects/{project}/regenerate", None),
    ):
        answer = await world.call(stranger, method, path, **({} if body is None else {"json": body}))
        assert answer.status_code == 404, (method, path, answer.text)
    other_line = an_identity()
    mine = (await world.call(other_line, "POST", "/api/v1/projects", json={"title": "Mine"})).json()["id"]
    answer = await world.call(other_line, "POST", f"/api/v1/projects/{mine}/plan", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_a_film")
    order = await world.call(asha, "POST", "/api/v1/workflows/estimate", json={"workflow_type": "film_video"})
    assert order.status_code in (409, 422) and "generate" in order.json()["error"]["message"]
