"""Who one is, and what is there: credentials, keys, credits, files, projects, single results, runs that are watched."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import Request
from starlette.responses import JSONResponse, Response
from typer.testing import CliRunner, Result

from billing.ledger.endpoints import BalanceOut, TransactionOut
from chassis.http.pagination import Paged
from notify.webhooks.schemas import WebhookCreated, WebhookOut
from talkingphoto.main import app
from talkingphoto.settings import credentials
from users.api_keys.schemas import ApiKeyIn, ApiKeyOut, NewApiKeyOut, RotationIn
from workflow.projects.schemas import ProjectIn

NOW = "2026-11-29T08:30:00Z"
ID = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"


@pytest.fixture(scope="module")
def asked(fake: Any) -> dict[str, Any]:
    """The fake with what these commands ask of it, in the schemas of the services; the newest of each, as it came."""
    asked: dict[str, Any] = {"removed": []}
    key = {
        "id": ID, "name": "Nightly", "prefix": "tpk_9fQ2", "scopes": ["read"], "product_line": "pixie",
        "daily_credits": None, "allowed_addresses": [], "created_at": NOW, "last_used_at": None, "expires_at": NOW,
        "replaced_by": None,
    }  # fmt: skip
    hook = {
        "id": ID, "url": "https://a.example/[x]", "event_types": [], "active": True, "failures": 3, "disabled_at": None,
        "old_secret_until": None, "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip

    def page(items: list[Any]) -> Paged[Any]:
        return Paged(items=items, total=21, page=1, per_page=20)

    async def balance(request: Request) -> BalanceOut:
        asked["who"] = request.headers.get("x-api-key") or request.headers.get("authorization")
        return BalanceOut(
            product_line="pixie", plan_type="free", balance=5, reserved=2, available=3, bought=1,
            credits_per_minute=None, grants=[],
        )  # fmt: skip

    async def statement(per_page: int, page: int) -> Paged[TransactionOut]:
        asked["page"] = page, per_page
        spent = TransactionOut(
            id=1, transaction_type="capture", amount=-1, balance_after=2, description="A [video]", reference=None,
            created_at=NOW,
        )  # fmt: skip
        return Paged(items=[spent], total=21, page=page, per_page=per_page)

    async def make_key(body: ApiKeyIn) -> Any:
        asked["key"] = body.model_dump(mode="json", exclude_unset=True)
        return JSONResponse(NewApiKeyOut(**key, key="tpk_secret").model_dump(mode="json"), 201)

    async def rotate(key_id: str, body: RotationIn) -> Any:
        asked["overlap"] = key_id, body.overlap_hours
        return JSONResponse(NewApiKeyOut(**key, key="tpk_new").model_dump(mode="json"), 201)

    async def remove(request: Request) -> Response:
        asked["removed"].append(request.url.path)
        return Response(status_code=204)

    async def list_keys() -> Any:
        return page([ApiKeyOut(**key)])

    async def list_hooks() -> Any:
        return page([WebhookOut(**hook)])

    async def make_hook(body: dict[str, Any]) -> Any:
        asked["hook"] = body
        return JSONResponse(WebhookCreated(**hook, secret="whsec_x").model_dump(mode="json"), 201)

    async def make_project(body: ProjectIn) -> Any:
        asked["project"] = body.model_dump(mode="json", exclude_unset=True)
        return JSONResponse({"id": ID}, 201)

    to = fake.app
    to.get("/api/v1/billing/credits/balance")(balance)
    to.get("/api/v1/billing/credits/transactions")(statement)
    to.post("/api/v1/users/me/api-keys")(make_key)
    to.get("/api/v1/users/me/api-keys")(list_keys)
    to.post("/api/v1/users/me/api-keys/{key_id}/rotate")(rotate)
    to.get("/api/v1/webhooks")(list_hooks)
    to.post("/api/v1/webhooks")(make_hook)
    to.post("/api/v1/projects")(make_project)
    for path in ("users/me/api-keys", "webhooks", "projects", "files"):
        to.delete(f"/api/v1/{path}/{{_}}")(remove)
    return asked


def ran(fake: Any, home: Path, *arguments: str, entered: str | None = None, **more: str) -> Result:
    environment = {"TALKINGPHOTO_HOME": str(home / "home"), "TALKINGPHOTO_SERVER": fake.url, "COLUMNS": "160", **more}
    return CliRunner().invoke(app, list(arguments), env=environment, input=entered)


def test_who_logs_in_is_used_from_then_on_until_they_log_out(fake: Any, asked: Any, tmp_path: Path) -> None:
    done = ran(fake, tmp_path, "login", "--email", "asha@example.com", entered=" pass word \n")
    assert done.exit_code == 0, done.output
    stored = json.loads(credentials.file().read_text())
    assert stored == {fake.url: {"email": "asha@example.com", "password": " pass word "}}
    assert stat.S_IMODE(credentials.file().stat().st_mode) == 0o600
    assert "asha@example.com" in done.output and "pass word" not in done.output
    assert ran(fake, tmp_path, "credits", "balance").exit_code == 0
    assert asked["who"] == "Bearer token" and not (tmp_path / "home").exists(), "no account of its own was made"
    assert ran(fake, tmp_path, "login", "--with-key", entered="tpk_stored\n").exit_code == 0
    assert ran(fake, tmp_path, "credits", "balance").exit_code == 0
    assert asked["who"] == "tpk_stored"
    assert ran(fake, tmp_path, "credits", "balance", TALKINGPHOTO_API_KEY="tpk_env").exit_code == 0
    assert asked["who"] == "tpk_env"
    for was in (True, False):
        assert json.loads(ran(fake, tmp_path, "logout", "--json").stdout) == {"place": fake.url, "was_logged_in": was}
    assert ran(fake, tmp_path, "credits", "balance").exit_code == 0 and (tmp_path / "home").exists()


def test_a_login_that_is_not_good_any_more_is_replaced(fake: Any, tmp_path: Path) -> None:
    stale = credentials.Known(credentials.Credentials("old@example.com", "changed"))
    credentials.remember(fake.url, stale)
    refused = fake.app.router.routes[:]

    async def only_new(body: dict[str, str]) -> Any:
        if body["email"] == "old@example.com":
            return JSONResponse({"error": {"code": "wrong_credentials", "message": "They are wrong."}}, 401)
        return {"access_token": "token"}

    fake.app.post("/api/v1/auth/login")(only_new)
    fake.app.router.routes.insert(0, fake.app.router.routes.pop())
    try:
        assert ran(fake, tmp_path, "list").exit_code == 3
        assert ran(fake, tmp_path, "login", "--email", "new@example.com", entered="x\n").exit_code == 0
        assert ran(fake, tmp_path, "list").exit_code == 0
    finally:
        fake.app.router.routes[:] = refused


def test_who_is_not_let_in_is_not_remembered(fake: Any, tmp_path: Path) -> None:
    told = ran(fake, tmp_path, "login", "--email", "a@example.com", "--server", "http://127.0.0.1:1", entered="x\n")
    assert told.exit_code == 1 and not credentials.file().exists()
    for entered in ("", "\n"):
        assert ran(fake, tmp_path, "login", "--email", "a@example.com", entered=entered).exit_code == 2
    assert ran(fake, tmp_path, "login", entered="x\n").exit_code == 2


def test_keys_are_made_shown_once_rotated_and_revoked(fake: Any, asked: Any, tmp_path: Path) -> None:
    made = ran(
        fake, tmp_path, "keys", "create", "Nightly", "--scope", "read", "--days", "9", "--from", "203.0.113.0/24"
    )
    assert (made.exit_code, made.stdout) == (0, "tpk_secret\n"), "so that a pipe gets nothing else"
    assert "not shown again" in made.stderr
    wished = {"name": "Nightly", "scopes": ["read"], "expires_in_days": 9, "allowed_addresses": ["203.0.113.0/24"]}
    assert asked["key"] == wished
    listed = ran(fake, tmp_path, "keys", "list").output
    assert ID in listed and "tpk_9fQ2" in listed and "--page 2" in listed
    assert ran(fake, tmp_path, "keys", "rotate", ID, "--overlap", "1").stdout == "tpk_new\n"
    assert asked["overlap"] == (ID, 1)
    gone = ran(fake, tmp_path, "keys", "revoke", ID, "--json")
    assert json.loads(gone.stdout) == {"id": ID, "revoked": True}


def test_credits_are_a_balance_and_a_statement(fake: Any, asked: Any, tmp_path: Path) -> None:
    told = ran(fake, tmp_path, "credits", "balance", "--line", "pixie").output
    assert "3 credits can be spent in pixie, plan free." in told and "2 more are held" in told
    told = ran(fake, tmp_path, "credits", "statement", "--page", "2", "--limit", "5").output
    assert asked["page"] == (2, 5)
    assert "2026-11-29 08:30  -1       2     A [video]" in told and "6 of 21; the next are on --page 3." in told


def test_what_is_not_wanted_any_more_is_removed(fake: Any, asked: Any, tmp_path: Path) -> None:
    for noun in ("webhooks", "projects", "files"):
        done = ran(fake, tmp_path, noun, "delete", ID.upper())
        assert done.exit_code == 0, done.output
        assert asked["removed"][-1] == f"/api/v1/{noun}/{ID}"


def test_webhooks_and_projects_are_made_and_webhooks_listed(fake: Any, asked: Any, tmp_path: Path) -> None:
    made = ran(fake, tmp_path, "webhooks", "create", "https://a.example/x", "--event", "workflow.completed")
    assert made.stdout == "whsec_x\n"
    assert asked["hook"] == {"url": "https://a.example/x", "event_types": ["workflow.completed"]}
    assert f"{ID}  on  3         https://a.example/[x]" in ran(fake, tmp_path, "webhooks", "list").output
    assert ran(fake, tmp_path, "projects", "create", "The [river]").stdout == f"{ID}\n"
    assert asked["project"] == {"title": "The [river]"}


def test_a_kit_is_fetched_whole_or_not_at_all(fake: Any, tmp_path: Path) -> None:
    run_id, target = fake.add("Hello."), tmp_path / "friday.zip"
    done = ran(fake, tmp_path, "kit", run_id, "--out", str(target), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    lost = ran(fake, tmp_path, "kit", run_id, "--out", str(tmp_path / "no" / "friday.zip" / ""), "--json")
    assert lost.exit_code == 0 and (tmp_path / "no" / "friday.zip").is_file()
    (tmp_path / "folder").mkdir()
    refused = ran(fake, tmp_path, "kit", run_id, "--out", str(tmp_path / "folder"))
    assert refused.exit_code == 1 and "cannot be written" in refused.output
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "friday.zip", "home", "no"]


def test_a_results_link_is_printed_and_what_is_not_there_is_said(fake: Any, tmp_path: Path) -> None:
    run_id = fake.add("Hello.")
    told = ran(fake, tmp_path, "open", run_id, "--result", "srt")
    assert told.stdout.startswith(f"{fake.url}/objects/{run_id}/srt?signature=")
    missing = ran(fake, tmp_path, "open", run_id, "--result", "film")
    assert missing.exit_code == 1 and "no result 'film'. There are: audio, " in missing.output
    gone = ran(fake, tmp_path, "open", str(uuid4()))
    assert gone.exit_code == 3


def test_status_is_watched_until_nothing_is_being_made(
    fake: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.runs.clear()
    run_id, asked = fake.add("Hello.", status="processing", title="A [title]"), [0]
    listed = fake._summary

    def later(run: Any) -> dict[str, Any]:
        asked[0] += 1
        run.status = "completed" if asked[0] > 2 else run.status
        return dict(listed(run))

    monkeypatch.setattr(fake, "_summary", later)
    monkeypatch.setattr("talkingphoto.runs._LOOK_AGAIN_S", 0.01)
    told = ran(fake, tmp_path, "status", "--watch", "--json")
    assert [json.loads(line)["status"] for line in told.stdout.splitlines()] == ["processing", "completed"]
    assert asked[0] == 3, "what has not changed is not told again"
    assert ran(fake, tmp_path, "status", "--watch").stdout == f"{run_id}  completed  100 %  A [title]\n"


def test_quiet_tells_results_alone_and_verbose_each_request(fake: Any, tmp_path: Path, photo: Path) -> None:
    make = ("make", str(photo), "--script", "Hi.", "--out", str(tmp_path / "out"))
    quiet = ran(fake, tmp_path, "--quiet", *make)
    assert quiet.exit_code == 0 and "Making the video" not in quiet.output and "Files in" in quiet.output
    loud = ran(fake, tmp_path, "--verbose", "kit", fake.add("Hello."), "--out", str(tmp_path / "k.zip"))
    assert f"POST {fake.url}/api/v1/auth/login 200" in loud.stderr
    assert "signature" not in loud.output, "a link's right is nobody's to read in a log"
