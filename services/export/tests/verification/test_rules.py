"""What is found in the index, and what counts as the same: by order and distance in time."""

from __future__ import annotations

import random

from export.verification.rules import (
    ASKED_PICTURES,
    BITS,
    asked_keys,
    keys_of,
    picture_score,
    same_film,
    share_alike,
)

DICE = random.Random(5)


def a_hash() -> int:
    return DICE.getrandbits(BITS)


def near(value: int, bits: int) -> int:
    for bit in DICE.sample(range(BITS), bits):
        value ^= 1 << bit
    return value


def test_whatever_differs_by_seven_bits_is_found_and_little_else() -> None:
    for _ in range(2000):
        kept = a_hash()
        assert set(keys_of(kept)) & set(asked_keys([(0, near(kept, 7))]))
    strangers = [a_hash() for _ in range(2000)]
    asked = set(asked_keys([(0, a_hash())]))
    assert len(asked) == 4 * 17
    assert sum(bool(set(keys_of(one)) & asked) for one in strangers) < 20


def test_a_long_film_asks_no_more_than_a_short_one() -> None:
    film = [(slot, a_hash()) for slot in range(1800)]
    assert len(asked_keys(film)) <= ASKED_PICTURES * 4 * 17


def test_order_and_distance_in_time_have_to_agree() -> None:
    kept = [(slot, a_hash()) for slot in range(20)]
    copy = [(slot, near(value, 6)) for slot, value in kept]
    assert share_alike(copy, kept) == 1
    later = [(slot - 5, value) for slot, value in copy[5:15]]
    assert share_alike(later, kept) == 1
    # Half a second more or less is what sampling may cost.
    uneven = [(slot + index % 2, value) for index, (slot, value) in enumerate(copy[::3])]
    assert share_alike(uneven, kept) == 1
    backwards = [(slot, value) for slot, (_, value) in zip(range(20), reversed(copy), strict=True)]
    assert not same_film(backwards, share_alike(backwards, kept))
    twice_as_fast = [(slot // 2, value) for slot, value in copy[::2]]
    assert share_alike([(slot, value) for slot, (_, value) in enumerate(copy[::3])], kept) < 0.6
    assert share_alike(twice_as_fast[::2], kept) < 0.6
    others = [(slot, a_hash()) for slot in range(20)]
    assert share_alike(others, kept) == 0
    assert share_alike([], kept) == 0


def test_a_share_and_two_pictures_make_a_copy() -> None:
    kept = [(slot, a_hash()) for slot in range(10)]
    half = [(slot, value if slot % 2 else a_hash()) for slot, value in kept]
    assert not same_film(half, share_alike(half, kept))
    most = [(slot, value if slot > 2 else a_hash()) for slot, value in kept]
    assert same_film(most, share_alike(most, kept))
    assert not same_film(kept[:1], share_alike(kept[:1], kept))


def test_a_single_picture_has_to_be_nearer() -> None:
    kept = [(0, a_hash()), (1, a_hash())]
    assert picture_score(kept[1][1], kept) == 1
    assert 0.9 < picture_score(near(kept[1][1], 6), kept) < 1
    assert picture_score(near(kept[1][1], 7), kept) == 0
    assert picture_score(a_hash(), ()) == 0
