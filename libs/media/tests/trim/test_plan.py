"""What is copied and what is encoded, for every order in which a film may decode its pictures."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from media.errors import BadMedia
from media.trim.h264 import Sets, repacked, sets_of, units
from media.trim.plan import Entry, plan, times

Film = tuple[tuple[Entry, ...], int, int]


@some.composite
def films(draw: some.DrawFn) -> Film:
    """Groups of pictures that each begin anew, reordered inside as B-pictures are, at uneven times; a part of it."""
    entries: list[Entry] = []
    at = draw(some.integers(0, 50))
    for size in draw(some.lists(some.integers(1, 12), min_size=1, max_size=6)):
        shown = []
        for _ in range(size):
            shown.append(at)
            at += draw(some.integers(1, 5))
        order = [shown[0]]
        rest = shown[1:]
        while rest:
            ahead = draw(some.integers(1, min(4, len(rest))))
            order += [rest[ahead - 1], *rest[: ahead - 1]]
            rest = rest[ahead:]
        entries += [Entry(pts, anew=pts == shown[0]) for pts in order]
    start = draw(some.integers(0, at))
    return tuple(entries), start, start + draw(some.integers(1, 80))


@given(films())
def test_every_picture_of_the_part_is_there_once_and_decodable(film: Film) -> None:
    entries, start, end = film
    last = max(entry.pts for entry in entries) + 3
    wanted = sorted(entry.pts for entry in entries if start <= entry.pts < end)
    if not wanted:
        with pytest.raises(BadMedia, match="no picture begins"):
            plan(entries, start, end, last)
        return

    made = plan(entries, start, end, last)
    told = times(made, entries)

    assert sorted(pts for pts, _, _ in told) == wanted
    assert (made.first, made.frames) == (wanted[0], len(wanted))
    assert made.first <= made.copied_from <= made.copied_to <= made.end
    begin, stop = made.copied
    if begin < stop:
        assert entries[begin].anew
        # What is copied lies between the edges, and all it needs is copied with it.
        assert all(made.copied_from <= entry.pts < made.copied_to for entry in entries[begin:stop])
    assert all(one < other for (_, one, _), (_, other, _) in pairwise(told))
    assert all(decoded <= pts for pts, decoded, _ in told)
    by_time = sorted((pts, duration) for pts, _, duration in told)
    assert all(one + duration == other for (one, duration), (other, _) in pairwise(by_time))
    assert sum(by_time[-1]) == made.end


def test_a_part_that_ends_with_a_group_needs_no_edge_behind_it() -> None:
    entries = tuple(Entry(pts, anew=pts % 10 == 0) for pts in range(40))
    made = plan(entries, 10, 30, 40)
    assert (made.copied, made.encoded) == ((10, 30), 0)


def test_a_film_without_a_beginning_in_the_part_is_encoded() -> None:
    entries = tuple(Entry(pts, anew=pts == 0) for pts in range(40))
    made = plan(entries, 5, 30, 40)
    assert made.copied == (0, 0)
    assert made.encoded == 25


def test_parameter_sets_of_two_encoders_stand_in_one_track() -> None:
    own = Sets(4, (b"\x67\x64\x00\x1e\xac",), (b"\x68\xee",), head=b"\x01\x64\x00\x1e\xff", rest=b"\xfd\xf8\xf8\x00")
    other = Sets(0, (b"\x67\x64\x00\x1e\x04\x20",), (b"\x68\x04\x20",))
    assert own.free == 31

    both = sets_of(own.with_more(other))

    assert both is not None
    assert both.sequences == (*own.sequences, *other.sequences)
    assert both.pictures == (*own.pictures, *other.pictures)
    assert (both.length, both.rest) == (4, own.rest)


@pytest.mark.parametrize("extra", [None, b"", b"\x01\x64\x00", b"\x01\x64\x00\x1e\xff\xe1\x00\xff\x67", b"nonsense"])
def test_extra_data_that_says_nothing_is_none(extra: bytes | None) -> None:
    assert sets_of(extra) is None


@given(some.lists(some.binary(min_size=1, max_size=40), min_size=1, max_size=6), some.sampled_from([0, 1, 2, 4]))
def test_units_come_out_as_they_went_in(payloads: list[bytes], length: int) -> None:
    # What a codec writes has no zeros where a start code could be read into it.
    wanted = [bytes([5]) + payload.replace(b"\0", b"\x01") for payload in payloads]
    packed = repacked(b"".join(b"\0\0\0\1" + unit for unit in wanted), length)
    assert list(units(packed, length)) == wanted
