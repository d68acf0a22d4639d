"""Instructions, costs, suggestions, history and feedback as a user meets them, on a real database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chassis import ids
from contracts.ai_router import CapabilityPriced
from contracts.enums import Capability
from contracts.export import KitCompleted

ALIKE = "/api/v1/export"


def _as(user: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {user}"}


async def test_instructions_need_no_run_and_stay_in_the_history(start_export: Any) -> None:
    """EXP-01, EXP-06, EXP-25: a platform without a template is told from its row; a stranger finds nothing."""
    export = await start_export(small=False)
    me = _as(ids.uuid7())
    body = {
        "workflow_type": "product_demo",
        "platforms": ["tiktok", "linkedin", "instagram:story"],
        "title": "A <b>better</b> kettle",
        "script": "It boils in a minute.",
    }
    made = await export.http.post(f"{ALIKE}/instructions", json=body, headers=me)
    assert made.status_code == 201, made.text
    out = made.json()
    tiktok, linkedin, story = out["instructions"]
    assert tiktok["template_name"] == "Product demo for TikTok"
    assert tiktok["prompt"] == "A presenter shows A <b>better</b> kettle. They say: It boils in a minute."
    assert tiktok["settings"]["max_duration_s"] == 600
    assert "Made with AI" in tiktok["steps"][-1]
    assert (linkedin["template_id"], linkedin["name"]) == (None, "LinkedIn")
    assert "Upload captions.srt as the captions." in linkedin["steps"]
    assert (story["name"], story["settings"]["max_duration_s"]) == ("Instagram story", 60)
    assert out["estimated_time_minutes"] == sum(one["estimated_time_minutes"] for one in out["instructions"])
    assert "<script" not in made.text
    again = await export.http.get(made.headers["location"], headers=me)
    assert again.json()["result"] == out
    listed = (await export.http.get(f"{ALIKE}/history?kind=instructions", headers=me)).json()
    assert [(one["id"], one["result_url"]) for one in listed["items"]] == [(out["id"], made.headers["location"])]
    assert listed["total"] == 1
    stranger = _as(ids.uuid7())
    missing = await export.http.get(made.headers["location"], headers=stranger)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "history_entry_not_found")
    assert (await export.http.get(f"{ALIKE}/history", headers=stranger)).json()["total"] == 0
    (row,) = await export.fetch("SELECT usage_count FROM export_templates WHERE usage_count > 0")
    assert row["usage_count"] == 1


async def test_a_new_row_of_the_catalogue_can_be_asked_for_at_once(start_export: Any) -> None:
    """No list in code stands in its way; what is not there is refused with what is."""
    export = await start_export()
    me = _as(ids.uuid7())
    body = {"platforms": ["threads"]}
    refused = await export.http.post(f"{ALIKE}/instructions", json=body, headers=me)
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "unknown_platform")
    assert "linkedin" in refused.json()["error"]["message"]
    await export.execute(
        "INSERT INTO platform_requirements (platform, key_values) SELECT 'threads', key_values || "
        "'{\"name\": \"Threads\"}' FROM platform_requirements WHERE platform = 'x'"
    )
    made = await export.http.post(f"{ALIKE}/instructions", json=body, headers=me)
    assert made.json()["instructions"][0]["name"] == "Threads"
    costs = await export.http.post(f"{ALIKE}/cost-calculator", json=body, headers=me)
    assert costs.status_code == 200


async def test_instructions_of_a_run_take_its_words_and_only_its_owner_gets_them(
    start_export: Any, a_source: Any
) -> None:
    export = await start_export()
    source = await a_source(export)
    await export.tell(source.kit({"tiktok": source.video}))
    await export.wait_for(KitCompleted)
    body = {"workflow_id": str(source.run_id)}
    made = await export.http.post(f"{ALIKE}/instructions", json=body, headers=_as(source.user_id))
    (tiktok,) = made.json()["instructions"]
    assert tiktok["prompt"].startswith("A presenter shows A better kettle.")
    assert "#kettle" in tiktok["hashtags"]
    missing = await export.http.post(f"{ALIKE}/instructions", json=body, headers=_as(ids.uuid7()))
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "workflow_not_found")


async def test_costs_follow_the_catalogue_and_suggestions_follow_the_costs(start_export: Any) -> None:
    """EXP-04, EXP-05: prices come by event, an older one or a second delivery changes nothing."""
    export = await start_export()
    me = _as(ids.uuid7())
    price = CapabilityPriced(
        capability=Capability.VIDEO_GENERATION,
        least_cost=Decimal("6.0000"),
        unit="second",
        per_unit=Decimal("1.5000"),
        cheapest_model="veo3",
        version=2,
    )
    await export.tell(price, price, price.model_copy(update={"version": 1, "per_unit": Decimal(99)}))
    body = {
        "platforms": ["tiktok", "youtube"],
        "duration": 60,
        "volume": 10,
        "tools": [{"name": "Subs", "purpose": "captions", "monthly_cost": "500.00", "minutes_per_video": 3}, "Camera"],
    }
    await export.eventually("SELECT per_unit FROM capability_prices", [Decimal("1.5000")])
    costs = (await export.http.post(f"{ALIKE}/cost-calculator", json=body, headers=me)).json()
    assert Decimal(costs["total_per_month"]) == 10 * 90 + 500
    assert Decimal(costs["total_per_workflow"]) == 90 + 50
    assert costs["minutes_per_month"] == 10 * (5 + 10 + 3)
    answer = await export.http.post(f"{ALIKE}/optimize", json=body | {"goal": "time"}, headers=me)
    found = answer.json()
    assert found["current"] == costs
    assert [one["kind"] for one in found["suggestions"]] == ["drop_tool", "shorten", "burn_captions"]
    assert Decimal(found["suggestions"][1]["effect"]["rupees_per_month"]) == 450
    kept = await export.http.get(f"{ALIKE}/history/{found['id']}", headers=me)
    assert (kept.json()["kind"], kept.json()["result"]) == ("optimization", found)
    for wrong in ({"volume": True}, {"volume": 0}, {"tools": [{"name": "x", "monthly_cost": -1}]}):
        refused = await export.http.post(f"{ALIKE}/cost-calculator", json=wrong, headers=me)
        assert refused.status_code == 422, wrong


async def test_feedback_makes_the_figures_of_a_template(start_export: Any) -> None:
    """EXP-21: one voice a user, the last one counts; the cached list shows it at once (EXP-24)."""
    export = await start_export()
    ann, bob = _as(ids.uuid7()), _as(ids.uuid7())
    query = f"{ALIKE}/templates?workflow_type=educational&platform=tiktok"
    (template,) = (await export.http.get(query, headers=ann)).json()["items"]
    url = f"{ALIKE}/templates/{template['id']}/feedback"
    assert (await export.http.post(url, json={"success": False, "rating": 1}, headers=ann)).status_code == 200
    await export.http.post(url, json={"success": True, "rating": 4}, headers=ann)
    last = await export.http.post(url, json={"success": False, "rating": 5}, headers=bob)
    assert last.json() == {"template_id": template["id"], "success_rate": 50.0, "user_rating": 4.5}
    (shown,) = (await export.http.get(query, headers=ann)).json()["items"]
    assert (shown["success_rate"], shown["user_rating"]) == (50.0, 4.5)
    missing = await export.http.post(f"{ALIKE}/templates/{ids.uuid7()}/feedback", json={"success": True}, headers=ann)
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "template_not_found")
    for wrong in ({}, {"success": 1}, {"success": True, "rating": 6}, {"success": True, "rating": True}):
        assert (await export.http.post(url, json=wrong, headers=ann)).status_code == 422, wrong


async def test_templates_are_read_once_and_again_when_one_is_edited(start_export: Any) -> None:
    """What an operator writes into a row is shown at once, and only what is harmless of it (EXP-22, EXP-24)."""
    export = await start_export()
    me = _as(ids.uuid7())
    query = f"{ALIKE}/templates?workflow_type=educational&platform=tiktok"
    cache = export.service.app.state.templates
    await export.http.get(query, headers=me)
    first = cache._rows
    await export.http.get(query, headers=me)
    assert cache._rows is first
    await export.execute(
        "UPDATE export_templates SET instructions_html = '<ol><li>Hi<script>x()</script></li></ol>' "
        "WHERE workflow_type = 'educational' AND platform = 'tiktok'"
    )
    (shown,) = (await export.http.get(query, headers=me)).json()["items"]
    assert shown["instructions_html"] == "<ol><li>Hi</li></ol>"
    await export.execute("DELETE FROM export_templates WHERE workflow_type = 'educational' AND platform = 'tiktok'")
    assert (await export.http.get(query, headers=me)).json()["items"] == []
