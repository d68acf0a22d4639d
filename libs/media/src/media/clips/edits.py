"""What a clip is made of: an edit list over a source that never changes, and the versions of it. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self, get_args

from media.errors import BadMedia

Aspect = Literal["vertical", "square", "wide"]
Layout = Literal["auto", "single", "split", "blur", "screen"]
"""``single`` follows who speaks, ``split`` shows two people, ``blur`` shows the whole over a blurred copy of it,
``screen`` shows what is on a screen and the face that is beside it; ``auto`` chooses for each scene."""
CaptionStyle = Literal["karaoke", "plain", "none"]

SIZES: Mapping[Aspect, tuple[int, int]] = {"vertical": (1080, 1920), "square": (1080, 1080), "wide": (1920, 1080)}
_LONGEST_TITLE = 120
_LONGEST_WORD = 200
_MOST_RANGES = 1000
_MOST_VERSIONS = 100
_SHORTEST_S = 0.04


@dataclass(frozen=True, slots=True, order=True)
class Kept:
    """A stretch of the source that is kept, in its seconds, exact to a millisecond."""

    start: float
    end: float

    def __post_init__(self) -> None:
        """Refuse what is no stretch (``BAD_TIME``)."""
        if not (math.isfinite(self.start) and math.isfinite(self.end) and 0 <= self.start < self.end):
            raise _wrong(f"nothing is kept between {self.start} s and {self.end} s", "BAD_TIME", "Choose a later end.")
        object.__setattr__(self, "start", round(float(self.start), 3))
        object.__setattr__(self, "end", round(float(self.end), 3))

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class EditList:
    """One clip: which stretches of the film with the digest ``source`` are played in their order, which of the film's
    words are written differently (``rewritten``: number in its transcript, text; an empty text hides the word), and how
    it looks and sounds. Every change makes another one; none changes the film.

    Raises ``BadMedia`` naming the field: no or too many stretches, stretches that overlap or are out of order, an
    unknown layout, aspect or style, a text that is too long.
    """

    source: str
    kept: tuple[Kept, ...]
    aspect: Aspect = "vertical"
    layout: Layout = "auto"
    captions: CaptionStyle = "karaoke"
    rewritten: tuple[tuple[int, str], ...] = ()
    title: str = ""
    loudness_lufs: float = -14.0

    def __post_init__(self) -> None:
        """Refuse what cannot be played."""
        for name, value, known in (
            ("aspect", self.aspect, get_args(Aspect)),
            ("layout", self.layout, get_args(Layout)),
            ("captions", self.captions, get_args(CaptionStyle)),
        ):
            if value not in known:
                raise _wrong(f"{name} {value!r} is none of {', '.join(known)}", advice=f"Choose one of {known}.")
        if not 1 <= len(self.kept) <= _MOST_RANGES:
            raise _wrong(f"kept has {len(self.kept)} stretches", advice=f"Keep 1 to {_MOST_RANGES} stretches.")
        for one, other in zip(self.kept, self.kept[1:], strict=False):
            if other.start < one.end:
                raise _wrong(
                    f"kept: {other.start} s lies before {one.end} s",
                    advice="Give stretches in their order, none over another.",
                )
        if len(self.title) > _LONGEST_TITLE:
            raise _wrong(f"title has {len(self.title)} letters", advice=f"Use at most {_LONGEST_TITLE}.")
        if any(number < 0 or len(text) > _LONGEST_WORD for number, text in self.rewritten):
            raise _wrong("rewritten has a word before the first or a text too long", advice="Shorten the word.")
        if not -40 <= self.loudness_lufs <= -5:
            raise _wrong(f"loudness_lufs {self.loudness_lufs} is out of range", advice="Choose -40 to -5.")

    @property
    def seconds(self) -> float:
        """How long the clip is, without a title card."""
        return sum(part.seconds for part in self.kept)

    @property
    def digest(self) -> str:
        """The same for lists that make the same clip, on every machine: SHA-256 over their plain form."""
        plain = json.dumps(self.plain(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(plain.encode()).hexdigest()

    def plain(self) -> dict[str, Any]:
        """The list as JSON knows it; :meth:`read` takes it back."""
        return asdict(self) | {
            "kept": [[part.start, part.end] for part in self.kept],
            "rewritten": [[number, text] for number, text in sorted(self.rewritten)],
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The list that :meth:`plain` told. Raises ``BadMedia`` for anything else."""
        try:
            rest = dict(plain)
            kept = tuple(Kept(start, end) for start, end in rest.pop("kept"))
            rewritten = tuple(sorted((int(number), str(text)) for number, text in rest.pop("rewritten", ())))
            return cls(kept=kept, rewritten=rewritten, **rest)
        except (KeyError, TypeError, ValueError) as error:
            raise _wrong(f"this is no edit list: {error}") from error

    # Changes, each of which makes another list

    def without(self, start: float, end: float) -> Self:
        """All but what lies between two times of the source."""
        pieces = ((part.start, min(part.end, start)) for part in self.kept)
        rest = ((max(part.start, end), part.end) for part in self.kept)
        both = sorted({(one, other) for one, other in (*pieces, *rest) if other - one >= _SHORTEST_S})
        return self._keeping(Kept(one, other) for one, other in both)

    def _keeping(self, parts: Iterable[Kept]) -> Self:
        kept = tuple(parts)
        if not kept:
            raise _wrong("nothing would be left of the clip", "BAD_TIME", "Keep at least a part of it.")
        return replace(self, kept=kept)

    def saying(self, number: int, text: str) -> Self:
        """The same with the film's word ``number`` written as ``text``; empty: not shown."""
        others = {one: other for one, other in self.rewritten if one != number}
        return replace(self, rewritten=tuple(sorted((others | {number: text}).items())))

    def looking(
        self,
        *,
        aspect: Aspect | None = None,
        layout: Layout | None = None,
        captions: CaptionStyle | None = None,
        title: str | None = None,
    ) -> Self:
        """The same in another shape, layout, captions or title; None leaves as it is."""
        return replace(
            self,
            aspect=aspect if aspect is not None else self.aspect,
            layout=layout if layout is not None else self.layout,
            captions=captions if captions is not None else self.captions,
            title=title if title is not None else self.title,
        )


@dataclass(frozen=True, slots=True)
class History:
    """The versions of one clip's edit list; ``at`` is the number of the one that counts."""

    versions: tuple[EditList, ...]
    at: int = field(default=0)

    @classmethod
    def of(cls, first: EditList) -> Self:
        """A history that begins."""
        return cls((first,))

    @property
    def now(self) -> EditList:
        """The version that counts."""
        return self.versions[self.at]

    def edited(self, edit: EditList) -> Self:
        """``edit`` counts now; what was undone before is forgotten, and of very many versions the oldest. Raises
        ``BadMedia`` for another source."""
        if edit.source != self.now.source:
            raise _wrong("the edit list is of another film", "OTHER_SOURCE", "Make a clip of that film.")
        versions = (*self.versions[: self.at + 1], edit)[-_MOST_VERSIONS:]
        return replace(self, versions=versions, at=len(versions) - 1)

    def undone(self) -> Self:
        """The version before; the first one stays."""
        return replace(self, at=max(0, self.at - 1))

    def redone(self) -> Self:
        """The version that was undone last; the last one stays."""
        return replace(self, at=min(len(self.versions) - 1, self.at + 1))

    def plain(self) -> dict[str, Any]:
        """The history as JSON knows it."""
        return {"at": self.at, "versions": [edit.plain() for edit in self.versions]}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """The history that :meth:`plain` told."""
        try:
            versions: Sequence[Mapping[str, Any]] = plain["versions"]
            made = cls(tuple(EditList.read(edit) for edit in versions), int(plain["at"]))
        except (KeyError, TypeError, ValueError) as error:
            raise _wrong(f"this is no history of an edit list: {error}") from error
        if not 0 <= made.at < len(made.versions):
            raise _wrong("this history has no such version")
        return made


def _wrong(what: str, code: str = "BAD_EDIT", advice: str = "") -> BadMedia:
    return BadMedia(what, code=code, advice=advice)
