"""H.264 as it lies in files: which pictures begin anew, and two encodings in one track.

A track names its parameter sets once, by numbers. Pictures that another encoder made are decodable in the same track as
long as their sets have numbers of their own: that is what lets edges stand beside what was copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SLICE_ANEW, _EXTRA, _SEQUENCE, _PICTURE = 5, 6, 7, 8
_MOST_SETS = 31


@dataclass(frozen=True, slots=True)
class Sets:
    """The parameter sets of a track. ``length`` is how many bytes say how long a unit is; 0: start codes part them."""

    length: int
    sequences: tuple[bytes, ...]
    pictures: tuple[bytes, ...]
    head: bytes = b""
    rest: bytes = b""

    @property
    def free(self) -> int | None:
        """A number that no set has, from the highest down; None where there is none."""
        taken = {_number(one, 4) for one in self.sequences} | {_number(one, 1) for one in self.pictures}
        return next((number for number in range(_MOST_SETS, -1, -1) if number not in taken), None)

    def with_more(self, other: Sets) -> bytes:
        """The track's extra data with the sets of ``other`` too."""
        sequences, pictures = (*self.sequences, *other.sequences), (*self.pictures, *other.pictures)
        if not self.length:
            return b"".join(b"\0\0\0\1" + one for one in (*sequences, *pictures))
        made = self.head + bytes([0xE0 | len(sequences)]) + _listed(sequences)
        return made + bytes([len(pictures)]) + _listed(pictures) + self.rest


def sets_of(extra: bytes | None) -> Sets | None:
    """What the extra data of a track says; None where it says nothing that is understood."""
    if not extra:
        return None
    if extra[0] != 1:
        found = list(units(extra, 0))
        sequences = tuple(one for one in found if kind(one) == _SEQUENCE)
        return Sets(0, sequences, tuple(one for one in found if kind(one) == _PICTURE)) if sequences else None
    try:
        sequences, at = _list(extra, 6, extra[5] & 31)
        pictures, at = _list(extra, at + 1, extra[at])
    except IndexError:
        return None
    return Sets((extra[4] & 3) + 1, sequences, pictures, extra[:5], extra[at:]) if sequences else None


def begins_anew(data: bytes, length: int) -> bool:
    """Whether the picture needs nothing before it, nor does what follows (an IDR picture)."""
    return any(kind(unit) == _SLICE_ANEW for unit in units(data, length))


def repacked(data: bytes, length: int) -> bytes:
    """A picture with start codes as a track with ``length`` has it, without what is not picture (who encoded it)."""
    kept = [unit for unit in units(data, 0) if kind(unit) != _EXTRA]
    if not length:
        return b"".join(b"\0\0\0\1" + unit for unit in kept)
    return b"".join(len(unit).to_bytes(length, "big") + unit for unit in kept)


def kind(unit: bytes) -> int:
    """What a unit is."""
    return unit[0] & 31 if unit else 0


def units(data: bytes, length: int) -> Iterator[bytes]:
    """The units of a packet; what is cut short ends them."""
    if length:
        at = 0
        while at + length <= len(data):
            size = int.from_bytes(data[at : at + length], "big")
            yield data[at + length : at + length + size]
            at += length + size
        return
    for piece in data.split(b"\0\0\1")[1:]:
        # A zero before the next start code belongs to that.
        yield piece.rstrip(b"\0")


def _listed(sets: tuple[bytes, ...]) -> bytes:
    return b"".join(len(one).to_bytes(2, "big") + one for one in sets)


def _list(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    found = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : at + 2 + size])
        if len(found[-1]) != size:
            raise IndexError
        at += 2 + size
    return tuple(found), at


def _number(unit: bytes, behind: int) -> int:
    """The number of a set: an Exp-Golomb code ``behind`` some bytes."""
    bits = "".join(f"{byte:08b}" for byte in unit[behind : behind + 8])
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "0", 2) - 1
