"""Late, repeated, reordered and lost reports against a history only Stripe knows; no I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing.payments import rules
from billing.payments.port import Observed, Subscription, SubscriptionStatus
from billing.payments.rules import Known, Verdict

START = datetime(2026, 5, 17, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Happening:
    """One event of the true history. ``state`` carries its place in it as the price."""

    id: str
    rank: int
    at: datetime
    state: Subscription


def a_state(place: int, *, ended: bool = False) -> Subscription:
    return Subscription(
        id="sub_1",
        customer_id="cus_1",
        status=SubscriptionStatus.CANCELED if ended else SubscriptionStatus.ACTIVE,
        user_id=None,
        product_line=None,
        item_id="si_1",
        price_id=f"price_{place}",
        interval="month",
        period_start=None,
        period_end=None,
        cancel_at_period_end=False,
        cancel_at=None,
        ended_at=None,
        change_pending=False,
    )


def place_of(known: Known) -> int:
    return int(known.subscription.price_id.removeprefix("price_")) if known.subscription else -1  # type: ignore[union-attr]


@st.composite
def histories(draw: st.DrawFn) -> list[Happening]:
    """Created, some updates (many in one second), perhaps ended."""
    gaps = draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 60]), min_size=1, max_size=7))
    ends = draw(st.booleans())
    made, at = [], START
    for place, gap in enumerate(gaps):
        at += timedelta(seconds=gap)
        last = ends and place == len(gaps) - 1 and place > 0
        rank = 0 if place == 0 else 2 if last else 1
        made.append(Happening(f"evt_{place}", rank, at, a_state(place, ended=last)))
    return made


class Keeper:
    """What the inbox and the reader do with a row, on a clock that may be between any two happenings."""

    def __init__(self, history: list[Happening]) -> None:
        self.history = history
        self.happened = 0
        """How many of the history have happened by now; reading shows the last of them."""
        self.known = Known()
        self.seen: set[str] = set()
        self.places: list[int] = []

    def now(self) -> datetime:
        return self.history[self.happened - 1].at

    def take(self, each: Happening) -> None:
        self.happened = max(self.happened, self.history.index(each) + 1)
        if each.id not in self.seen:
            self.seen.add(each.id)
            self.known, verdict = rules.report(
                self.known, each.state, rank=each.rank, created=each.at, event_id=each.id
            )
            assert verdict is not Verdict.DOUBTFUL or self.known.doubtful
        self.places.append(place_of(self.known))

    def asked(self) -> tuple[int, Observed]:
        state = self.history[self.happened - 1].state
        moment = self.now()
        return self.known.version, Observed(state, since=moment - timedelta(seconds=2), until=moment)

    def read(self, question: tuple[int, Observed]) -> None:
        version, observed = question
        self.known, _ = rules.reading(self.known, observed, asked_at_version=version)
        self.places.append(place_of(self.known))


@given(histories(), st.data())
def test_whatever_arrives_nothing_moves_backwards_and_doubt_ends_in_the_truth(
    history: list[Happening], data: st.DataObject
) -> None:
    keeper = Keeper(history)
    arrivals = data.draw(st.lists(st.sampled_from(history), min_size=1, max_size=14))
    question: Any = None
    for each in arrivals:
        keeper.take(each)
        if question is not None and data.draw(st.booleans()):
            # A slow answer: things may have arrived since it was asked for.
            keeper.read(question)
            question = None
        if keeper.known.doubtful and question is None and data.draw(st.booleans()):
            question = keeper.asked()
    assert keeper.places == sorted(keeper.places)
    if keeper.known.doubtful:
        keeper.read(keeper.asked())
        assert place_of(keeper.known) == keeper.happened - 1
    assert keeper.known == replace(keeper.known, doubtful=False)
    assert keeper.places == sorted(keeper.places)
    newest = max(arrivals, key=history.index)
    assert place_of(keeper.known) >= history.index(newest)


@given(histories(), st.randoms())
def test_everything_in_any_order_ends_where_the_history_does(history: list[Happening], order: Any) -> None:
    keeper = Keeper(history)
    arrivals = [*history, *history]
    order.shuffle(arrivals)
    for each in arrivals:
        keeper.take(each)
    if keeper.known.doubtful:
        keeper.read(keeper.asked())
    assert place_of(keeper.known) == len(history) - 1
    assert keeper.places == sorted(keeper.places)


def test_two_updates_of_one_second_are_told_apart_by_asking() -> None:
    known, _ = rules.report(Known(), a_state(1), rank=1, created=START, event_id="evt_1")
    doubtful, verdict = rules.report(known, a_state(2), rank=1, created=START, event_id="evt_2")
    assert (verdict, doubtful.subscription, doubtful.doubtful) == (Verdict.DOUBTFUL, known.subscription, True)
    same, verdict = rules.report(known, a_state(1), rank=1, created=START, event_id="evt_3")
    assert (verdict, same) == (Verdict.STALE, known)


def test_a_beginning_told_late_needs_no_asking() -> None:
    known, _ = rules.report(Known(), a_state(1), rank=1, created=START, event_id="evt_1")
    for created in (START, START + timedelta(seconds=5)):
        assert rules.report(known, a_state(0), rank=0, created=created, event_id="evt_0") == (known, Verdict.STALE)


def test_an_answer_that_was_overtaken_does_not_count() -> None:
    known, _ = rules.report(Known(), a_state(1), rank=1, created=START, event_id="evt_1")
    asked_at = known.version
    newer, _ = rules.report(known, a_state(3), rank=1, created=START + timedelta(seconds=9), event_id="evt_3")
    late = Observed(a_state(2), since=START, until=START)
    assert rules.reading(newer, late, asked_at_version=asked_at) == (newer, Verdict.STALE)


def test_an_event_of_the_second_of_a_reading_is_asked_about() -> None:
    read, _ = rules.reading(
        Known(), Observed(a_state(2), since=START, until=START + timedelta(seconds=3)), asked_at_version=0
    )
    for seconds, expected in ((-1, Verdict.STALE), (0, Verdict.DOUBTFUL), (3, Verdict.DOUBTFUL), (4, Verdict.APPLIED)):
        at = START + timedelta(seconds=seconds)
        assert rules.report(read, a_state(2), rank=1, created=at, event_id="evt_9")[1] is expected


def test_an_ended_subscription_stays_ended() -> None:
    ended, _ = rules.report(Known(), a_state(5, ended=True), rank=2, created=START, event_id="evt_5")
    later = START + timedelta(days=1)
    assert rules.report(ended, a_state(9), rank=1, created=later, event_id="evt_9") == (ended, Verdict.STALE)
    expired = replace(a_state(5), status=SubscriptionStatus.INCOMPLETE_EXPIRED)
    closed, _ = rules.report(Known(), expired, rank=1, created=START, event_id="evt_5")
    assert rules.report(closed, a_state(9), rank=1, created=later, event_id="evt_9") == (closed, Verdict.STALE)


def test_what_was_only_mentioned_is_read_even_after_its_beginning_is_told() -> None:
    mentioned = rules.mention(Known())
    assert mentioned.doubtful
    assert rules.mention(mentioned) == mentioned
    begun, verdict = rules.report(mentioned, a_state(0), rank=0, created=START, event_id="evt_0")
    assert (verdict, begun.doubtful) == (Verdict.APPLIED, True)
    assert rules.mention(begun) == begun
