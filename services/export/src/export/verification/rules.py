"""When two films or pictures count as the same. Pure.

Hashes are those of ``media.images.perceptual``: 63 bits, of which copies of a picture differ in a few.

**Finding** (multi-index hashing: Norouzi, Punjani, Fleet, "Fast Search in Hamming Space with Multi-Index Hashing",
2012). A hash is cut into four bands of 16 bits, each an entry of an index. Two hashes that differ in at most seven bits
have a band in which they differ in at most one (four bands with two each would be eight); so asking for each band and
its sixteen neighbours finds every such hash without looking at any other.

**Comparing.** A film's hashes have times. For every shift in time the share of its pictures is taken that differ in at
most ``ALIKE_BITS`` from the other's at that time, half a second more or less; the best shift counts. So order and
distance in time have to agree, and a film that was cut at its ends still does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

BITS = 63
ALIKE_BITS = 8
"""Of a film's picture and its copy, at most. Measured: copies at CRF 34 and a third of the size differ by up to 7,
different faces that are cropped alike (Labeled Faces in the Wild) by 11 and more."""
PICTURE_BITS = 6
"""For a single picture, which no order in time supports."""
LEAST_SHARE = 0.6
LEAST_PICTURES = 2
"""A film of which fewer pictures say anything is no film to be known by."""
ASKED_PICTURES = 16
"""So many pictures, spread over a film, are looked for in the index."""

_BAND_BITS, _BANDS = 16, 4

Pictures = Sequence[tuple[int, int]]
"""Number of the half second, and hash."""


def keys_of(hash: int) -> tuple[int, ...]:  # noqa: A002
    """The entries of a hash in the index: band and value in one number."""
    return tuple(band << _BAND_BITS | (hash >> band * _BAND_BITS) & ((1 << _BAND_BITS) - 1) for band in range(_BANDS))


def asked_keys(pictures: Pictures) -> list[int]:
    """The entries that a hash of some of the ``pictures`` or of a near one can have."""
    step = max(1, -(-len(pictures) // ASKED_PICTURES))
    return sorted({near for _, found in pictures[::step] for key in keys_of(found) for near in _neighbours(key)})


def share_alike(asked: Pictures, kept: Pictures) -> float:
    """How much of a film is in another, in the same order: 0 to 1."""
    if not asked:
        return 0.0
    by_shift: defaultdict[int, set[int]] = defaultdict(set)
    for at, found in asked:
        for kept_at, other in kept:
            if (found ^ other).bit_count() <= ALIKE_BITS:
                by_shift[kept_at - at].add(at)
    return max((len(_around(by_shift, shift)) for shift in list(by_shift)), default=0) / len(asked)


def same_film(asked: Pictures, share: float) -> bool:
    """Whether that much of a film makes it a copy."""
    return len(asked) >= LEAST_PICTURES and share >= LEAST_SHARE


def picture_score(asked: int, kept: Pictures) -> float:
    """How near a picture is to the nearest of ``kept``: 1 is the same bits; 0 where none is near enough."""
    nearest = min(((asked ^ other).bit_count() for _, other in kept), default=PICTURE_BITS + 1)
    return 0.0 if nearest > PICTURE_BITS else 1 - nearest / BITS


def _around(by_shift: dict[int, set[int]], shift: int) -> set[int]:
    return set().union(*(by_shift.get(near, set()) for near in (shift - 1, shift, shift + 1)))


def _neighbours(key: int) -> Iterator[int]:
    yield key
    for bit in range(_BAND_BITS):
        yield key ^ 1 << bit
