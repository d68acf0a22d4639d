"""What every service answers alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import fastapi.routing
import httpx
import pytest
import structlog
from fastapi import APIRouter, FastAPI, Query, Request
from openapi_spec_validator import validate
from prometheus_client import generate_latest
from pydantic import BaseModel, Field, field_validator
from starlette.responses import StreamingResponse

from chassis.errors import Conflict, NotFound, PaymentNeeded, ServiceError, documented
from chassis.http.app import create_app
from chassis.http.operations import Check
from chassis.http.routes import takes_any_query
from chassis.identity.tokens import AdminCaller, Caller
from chassis.observe import context
from chassis.observe.metrics import REGISTRY
from chassis.settings import ServiceSettings
from chassis.testing.tokens import Issuer, an_identity


class NoCredits(PaymentNeeded):
    """The account has no credits left."""

    code = "no_credits"


class Thing(BaseModel):
    """A thing."""

    name: Annotated[str, Field(min_length=3, examples=["lamp"])]
    password: Annotated[str, Field(max_length=8)] = ""


router = APIRouter(prefix="/things", tags=["things"])


@router.get("/context")
async def read_context(token: str = "") -> dict[str, str | None]:
    """What the request's context holds."""
    now = context.current()
    user = str(now.user_id) if now.user_id else None
    return {
        "request": now.correlation_id,
        "trace": now.traceparent,
        "user": user,
        "product_line": now.product_line,
    }


@router.get("/mine")
async def mine(caller: Caller) -> UUID:
    """Who is calling."""
    return caller.user_id


@router.get("/admin")
async def admin(caller: AdminCaller) -> str:
    """Administrators only."""
    return caller.role


@router.get("/broke", responses=documented(NoCredits, NotFound))
async def broke() -> None:
    """Refuse."""
    raise NoCredits("Add credits.", details={"missing": 3}, fields={"amount": "too much"}, retry_after_s=1.2)


@router.get("/bug")
async def bug() -> None:
    """Fail in a way nobody foresaw."""
    raise RuntimeError("password=hunter2 in postgres://u:hunter2@db")


@router.get("/half")
async def half() -> StreamingResponse:
    """Fail in the middle of an answer."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("no second")

    return StreamingResponse(pieces())


@router.get("/slow")
async def slow(request: Request) -> StreamingResponse:
    """Begin to answer when told, and end when told once more."""
    state = request.app.state
    try:
        await state.begin.wait()
    except asyncio.CancelledError:
        state.ended.set()
        raise

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await state.end.wait()
        yield b"second"

    return StreamingResponse(pieces())


@router.post("", status_code=201)
async def create(thing: Thing, copies: Annotated[int, Query(ge=1)] = 1) -> Thing:
    """Make a thing."""
    return thing


@router.post("/upload")
async def upload(request: Request) -> int:
    """Take more than others do."""
    return sum([len(piece) async for piece in request.stream()])


@router.get("/{thing_id}")
async def read(thing_id: UUID) -> UUID:
    """Read a thing."""
    return thing_id


def an_app(**readiness: Check) -> FastAPI:
    return create_app(
        name="things",
        settings=ServiceSettings(),
        version="1.2.3",
        routers=[wrapped()],
        readiness=readiness,
        description="Keeps things.",
        larger_bodies={"/api/v1/things/upload": 3_000_000},
    )


def wrapped() -> APIRouter:
    outer = APIRouter(prefix="/api/v1")
    outer.include_router(router)
    return outer


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(an_app()) as client:
        yield client


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things")


async def test_what_nobody_waits_for_any_more_ends() -> None:
    app = an_app()
    app.state.begin, app.state.end, app.state.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
    async with client_of(app) as http, asyncio.timeout(5):
        answer = await http.get("/api/v1/things/slow", headers={"X-Internal-Within": "0.05"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "no_answer")
        assert app.state.ended.is_set()
        # Once an answer has begun it takes as long as it takes.
        app.state.begin.set()
        asking = asyncio.create_task(http.get("/api/v1/things/slow", headers={"X-Internal-Within": "0.05"}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asyncio.shield(asking)
        app.state.end.set()
        assert (await asking).text == "firstsecond"


@pytest.mark.parametrize("within", ["", "soon", "-1", "1e9", "nan", "99999"])
async def test_a_time_that_is_none_bounds_nothing(http: httpx.AsyncClient, within: str) -> None:
    answer = await http.get("/api/v1/things/context", headers={"X-Internal-Within": within})
    assert answer.status_code == 200


async def test_alive_says_so(http: httpx.AsyncClient) -> None:
    answer = await http.get("/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "healthy", "service": "things"})


@pytest.mark.parametrize("path", ["/ready", "/metrics"])
async def test_what_is_for_those_who_run_it_is_on_another_port(path: str) -> None:
    async def fine() -> None:
        return None

    app = an_app(database=fine)
    async with client_of(app) as http:
        assert (await http.get(path)).status_code == 404
    assert app.state.readiness == {"database": fine}


async def test_a_refusal_has_the_one_body(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/v1/things/broke", headers={"X-Request-ID": "client-chose-this"})

    assert answer.status_code == 402
    assert answer.headers["retry-after"] == "2"
    error = answer.json()["error"]
    assert len(error.pop("trace_id")) == 32
    assert error == {
        "code": "no_credits",
        "message": "Add credits.",
        "fields": {"amount": "too much"},
        "details": {"missing": 3},
        "request_id": "client-chose-this",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "fields"),
    [
        ("GET", "/api/v1/things/not-a-uuid", None, 422, "invalid", {"thing_id": "uuid_parsing"}),
        ("POST", "/api/v1/things", {"name": "x"}, 422, "invalid", {"name": "string_too_short"}),
        ("POST", "/api/v1/things?copies=0", {"name": "lamp"}, 422, "invalid", {"copies": "greater_than_equal"}),
        ("POST", "/api/v1/things", None, 422, "invalid", {"body": "missing"}),
        ("GET", "/api/v1/nothing", None, 404, "not_found", None),
        ("DELETE", "/api/v1/things", None, 405, "method_not_allowed", None),
    ],
)
async def test_a_mistake_is_named(
    http: httpx.AsyncClient,
    method: str,
    path: str,
    body: dict[str, str] | None,
    status: int,
    code: str,
    fields: dict[str, str] | None,
) -> None:
    answer = await http.request(method, path, json=body)

    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["request_id"] == answer.headers["x-request-id"]
    if fields is not None:
        assert error["details"]["rules"] == fields
        assert error["fields"].keys() == fields.keys()


async def test_rejected_input_is_not_repeated(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/things", json={"name": "lamp", "password": "my-long-password"})

    assert answer.status_code == 422
    assert "my-long-password" not in answer.text


async def test_a_body_is_bounded_unless_the_route_says_otherwise(http: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b" " * 100_000

    lied = {"Content-Length": "10"}
    declared = await http.post("/api/v1/things", content=b" " * 1_048_577)
    streamed = await http.post("/api/v1/things", content=endless())
    upload = await http.post("/api/v1/things/upload", content=b" " * 3_000_000)
    too_large = await http.post("/api/v1/things/upload", content=b" " * 3_000_001)

    lying = await http.post("/api/v1/things/upload", content=b" " * 3_000_001, headers=lied)

    for answer in (declared, streamed, too_large, lying):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")
        assert answer.json()["error"]["message"] == "The body is larger than this address takes."
    assert upload.json() == 3_000_000


async def test_an_unforeseen_error_tells_the_log_and_not_the_caller(http: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await http.get("/api/v1/things/bug")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    failed = next(line for line in lines if line["event"] == "http.failed")
    assert failed["exc_info"]


async def test_half_an_answer_is_not_patched_up(http: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs(), pytest.raises(RuntimeError, match="no second"):
        await http.get("/api/v1/things/half")


async def test_a_well_formed_request_id_is_kept_and_any_other_replaced(http: httpx.AsyncClient) -> None:
    kept = await http.get("/health", headers={"X-Request-ID": "0199f0a1-7c1e-7a53"})
    assert kept.headers["x-request-id"] == "0199f0a1-7c1e-7a53"

    for bad in ("short", "with space in it", "x" * 129, "line\\nbreak-in-it", "-starts-badly"):
        replaced = await http.get("/health", headers={"X-Request-ID": bad})
        assert UUID(replaced.headers["x-request-id"]).version == 7


async def test_the_context_knows_request_trace_user_and_product(http: httpx.AsyncClient) -> None:
    issuer, identity = Issuer(), an_identity(product_line="reely")
    app = an_app()
    app.state.verifier = issuer.verifier()
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    async with client_of(app) as http:
        own = await http.get(
            "/api/v1/things/context",
            headers={**issuer.headers(identity), "X-Request-ID": "request-1", "traceparent": traceparent},
        )
        chosen = await http.get(
            "/api/v1/things/context", headers={**issuer.headers(identity), "X-Internal-Product-Line": "pixie"}
        )
        claimed = await http.get("/api/v1/things/context", headers={"X-Product-Line": "pixie"})
        unknown = await http.get("/api/v1/things/context", headers={"X-Internal-Product-Line": "nonsense"})
        bad_token = await http.get("/api/v1/things/context", headers={"Authorization": "Bearer nonsense"})

    assert own.json() == {
        "request": "request-1",
        "trace": traceparent,
        "user": str(identity.user_id),
        "product_line": "reely",
    }
    # Whatever else is said, who is signed in is in the line of the token.
    assert chosen.json()["product_line"] == "reely"
    assert (claimed.json()["product_line"], unknown.json()["product_line"]) == (None, None)
    assert (bad_token.status_code, bad_token.json()["user"]) == (200, None)
    assert context.current() == context.Context()


async def test_protected_endpoints_ask_who_is_calling() -> None:
    issuer = Issuer()
    app = an_app()
    app.state.verifier = issuer.verifier()
    identity = an_identity()
    async with client_of(app) as http:
        nobody = await http.get("/api/v1/things/mine")
        forged = await http.get("/api/v1/things/mine", headers=Issuer().headers())
        somebody = await http.get("/api/v1/things/mine", headers=issuer.headers(identity))
        not_admin = await http.get("/api/v1/things/admin", headers=issuer.headers(identity))
        admin = await http.get("/api/v1/things/admin", headers=issuer.headers(an_identity(role="admin")))

    assert (nobody.status_code, nobody.headers["www-authenticate"]) == (401, "Bearer")
    assert forged.status_code == 401
    assert somebody.json() == str(identity.user_id)
    assert (not_admin.status_code, admin.json()) == (403, "admin")


async def test_requests_are_counted_by_route_template(http: httpx.AsyncClient) -> None:
    def count(route: str, status: str, method: str = "GET") -> float:
        labels = {"service": "things", "method": method, "route": route, "status": status}
        return REGISTRY.get_sample_value("http_requests_total", labels) or 0.0

    before = count("/api/v1/things/{thing_id}", "200"), count("unmatched", "404"), count("unmatched", "404", "other")
    for number in range(3):
        await http.get(f"/api/v1/things/0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5{number}")
        await http.get(f"/wp-admin-{number}")
    await http.request("BREW", "/pot")
    after = count("/api/v1/things/{thing_id}", "200"), count("unmatched", "404"), count("unmatched", "404", "other")

    assert [new - old for new, old in zip(after, before, strict=True)] == [3.0, 3.0, 1.0]
    shown = generate_latest(REGISTRY).decode()
    assert 'http_request_seconds_bucket{le="0.001",method="GET",route="/api/v1/things/{thing_id}"' in shown


async def test_a_request_leaves_one_log_line_without_its_query(http: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await http.get("/api/v1/things/context?token=hunter2", headers={"User-Agent": "test/1"})
        await http.get("/health")

    assert [line["event"] for line in lines] == ["http.request"]
    line = lines[0]
    assert "hunter2" not in json.dumps(line)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/things/context", 200)
    assert (line["route"], line["user_agent"]) == ("/api/v1/things/context", "test/1")
    assert line["ms"] > 0


async def test_the_api_documents_itself(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    validate(document)

    broke = document["paths"]["/api/v1/things/broke"]["get"]["responses"]
    assert (
        broke["402"]["content"]["application/json"]["examples"]["no_credits"]["value"]["error"]["code"] == "no_credits"
    )
    assert "422" in broke
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["securitySchemes"]["AccessToken"]["scheme"] == "bearer"
    assert document["paths"]["/api/v1/things/mine"]["get"]["security"] == [{"AccessToken": []}]
    for page in ("/docs", "/redoc"):
        assert (await http.get(page)).status_code == 404


def test_errors_of_one_status_are_documented_together() -> None:
    class Taken(Conflict):
        """Somebody was faster."""

        code = "taken"

    entry = documented(Conflict, Taken)[409]

    assert list(entry["content"]["application/json"]["examples"]) == ["conflict", "taken"]
    assert entry["content"]["application/json"]["examples"]["taken"]["summary"] == "Somebody was faster."


def test_what_can_help_is_part_of_an_error() -> None:
    assert ServiceError("x").status == 500
    assert NoCredits("x").retryable is False
    assert str(NoCredits("Add credits.")) == "Add credits."


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_back() -> None:
    import asyncpg

    router = APIRouter()

    @router.get("/broken")
    async def broken() -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    app = create_app(name="test", settings=ServiceSettings(env="test"), version="1", routers=[router], readiness={})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        answer = await client.get("/broken")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["error"]["code"] == "unavailable"


async def test_two_tokens_are_refused_wherever_either_would_count(http: httpx.AsyncClient) -> None:
    issuer = Issuer()
    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[router], readiness={})
    app.state.verifier = issuer.verifier()
    tokens = [("Authorization", f"Bearer {issuer.token()}"), ("Authorization", f"Bearer {issuer.token()}")]

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as client:
        answer = await client.get("/things/mine", headers=tokens)
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Send one Authorization header.")
        assert (await client.get("/things/mine", headers=tokens[:1])).status_code == 200


async def test_no_answer_leads_to_where_the_caller_says(http: httpx.AsyncClient) -> None:
    for path in ("/health/", "/things/mine/", "/docs/"):
        answer = await http.get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 404
        assert "location" not in answer.headers


async def test_an_address_names_every_method_it_takes() -> None:
    app = create_app(name="methods", settings=ServiceSettings(env="test"), version="1", routers=[], readiness={})
    router = APIRouter(prefix="/things")

    @router.get("/{name}")
    async def read(name: str) -> str:
        return name

    @router.put("/{name}")
    async def write(name: str) -> str:
        return name

    app.include_router(router, prefix="/api")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as http:
        answer = await http.patch("/api/things/lamp")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")


@pytest.mark.parametrize(("body", "line", "column"), [("{", 1, 2), ('{"name":\n  nothing}', 2, 3), ("{\n}\n]", 3, 1)])
async def test_what_is_no_json_is_said_with_its_place_and_under_no_field(
    http: httpx.AsyncClient, body: str, line: int, column: int
) -> None:
    answer = await http.post("/api/v1/things", content=body, headers={"Content-Type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], "fields" in error) == (400, "not_json", False)
    assert error["details"] == {"line": line, "column": column}
    assert f"line {line}, column {column}" in error["message"]


async def test_an_address_that_is_written_out_is_not_taken_for_its_neighbours_id() -> None:
    app = create_app(name="methods", settings=ServiceSettings(env="test"), version="1", routers=[], readiness={})
    router = APIRouter(prefix="/things")

    @router.post("/estimate")
    async def estimate() -> str:
        return ""

    @router.get("/{thing_id}")
    async def read(thing_id: UUID) -> UUID:
        return thing_id

    app.include_router(router, prefix="/api")
    async with client_of(app) as http:
        for method in ("GET", "PATCH", "OPTIONS"):
            answer = await http.request(method, "/api/things/estimate")
            assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert (await http.get("/api/things/lamp")).status_code == 422


@pytest.mark.parametrize(
    ("path", "known"),
    [("/api/v1/things/context?tokn=1", "choose from token"), ("/api/v1/things/mine?x=1", "this address takes none")],
)
async def test_a_query_parameter_that_is_not_known_is_refused_by_name(path: str, known: str) -> None:
    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[wrapped()], readiness={})
    app.state.verifier = Issuer().verifier()
    async with client_of(app) as http:
        answer = await http.get(path)
    name = path.partition("?")[2].partition("=")[0]
    assert (answer.status_code, answer.json()["error"]["fields"]) == (422, {name: known})


async def test_the_fields_of_a_query_that_is_a_model_are_known() -> None:
    class Filters(BaseModel):
        kind: str = ""

    async def find(filters: Annotated[Filters, Query()]) -> str:
        return filters.kind

    find.__annotations__["filters"] = Annotated[Filters, Query()]
    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[], readiness={})
    app.get("/things")(find)
    async with client_of(app) as http:
        assert (await http.get("/things?kind=lamp")).json() == "lamp"
        assert (await http.get("/things?kinds=lamp")).json()["error"]["fields"] == {"kinds": "choose from kind"}


async def test_a_callback_takes_what_others_add_to_its_address() -> None:
    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[], readiness={})

    @app.get("/callback")
    @takes_any_query
    async def callback(state: str) -> str:
        return state

    async with client_of(app) as http:
        assert (await http.get("/callback?state=s&authuser=0")).status_code == 200


async def test_a_rule_of_ours_is_told_in_its_own_words() -> None:
    class Size(BaseModel):
        number: int

        @field_validator("number")
        @classmethod
        def _even(cls, value: int) -> int:
            raise ValueError("is odd")

    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[], readiness={})

    async def make(size: Size) -> None:
        """Make it."""

    make.__annotations__["size"] = Size
    app.post("/sizes")(make)
    async with client_of(app) as http:
        answer = await http.post("/sizes", json={"number": 1})
    assert answer.json()["error"]["fields"] == {"number": "is odd"}


async def test_what_goes_wrong_with_a_token_unforeseen_lets_nobody_in_and_has_our_body() -> None:
    class Broken:
        async def verify(self, token: str) -> None:
            raise TypeError(token)

    app = create_app(name="things", settings=ServiceSettings(), version="1", routers=[router], readiness={})
    app.state.verifier = Broken()
    token = {"Authorization": "Bearer hunter2"}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://things") as client:
        answer = await client.get("/things/mine", headers=token)
        assert answer.status_code == 500
        assert answer.json()["error"]["request_id"]
        assert "hunter2" not in answer.text
        assert (await client.get("/things/context", headers=token)).status_code == 200


async def test_the_first_request_finds_all_routes_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.get("/here")
    async def read_here() -> None: ...

    app = create_app(name="first", settings=ServiceSettings(env="test"), version="1", routers=[router], readiness={})
    async with app.router.lifespan_context(app):
        monkeypatch.setattr(fastapi.routing, "_populate_api_route_state", None)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://first") as client:
            assert (await client.get("/here")).status_code == 200
