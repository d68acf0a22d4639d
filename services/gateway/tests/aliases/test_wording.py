"""Bodies and answers in the words of a product, without any I/O."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.aliases import wording
from gateway.aliases.alias import Alias
from gateway.aliases.table import ALIASES


def row(line: str, source: str) -> Alias:
    method, path = source.split(" ")
    [found] = [one for one in ALIASES if (one.line, one.method, one.path) == (line, method, path)]
    return found


def test_a_film_studio_plan_has_one_price_a_text_and_a_capital() -> None:
    plan = {
        "plan_type": "standard",
        "name": "Standard",
        "price_monthly": "39.50",
        "features": {"hd": True, "api_access": False, "max_minutes": 10, "support": None},
    }
    answer = {"items": [plan, plan | {"price_monthly": "39"}], "total": 2, "page": 1, "per_page": 100}
    found = wording.outward(row("filmstudio", "GET /api/credits/plans"), answer)
    assert found[0] == plan | {"plan_type": "Standard", "price": 39.5, "features": "hd, max minutes: 10"}
    assert repr(found[1]["price"]) == "39"


def test_the_text_of_features_is_no_longer_than_the_document_says() -> None:
    plan = {"plan_type": "pro", "price_monthly": "1", "features": {f"feature_{n}": True for n in range(200)}}
    [found] = wording.outward(row("filmstudio", "GET /api/credits/plans"), {"items": [plan]})
    assert len(found["features"]) == 1000


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("GET /api/projects/", "projects"),
        ("GET /api/credits/transactions", "transactions"),
        ("GET /api/youtube/videos", "videos"),
    ],
)
def test_film_studio_lists_have_their_own_names(source: str, name: str) -> None:
    found = wording.outward(row("filmstudio", source), {"items": [{"id": 1}], "total": 1})
    assert found == {name: [{"id": 1}], "total": 1}


def test_a_film_studio_plan_is_read_and_written_with_a_capital() -> None:
    top_up = row("filmstudio", "POST /api/credits/topup")
    assert wording.inward(top_up, {"plan_type": "Standard"}) == {"plan_type": "standard"}
    assert wording.outward(top_up, {"credits_balance": 33, "plan_type": "standard"})["plan_type"] == "Standard"


@pytest.mark.parametrize(
    ("line", "source", "role", "plan", "said"),
    [
        ("filmstudio", "GET /api/users/profile", "user", "free", "creator"),
        ("filmstudio", "GET /api/users/profile", "admin", "free", "admin"),
        ("pixie", "GET /api/auth/me", "user", "free", "User"),
        ("pixie", "GET /api/auth/me", "user", "premium", "Premium"),
        ("pixie", "GET /api/auth/me", "admin", "premium", "Admin"),
        ("talkingphoto", "GET /api/user/profile", "user", "pro", "user"),
    ],
)
def test_roles_are_called_as_each_product_does(line: str, source: str, role: str, plan: str, said: str) -> None:
    assert wording.outward(row(line, source), {"role": role, "plan_type": plan})["role"] == said


def test_who_logs_in_is_described_as_elsewhere() -> None:
    answer = {"access_token": "a", "user": {"role": "user", "plan_type": "free"}}
    found = wording.outward(row("filmstudio", "POST /api/users/login"), answer)
    assert found == {"access_token": "a", "user": {"role": "creator", "plan_type": "Free"}}


PROJECT = row("pixie", "PUT /api/projects/{projectId}")


def test_a_pixie_project_has_a_name() -> None:
    assert wording.inward(PROJECT, {"name": "A", "settings": {"name": "kept"}}) == {
        "title": "A",
        "settings": {"name": "kept"},
    }
    listed = row("pixie", "GET /api/projects")
    assert wording.outward(listed, {"items": [{"title": "A"}]}) == {"projects": [{"name": "A"}]}
    assert wording.query_inward(listed, [("fields", "id,name"), ("name", "A"), ("page", "2")]) == [
        ("fields", "id,title"),
        ("title", "A"),
        ("page", "2"),
    ]


def test_a_name_that_is_taken_is_left_for_the_service_to_refuse() -> None:
    assert wording.inward(PROJECT, {"name": "A", "title": "B"}) == {"name": "A", "title": "B"}


def test_an_error_names_fields_as_they_were_sent() -> None:
    error = {
        "code": "invalid",
        "message": "Correct these fields: settings.x, title.",
        "fields": {"title": "is too long", "settings.x": "is odd"},
        "details": {"rules": {"title": "too_long"}},
        "request_id": "r",
    }
    assert wording.outward(PROJECT, {"error": error}) == {
        "error": error
        | {
            "message": "Correct these fields: settings.x, name.",
            "fields": {"name": "is too long", "settings.x": "is odd"},
            "details": {"rules": {"name": "too_long"}},
        }
    }
    other = {"code": "not_found", "message": "There is no title.", "request_id": "r"}
    assert wording.outward(PROJECT, {"error": other}) == {"error": other}


@pytest.mark.parametrize("answer", [None, 3, "text", [1, 2], {"items": 3}, {"role": 3, "plan_type": []}])
def test_what_is_no_object_of_ours_passes(answer: Any) -> None:
    for one in ALIASES:
        wording.outward(one, answer)
        wording.inward(one, answer)
