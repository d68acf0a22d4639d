"""Every language has every word, and the same places for values in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from string import Formatter

import pytest

from notify.messages.kinds import KINDS
from notify.recipients.models import Recipient
from notify.words.book import ENGLISH, LANGUAGES, Phrase, read, words_in


def strings(language: str) -> Iterator[tuple[str, str]]:
    for kind, parts in read(language)["kinds"].items():
        yield from ((f"{kind}.{part}", text) for part, text in parts.items())
    yield from read(language)["phrases"].items()


def places(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_string_with_the_same_places(language: str) -> None:
    english, other = dict(strings(ENGLISH)), dict(strings(language))
    assert other.keys() == english.keys()
    for key, text in other.items():
        assert text.strip() == text and text, key
        assert places(text) == places(english[key]), key


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != ENGLISH])
def test_no_sentence_was_left_in_english(language: str) -> None:
    english, other = dict(strings(ENGLISH)), dict(strings(language))
    same = {key for key, text in other.items() if text == english[key]}
    # Words that two languages share, and strings that are nothing but values.
    assert same <= {"workflow_failed.body", "workflow_cancelled.body", "fact.workflow_id", "fact.workflow_type",
                    "meter.credits"}  # fmt: skip


def test_there_are_words_for_every_kind_and_no_others() -> None:
    assert read(ENGLISH)["kinds"].keys() == KINDS.keys()
    assert all("action" in read(ENGLISH)["kinds"][name] for name, kind in KINDS.items() if kind.page)


def test_an_unknown_language_is_english_and_persian_runs_to_the_left() -> None:
    assert (words_in("ta").language, words_in("ta").direction) == ("en", "ltr")
    assert (words_in("fa").language, words_in("fa").direction) == ("fa", "rtl")


def test_what_a_user_wrote_is_shown_as_it_is_and_moments_by_their_clock() -> None:
    recipient = Recipient(timezone="Asia/Kolkata")
    assert words_in("en").say("welcome", {"name": "{name}"}, recipient).title == "Welcome, {name}"
    at = datetime(2026, 5, 17, 20, tzinfo=UTC)
    assert "after 2026-05-18 01:30 IST" in words_in("en").say("account_locked", {"until": at}, recipient).body
    inner = Phrase("access.until", {"until": at})
    values = {"amount": "1.00 INR", "what": "Pro", "reason": "declined", "access": inner}
    assert "2026-05-18 01:30 IST" in words_in("de").say("payment_failed", values, recipient).body


def test_a_zone_that_nobody_knows_is_greenwich() -> None:
    assert str(Recipient(timezone="Mars/Olympus").zone) == "UTC"
    assert str(Recipient(timezone="../../etc/passwd").zone) == "UTC"
