"""The whole way: to the provider, back, and into an account."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.users import EmailVerified, SessionRevoked, UserRegistered
from simulators.vendors.openid.issuer import Person
from users.signin.models import Assertion
from users.signin.repository import SignInRepository

BOTH = pytest.mark.parametrize("provider", ["google", "apple"])


@BOTH
async def test_a_new_person_gets_an_account_and_tokens_as_from_a_login(world: Any, provider: str) -> None:
    browser = world.browser(**{"User-Agent": "Phone/1", "address": "203.0.113.9"})
    answer = await browser.sign_in(provider)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    user = tokens["user"]
    assert (user["email"], user["name"], user["email_verified"]) == ("asha@example.com", "Asha Rao", True)
    identity = await world.users.service.app.state.verifier.verify(tokens["access_token"])
    assert (str(identity.user_id), identity.product_line) == (user["id"], "talkingphoto")
    [session] = await world.users.rows("SELECT * FROM user_sessions")
    assert (session["ip_address"], session["user_agent"]) == ("203.0.113.9", "Phone/1")
    assert (await world.users.refresh(tokens["refresh_token"])).status_code == 200
    [event] = world.users.said(UserRegistered)
    assert (str(event.user_id), event.email, event.name) == (user["id"], "asha@example.com", "Asha Rao")
    [linked] = await world.users.rows("SELECT * FROM oauth_identities")
    assert (linked["provider"], linked["subject"]) == (provider, world.google.person.subject)
    assert (linked["email"], linked["user_id"]) == ("asha@example.com", UUID(user["id"]))
    # The cookie has done its work.
    assert not browser.cookies


@BOTH
async def test_the_second_time_it_is_the_same_account(world: Any, provider: str) -> None:
    first = (await world.sign_in(provider)).json()
    second = (await world.sign_in(provider, consent=[])).json()
    assert first["user"]["id"] == second["user"]["id"]
    assert second["user"]["name"] == "Asha Rao"
    assert (await world.counts())["users"] == 1
    assert len(world.users.said(UserRegistered)) == 1
    linked = [said for said in await world.users.trail() if said[0].startswith("account.identity")]
    assert linked == [("account.identity_linked", "done", {"provider": provider})]


async def test_what_was_agreed_to_is_kept_with_version_time_and_a_hash_of_the_address(world: Any) -> None:
    await world.browser(**{"address": "203.0.113.9"}).sign_in("google", consent=["terms:2", "privacy"])
    rows = await world.users.rows("SELECT * FROM consents ORDER BY kind")
    assert [(row["kind"], row["policy_version"], row["granted"]) for row in rows] == [
        ("privacy", "1", True),
        ("terms", "2", True),
    ]
    assert {row["given_at"] for row in rows} == {world.users.clock.now()}
    assert {len(row["ip_hash"]) for row in rows} == {32}


@pytest.mark.parametrize("consent", [[], ["terms"], ["terms", "marketing"]])
async def test_without_consent_no_account_is_opened_where_it_is_needed(world: Any, consent: list[str]) -> None:
    answer = await world.sign_in(consent=consent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "consent_needed")
    assert "privacy" in answer.json()["error"]["fields"]["consent"]
    assert set((await world.counts()).values()) == {0}


@pytest.mark.parametrize(
    ("line", "person", "name"),
    [
        ("reely", Person(given_name=None, family_name=None), None),
        ("pixie", Person(given_name=None, family_name=None), "asha"),
        ("pixie", Person(given_name=" \u0000As\nha "), "As ha Rao"),
    ],
)
async def test_each_product_line_gets_what_it_needs(
    world: Any, all_lines_sell: None, line: str, person: Person, name: str | None
) -> None:
    world.google.person = person
    user = (await world.sign_in(product_line=line, consent=[])).json()["user"]
    assert (user["home_product_line"], user["name"]) == (line, name)


async def test_the_product_line_may_come_from_the_gateway_too(world: Any, all_lines_sell: None) -> None:
    answer = await world.browser(**{"X-Internal-Product-Line": "filmstudio"}).sign_in(consent=[])
    assert (answer.json()["user"]["home_product_line"], answer.json()["expires_in"]) == ("filmstudio", 86_400)


async def test_a_verified_account_is_linked_and_keeps_its_password_and_sessions(world: Any) -> None:
    member = await world.users.member()
    await world.users.execute("UPDATE users SET email_verified = true")
    answer = await world.sign_in(consent=[])
    assert answer.json()["user"]["id"] == member["user"]["id"]
    assert (await world.users.log_in()).status_code == 200
    assert (await world.users.refresh(member["refresh_token"])).status_code == 200
    assert not world.users.said(SessionRevoked)
    assert (await world.counts())["oauth_identities"] == 1


async def test_who_lay_in_wait_in_an_account_of_an_unproved_address_is_out(world: Any) -> None:
    """Somebody registers with the victim's address; the victim signs in with Google. The account becomes theirs."""
    attacker = await world.users.member(name="Asha")
    await world.users.execute(
        "INSERT INTO oauth_identities (id, provider, subject, user_id, email, created_at) "
        "VALUES (gen_random_uuid(), 'apple', 'attackers', $1, 'attacker@example.com', now())",
        UUID(attacker["user"]["id"]),
    )
    async with world.users.client(attacker["access_token"]) as client:
        taken_along = await client.post("/api/v1/users/me/email", json={"email": "attacker@example.com"})
        assert taken_along.status_code == 202
    victim = (await world.sign_in(consent=[])).json()
    [proved] = world.users.said(EmailVerified)
    assert str(proved.user_id) == attacker["user"]["id"]
    still_open = "SELECT purpose FROM one_time_tokens WHERE purpose = 'change_email' AND expires_at > $1"
    assert await world.users.rows(still_open, world.users.clock.now()) == []
    assert (victim["user"]["id"], victim["user"]["email_verified"]) == (attacker["user"]["id"], True)
    assert (await world.users.log_in()).status_code == 401
    assert (await world.users.refresh(attacker["refresh_token"])).status_code == 401
    [ended] = world.users.said(SessionRevoked)
    assert str(ended.user_id) == attacker["user"]["id"]
    identities = await world.users.rows("SELECT provider, subject FROM oauth_identities")
    assert identities == [{"provider": "google", "subject": world.google.person.subject}]
    # From now on the account is proved, and the next provider does not empty it again.
    world.apple.person = Person(subject="000123.abc.0001")
    assert (await world.sign_in("apple", consent=[])).status_code == 200
    assert (await world.users.refresh(victim["refresh_token"])).status_code == 200
    assert (await world.counts())["oauth_identities"] == 2


async def test_a_login_under_way_does_not_survive_the_handover(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is compared outside the transaction: in between the account is handed over."""
    await world.users.register()
    hasher = world.users.service.app.state.hasher
    real = hasher.matches

    async def slow(password: str, hashed: bytes | None) -> bool:
        matched: bool = await real(password, hashed)
        if hashed is not None:
            assert (await world.sign_in(consent=[])).status_code == 200
        return matched

    monkeypatch.setattr(hasher, "matches", slow)
    assert (await world.users.log_in()).status_code == 401
    assert len(await world.users.rows("SELECT * FROM user_sessions")) == 1


async def test_the_subject_counts_and_not_the_address(world: Any) -> None:
    first = (await world.sign_in()).json()
    world.google.person = Person(email="asha.new@example.com")
    assert (await world.sign_in()).json()["user"]["id"] == first["user"]["id"]
    world.google.person = Person(subject="another", email="somebody@example.com")
    assert (await world.sign_in()).json()["user"]["id"] != first["user"]["id"]


async def test_an_address_in_capitals_is_the_same_address(world: Any) -> None:
    member = await world.users.member()
    world.google.person = Person(email="ASHA@Example.com")
    assert (await world.sign_in()).json()["user"]["id"] == member["user"]["id"]


@pytest.mark.parametrize("provider", ["google", "apple"])
async def test_a_linked_identity_needs_no_address_any_more(world: Any, provider: str) -> None:
    first = (await world.sign_in(provider)).json()
    world.provider(provider).person = Person(email=None)
    assert (await world.sign_in(provider)).json()["user"]["id"] == first["user"]["id"]


async def test_apples_word_as_text_and_as_a_boolean(world: Any) -> None:
    for number, as_text in enumerate((True, False)):
        world.apple.booleans_as_text = as_text
        for verified in (True, False):
            world.apple.person = Person(
                f"{number}{verified}", f"{number}{verified}@example.com", email_verified=verified
            )
            answer = await world.sign_in("apple")
            assert answer.status_code == (200 if verified else 403), answer.text
    world.apple.booleans_as_text = True


async def test_a_relayed_address_opens_an_account(world: Any) -> None:
    world.apple.person = Person(email="x7k2@privaterelay.appleid.com", private=True, given_name=None, family_name=None)
    answer = await world.sign_in("apple")
    assert (answer.json()["user"]["email"], answer.json()["user"]["name"]) == ("x7k2@privaterelay.appleid.com", None)


async def test_nobody_vouches_for_what_the_browser_says_beside_the_code(world: Any) -> None:
    victim = await world.users.member("victim@example.com")
    browser = world.browser()
    started = await browser.start("apple")
    method, url, fields = await browser.consent(started.headers["location"])
    fields["user"] = '{"name": {"firstName": "Mallory", "lastName": 7}, "email": "victim@example.com"}'
    user = (await browser.come_back(method, url, fields)).json()["user"]
    assert user["id"] != victim["user"]["id"]
    assert (user["email"], user["name"]) == ("asha@example.com", "Mallory")


@pytest.mark.parametrize("told", ["", "{", "[]", '{"name": 3}', '{"name": {"firstName": {}}}', "[" * 4000])
async def test_odd_words_beside_the_code_are_no_name(world: Any, told: str) -> None:
    browser = world.browser()
    started = await browser.start("apple")
    method, url, fields = await browser.consent(started.headers["location"])
    answer = await browser.come_back(method, url, {**fields, "user": told})
    assert (answer.status_code, answer.json()["user"]["name"]) == (200, None)


async def test_a_closed_account_stays_closed(world: Any) -> None:
    await world.sign_in()
    await world.users.execute("UPDATE users SET is_active = false")
    linked = await world.sign_in()
    assert (linked.status_code, linked.json()["error"]["code"]) == (403, "account_inactive")
    world.apple.person = Person(subject="another identity, the same address")
    by_address = await world.sign_in("apple")
    assert (by_address.status_code, by_address.json()["error"]["code"]) == (403, "account_inactive")
    counts = await world.counts()
    assert (counts["oauth_identities"], counts["user_sessions"]) == (1, 1)


async def test_a_deleted_account_is_not_found_again(world: Any) -> None:
    first = (await world.sign_in()).json()
    await world.users.execute("DELETE FROM users")
    assert (await world.counts())["oauth_identities"] == 0
    assert (await world.sign_in()).json()["user"]["id"] != first["user"]["id"]


async def test_a_lock_on_the_password_does_not_keep_its_owner_out(world: Any) -> None:
    """Whoever guesses passwords must not be able to lock out who signs in elsewhere."""
    await world.users.register()
    await world.users.execute("UPDATE users SET email_verified = true")
    for _ in range(5):
        assert (await world.users.log_in(password="wrong-password-1")).status_code == 401
    assert (await world.users.log_in()).status_code == 423
    assert (await world.sign_in()).status_code == 200
    # It proves nothing about who knows the password, so that lock stays.
    assert (await world.users.log_in()).status_code == 423


async def test_a_social_account_has_no_password_to_guess(world: Any) -> None:
    await world.sign_in()
    assert [row["password_hash"] for row in await world.users.rows("SELECT password_hash FROM users")] == [None]
    assert (await world.users.log_in()).status_code == 401


async def test_two_tabs_of_one_new_person_make_one_account(world: Any) -> None:
    browser = world.browser()
    backs = []
    for _ in range(2):
        started = await browser.start("google")
        backs.append(await browser.consent(started.headers["location"]))
    answers = await asyncio.gather(*(browser.come_back(*back) for back in backs))
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert len({answer.json()["user"]["id"] for answer in answers}) == 1
    counts = await world.counts()
    assert (counts["users"], counts["oauth_identities"], counts["user_sessions"]) == (1, 1, 2)
    assert len(world.users.said(UserRegistered)) == 1


async def test_two_tabs_link_one_account_once(world: Any) -> None:
    await world.users.register()
    browsers = [world.browser() for _ in range(3)]
    answers = await asyncio.gather(*(browser.sign_in() for browser in browsers))
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    counts = await world.counts()
    assert (counts["users"], counts["oauth_identities"]) == (1, 1)


async def test_an_identity_that_was_linked_meanwhile_opens_that_account_and_no_other(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the link somebody else was quicker, with another address of the same person."""
    first = (await world.sign_in()).json()
    world.google.person = Person(email="asha.new@example.com")
    real, looks = SignInRepository.owner, []

    async def too_early(self: SignInRepository, assertion: Assertion) -> UUID | None:
        looks.append(assertion.email)
        return None if len(looks) == 1 else await real(self, assertion)

    monkeypatch.setattr(SignInRepository, "owner", too_early)
    assert (await world.sign_in()).json()["user"]["id"] == first["user"]["id"]
    assert len(looks) == 2
    assert (await world.counts())["users"] == 1
    assert len(world.users.said(UserRegistered)) == 1


async def test_nothing_of_the_provider_is_kept(world: Any) -> None:
    for provider in ("google", "apple"):
        await world.sign_in(provider)
    kept = ""
    for table in ("users", "oauth_identities", "sign_ins", "sign_in_tickets", "user_sessions", "refresh_tokens"):
        kept += str(await world.users.rows(f"SELECT * FROM {table}"))  # noqa: S608
    issued = [token for each in (world.google, world.apple) for token in each._tokens]
    assert issued
    assert not [token for token in issued if token in kept]
    assert not await world.users.rows("SELECT * FROM sign_ins")


async def test_the_address_of_the_callback_comes_from_the_settings(world: Any) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    started = await world.browser(**forged).start("google")
    asked = httpx.URL(started.headers["location"]).params
    assert asked["redirect_uri"] == "https://api.talkingphoto.test/api/v1/auth/oauth/google/callback"
    assert (asked["code_challenge_method"], len(asked["code_challenge"])) == ("S256", 43)
    assert asked["nonce"] != asked["state"]


async def test_a_sign_in_that_names_no_line_ends_in_the_accounts_own(world: Any, all_lines_sell: None) -> None:
    await world.users.register(line="pixie", name="Asha", consents=[])
    await world.users.execute("UPDATE users SET email_verified = true")
    tokens = (await world.sign_in(consent=[])).json()
    identity = await world.users.service.app.state.verifier.verify(tokens["access_token"])
    assert identity.product_line == "pixie"
    elsewhere = await world.sign_in(product_line="talkingphoto", consent=[])
    assert (elsewhere.status_code, elsewhere.json()["error"]["code"]) == (422, "consent_needed")
    assert (await world.sign_in(product_line="talkingphoto")).status_code == 200


async def test_no_sign_in_is_begun_in_a_line_without_plans(world: Any, one_line_sells: None) -> None:
    answer = await world.browser().start("google", product_line="pixie")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "product_line_not_offered")
    assert (await world.browser().start("google", product_line="nothing")).status_code == 422


async def test_whoever_owns_the_address_gets_a_password_again_and_the_stranger_does_not(world: Any) -> None:
    """The account was opened by somebody who never proved its address; its owner comes with Google."""
    await world.users.register()
    owner = (await world.sign_in(consent=[])).json()
    async with world.users.client(owner["access_token"]) as client:
        body = {"new_password": "harvest-7-kite"}
        assert (await client.post("/api/v1/auth/change-password", json=body)).status_code == 200
    assert (await world.users.log_in()).status_code == 401
    assert (await world.users.log_in(password="harvest-7-kite")).status_code == 200
    # The address is proved now: the next provider takes nothing away.
    world.apple.person = Person(subject="000123.abc.0001")
    assert (await world.sign_in("apple", consent=[])).status_code == 200
    assert (await world.users.log_in(password="harvest-7-kite")).status_code == 200
