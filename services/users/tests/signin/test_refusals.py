"""Everything that may be wrong with a sign-in: it is refused, in clear words, and nothing is created."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from simulators.core.faults import Fault
from simulators.vendors.openid.issuer import TOKEN_FAULTS, Person

NOTHING = {"users": 0, "oauth_identities": 0, "user_sessions": 0, "consents": 0, "sign_in_tickets": 0}
BOTH = pytest.mark.parametrize("provider", ["google", "apple"])

REASONS = {
    Fault.WRONG_NONCE: (401, "identity_refused", "wrong_nonce"),
    Fault.WRONG_AUDIENCE: (401, "identity_refused", "wrong_audience"),
    Fault.WRONG_ISSUER: (401, "identity_refused", "wrong_issuer"),
    Fault.EXPIRED: (401, "identity_refused", "expired"),
    Fault.UNKNOWN_KEY: (401, "identity_refused", "unknown_key"),
    Fault.FORGED: (401, "identity_refused", "forged"),
    Fault.UNSIGNED: (401, "identity_refused", "wrong_algorithm"),
    Fault.KEY_CONFUSION: (401, "identity_refused", "wrong_algorithm"),
    Fault.UNVERIFIED: (403, "email_unverified", None),
    Fault.CODE_REFUSED: (401, "identity_refused", "code_refused"),
    Fault.AUTH: (503, "signin_provider_away", None),
    Fault.EMPTY: (503, "signin_provider_away", None),
    Fault.THROTTLED: (503, "signin_provider_away", None),
    Fault.SERVER_ERROR: (503, "signin_provider_away", None),
    Fault.OVERLOADED: (503, "signin_provider_away", None),
    Fault.HANG_BEFORE: (503, "signin_provider_away", None),
    Fault.HANG_AFTER: (503, "signin_provider_away", None),
    Fault.DROP_BEFORE: (503, "signin_provider_away", None),
    Fault.DROP_AFTER: (503, "signin_provider_away", None),
    Fault.GATEWAY_AFTER: (503, "signin_provider_away", None),
    Fault.GARBLED: (503, "signin_provider_away", None),
}
"""The table of answers: what the provider does to the exchange of the code, and what the browser is told."""


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_the_table_has_every_fault_of_the_exchange(world: Any) -> None:
    assert world.google.possible["token"] == REASONS.keys()
    assert REASONS.keys() > TOKEN_FAULTS


@BOTH
async def test_a_bad_exchange_creates_nothing(world: Any, provider: str) -> None:
    simulator = world.provider(provider)
    for fault, (status, code, reason) in REASONS.items():
        simulator.plan.script("token", [fault])
        simulator.ledger.entries.clear()
        answer = await world.sign_in(provider)
        assert said(answer) == (status, code), (fault, answer.text)
        assert answer.json()["error"].get("details", {}).get("reason") == reason, fault
        assert await world.counts() == NOTHING, fault
        # A code is good once, so it is sent once.
        assert len(simulator.ledger) <= 1, fault
    # And the next try is a good one.
    assert (await world.sign_in(provider)).status_code == 200


@BOTH
@pytest.mark.parametrize("fault", [Fault.WRONG_AUDIENCE, Fault.FORGED, Fault.UNVERIFIED])
async def test_a_bad_exchange_links_nothing(world: Any, provider: str, fault: Fault) -> None:
    member = await world.users.member()
    world.provider(provider).plan.script("token", [fault])
    assert (await world.sign_in(provider)).status_code in (401, 403)
    assert (await world.counts())["oauth_identities"] == 0
    assert (await world.users.log_in()).status_code == 200
    assert (await world.users.refresh(member["refresh_token"])).status_code == 200


@BOTH
async def test_a_person_who_says_no_is_told_that(world: Any, provider: str) -> None:
    world.provider(provider).plan.script("authorize", [Fault.DENIED])
    assert said(await world.sign_in(provider)) == (400, "signin_cancelled")
    assert await world.counts() == NOTHING


@BOTH
@pytest.mark.parametrize("fields", [{"error": "server_error"}, {"error": "temporarily_unavailable"}, {}, {"code": ""}])
async def test_an_answer_without_a_code_is_refused(world: Any, provider: str, fields: dict[str, str]) -> None:
    browser = world.browser()
    started = await browser.start(provider)
    method, url, good = await browser.consent(started.headers["location"])
    answer = await browser.come_back(method, url, {"state": good["state"], **fields})
    assert said(answer) == (401, "identity_refused")


READINGS = pytest.mark.parametrize(
    ("provider", "operation"), [("google", "discovery"), ("google", "keys"), ("apple", "keys")]
)


@READINGS
async def test_reading_is_tried_twice(world: Any, provider: str, operation: str) -> None:
    known = world.users.service.app.state.sign_ins.providers[provider]
    for fault in sorted(world.provider(provider).possible[operation]):
        known._keys.value = known._endpoints.value = None
        world.provider(provider).plan.script(operation, [fault])
        assert (await world.sign_in(provider)).status_code == 200, fault


@READINGS
async def test_a_provider_that_stays_away_is_named(world: Any, provider: str, operation: str) -> None:
    world.provider(provider).plan.script(operation, [Fault.DROP_BEFORE, Fault.DROP_BEFORE])
    answer = await world.sign_in(provider)
    assert said(answer) == (503, "signin_provider_away")
    assert provider.title() in answer.json()["error"]["message"]
    assert answer.headers["Retry-After"] == "5"
    # Nothing was asked that could not have been checked.
    assert len(world.provider(provider).ledger) == 0


async def test_apples_discovery_may_say_what_it_likes(world: Any) -> None:
    """In June 2025 it named another issuer than its tokens, and whoever asked it was down."""
    world.apple.moved = True
    assert (await world.sign_in("apple")).status_code == 200
    world.apple.moved = False


@BOTH
async def test_keys_that_rotate_are_read_again_but_not_for_every_bad_token(world: Any, provider: str) -> None:
    simulator = world.provider(provider)
    assert (await world.sign_in(provider)).status_code == 200
    known = world.users.service.app.state.sign_ins.providers[provider]
    known._keys._ticks = lambda: 1_000.0 + known._keys._read_at
    for _ in range(2):
        simulator.rotate(keep_old=False)
    assert (await world.sign_in(provider)).status_code == 200
    asked: list[str] = []
    real = known._read

    async def watched(url: str) -> Any:
        asked.append(url)
        return await real(url)

    known._read = watched
    known._keys._ticks = lambda: known._keys._read_at + 9.0
    for _ in range(3):
        simulator.plan.script("token", [Fault.UNKNOWN_KEY])
        assert said(await world.sign_in(provider)) == (401, "identity_refused")
    assert not asked


@BOTH
async def test_a_state_is_good_once(world: Any, provider: str) -> None:
    browser = world.browser()
    started = await browser.start(provider)
    back = await browser.consent(started.headers["location"])
    cookies = dict(browser.cookies)
    assert (await browser.come_back(*back)).status_code == 200
    browser.cookies = cookies
    assert said(await browser.come_back(*back)) == (400, "signin_expired")
    assert (await world.counts())["user_sessions"] == 1


@BOTH
async def test_a_state_is_spent_by_a_failed_try_too(world: Any, provider: str) -> None:
    browser = world.browser()
    started = await browser.start(provider)
    method, url, fields = await browser.consent(started.headers["location"])
    assert said(await browser.come_back(method, url, {**fields, "code": "guessed"})) == (401, "identity_refused")
    assert said(await browser.come_back(method, url, fields)) == (400, "signin_expired")
    assert await world.counts() == NOTHING


@BOTH
async def test_another_browser_cannot_finish_it(world: Any, provider: str) -> None:
    """A link that carries the attacker's code and state signs nobody in, and the state is spent."""
    attacker, victim = world.browser(), world.browser()
    started = await attacker.start(provider)
    back = await attacker.consent(started.headers["location"])
    assert said(await victim.come_back(*back)) == (400, "signin_other_browser")
    # A cookie of another sign-in does not help either.
    await victim.start(provider)
    started = await attacker.start(provider)
    back = await attacker.consent(started.headers["location"])
    [mine], [theirs] = victim.cookies.values(), list(attacker.cookies)[-1:]
    victim.cookies = {theirs: mine}
    assert said(await victim.come_back(*back)) == (400, "signin_other_browser")
    assert await world.counts() == NOTHING


@BOTH
async def test_a_sign_in_ends_after_ten_minutes(world: Any, provider: str) -> None:
    browser = world.browser()
    started = await browser.start(provider)
    assert "Max-Age=600" in started.headers["set-cookie"]
    back = await browser.consent(started.headers["location"])
    world.users.clock.advance(timedelta(minutes=10))
    assert said(await browser.come_back(*back)) == (400, "signin_expired")


async def test_a_state_belongs_to_its_provider(world: Any) -> None:
    browser = world.browser()
    started = await browser.start("google")
    _, url, fields = await browser.consent(started.headers["location"])
    assert said(await browser.come_back("GET", url.replace("google", "apple"), fields)) == (400, "signin_expired")


@pytest.mark.parametrize("state", ["", "unknown", "x" * 200, "پیکسی"])
async def test_a_made_up_state_is_refused(world: Any, state: str) -> None:
    browser = world.browser()
    answer = await browser.come_back(
        "GET", "https://api.talkingphoto.test/api/v1/auth/oauth/google/callback", {"state": state, "code": "x"}
    )
    assert said(answer) == (400, "signin_expired")


async def test_a_code_of_another_sign_in_does_not_fit(world: Any) -> None:
    """Code injection: the attacker's code in the victim's browser. The verifier is another one."""
    attacker, victim = world.browser(), world.browser()
    stolen = await attacker.consent((await attacker.start("google")).headers["location"])
    method, url, fields = await victim.consent((await victim.start("google")).headers["location"])
    answer = await victim.come_back(method, url, {**fields, "code": stolen[2]["code"]})
    assert (said(answer), answer.json()["error"]["details"]) == ((401, "identity_refused"), {"reason": "code_refused"})
    assert await world.counts() == NOTHING


async def test_apple_knows_no_pkce_and_the_nonce_stands_in_for_it(world: Any) -> None:
    attacker, victim = world.browser(), world.browser()
    stolen = await attacker.consent((await attacker.start("apple")).headers["location"])
    method, url, fields = await victim.consent((await victim.start("apple")).headers["location"])
    answer = await victim.come_back(method, url, {**fields, "code": stolen[2]["code"]})
    assert (said(answer), answer.json()["error"]["details"]) == ((401, "identity_refused"), {"reason": "wrong_nonce"})
    assert await world.counts() == NOTHING


async def test_another_verifier_does_not_fit(world: Any) -> None:
    browser = world.browser()
    back = await browser.consent((await browser.start("google")).headers["location"])
    await world.users.execute("UPDATE sign_ins SET verifier = 'another'")
    assert said(await browser.come_back(*back)) == (401, "identity_refused")
    assert await world.counts() == NOTHING


async def test_an_answer_of_another_issuer_is_a_mix_up(world: Any) -> None:
    browser = world.browser()
    method, url, fields = await browser.consent((await browser.start("google")).headers["location"])
    answer = await browser.come_back(method, url, {**fields, "iss": "https://evil.example"})
    assert said(answer) == (401, "identity_refused")
    assert len(world.google.codes) == 1, "the code was sent to nobody"


@BOTH
@pytest.mark.parametrize("email", [None, "", "not an address", "x@" + "a" * 300 + ".com", "nul\x00@example.com"])
async def test_without_a_usable_address_no_account_is_opened(world: Any, provider: str, email: str | None) -> None:
    world.provider(provider).person = Person(email=email)
    assert said(await world.sign_in(provider)) == (403, "email_unverified")
    assert await world.counts() == NOTHING


async def test_a_provider_that_is_not_set_up_says_so(users: Any) -> None:
    async with users.client() as client:
        for provider in ("google", "apple"):
            for path in ("start", "callback"):
                answer = await client.get(f"/api/v1/auth/oauth/{provider}/{path}")
                assert said(answer) == (503, "signin_not_configured")
                assert answer.json()["error"]["details"] == {"provider": provider}
        unknown = await client.get("/api/v1/auth/oauth/facebook/start")
        assert said(unknown) == (404, "not_found")
        assert "google and apple" in unknown.json()["error"]["message"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"product_line": "nothing"}, "product_line"),
        ({"consent": ["everything"]}, "consent.0"),
        ({"consent": ["terms:a b"]}, "consent.0"),
        ({"redirect_to": "https://evil.example"}, "redirect_to"),
        ({"redirect_to": "https://app.talkingphoto.test/"}, "code_challenge"),
        ({"code_challenge": "c" * 43}, "redirect_to"),
        ({"redirect_to": "https://app.talkingphoto.test/", "code_challenge": "short"}, "code_challenge"),
        ({"prompt": "none"}, "prompt"),
    ],
)
async def test_a_start_that_makes_no_sense_is_refused(world: Any, query: dict[str, Any], field: str) -> None:
    answer = await world.browser().start("google", **query)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (422, {field}), answer.text
    assert not await world.users.rows("SELECT * FROM sign_ins")


async def test_no_secret_reaches_a_log_line_an_event_or_an_error(world: Any, logged: Callable[[], str]) -> None:
    """Codes, states, cookies, verifiers, client secrets and tokens of every kind, on good ways and on bad ones."""
    secrets = {world.google.key, world.apple.client()["private_key"].splitlines()[1]}
    refusals: list[httpx.Response] = []
    scripts = [None, *REASONS]
    for provider in ("google", "apple"):
        simulator = world.provider(provider)
        for fault in scripts:
            browser = world.browser()
            started = await browser.start(provider)
            secrets |= {value for value, _ in browser.cookies.values()}
            [flow] = await world.users.rows("SELECT verifier, nonce FROM sign_ins")
            secrets |= {flow["verifier"], flow["nonce"]}
            method, url, fields = await browser.consent(started.headers["location"])
            secrets |= {fields["code"], fields["state"]}
            if fault is not None:
                simulator.plan.script("token", [fault])
            answer = await browser.come_back(method, url, fields)
            if answer.status_code == 200:
                secrets |= {answer.json()["access_token"], answer.json()["refresh_token"]}
            else:
                refusals.append(answer)
        secrets |= set(simulator._tokens)
    # The statement that fails carries what is kept of a flow.
    await world.users.execute("ALTER TABLE sign_ins ALTER COLUMN nonce TYPE varchar(4)")
    try:
        refusals.append(await world.browser().start("google"))
    finally:
        await world.users.execute("ALTER TABLE sign_ins ALTER COLUMN nonce TYPE varchar(64)")
    assert refusals[-1].status_code == 500
    lines = logged()
    assert "signin.unbelievable" in lines
    assert "signin.provider_away" in lines
    assert "value too long" in lines
    events = "".join(f"{dict(message.headers)} {message.body.decode()}" for message in world.users.recorder.messages)
    assert "user_registered" in events
    assert len(secrets) > 150
    for secret in secrets:
        assert secret not in lines
        assert secret not in events
        assert not [answer for answer in refusals if secret in answer.text]
