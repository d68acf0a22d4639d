"""Where a script may be cut: headings, paragraphs, speakers, sentences. Boundaries only; not a letter is changed.

Sentences are cut where they end, long ones after a clause, else between words, and never inside a letter and its marks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

import regex

_HEADING = regex.compile(r"[ ]{0,3}#{1,6}[ \t]+(?P<title>\S.{0,119}?)[ \t]*#*[ \t]*")
_SPEAKABLE = regex.compile(r"[\p{L}\p{N}]")
_CLOSING = r"[\"'”’“»«›‹)\]」』）】》]*+"
_SENTENCE = regex.compile(rf"(?:[.?!…؟۔।॥]++{_CLOSING}(?=\s|$)|[。！？]++{_CLOSING})\s*+")
_CLAUSE = regex.compile(rf"(?:[,;:،؛—–]++{_CLOSING}(?=\s)|[、，；：]++{_CLOSING})\s*+")
_SPACE = regex.compile(r"\s++")
_CLUSTER = regex.compile(r"\X")
_ABBREVIATED = regex.compile(
    r"(?:^|[\s(])(?:\p{Lu}|Mr|Mrs|Ms|Dr|Prof|St|Nr|No|Sr|Sra|Mme|Mlle|vs|etc|bzw|ca|z\.B|d\.h|e\.g|i\.e|p\.ej)\.$"
)

_NEAR = 8  # no abbreviation is longer


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the script that is not cut further. ``title`` is set for a heading (``text`` is its line and the empty
    ones after it); ``opens`` where a paragraph begins; ``spoken`` is what is said, without the name of who says it."""

    text: str
    spoken: str
    title: str = ""
    speaker: str = ""
    opens: bool = False

    @property
    def speakable(self) -> bool:
        """Whether there is a letter or number to say."""
        return _SPEAKABLE.search(self.spoken) is not None


def segments(
    script: str, *, speakers: Collection[str], seconds: Callable[[str], float], longest: float
) -> list[Segment]:
    """The script in pieces of at most about ``longest`` seconds as ``seconds`` estimates them; their texts put together
    are the script. ``speakers`` are names whose lines begin with them and a colon."""
    names = {name.casefold(): name for name in speakers if name}
    made: list[Segment] = []
    for title, block in _blocks(script):
        if title:
            made.append(Segment(block, "", title=title))
            continue
        for speaker, label, said in _turns(block, names):
            cuts = _cut(said, seconds, longest)
            for index, part in enumerate(cuts):
                text = part if index else label + part
                made.append(Segment(text, " ".join(part.split()), speaker=speaker, opens=index == 0))
    return made


def _blocks(script: str) -> Iterator[tuple[str, str]]:
    """Headings (with the title) and paragraphs, each with the empty lines after it; those at the beginning go with
    what follows."""
    title, block, over = "", "", False
    for line in script.splitlines(keepends=True):
        blank = not line.strip()
        heading = _HEADING.fullmatch(line.rstrip())
        if block.strip() and ((over and not blank) or heading or (title and not blank)):
            yield title, block
            title, block, over = "", "", False
        if heading:
            title = heading["title"]
        over = over or (blank and bool(block.strip()))
        block += line
    if block:
        yield title, block


def _turns(block: str, names: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    """Who speaks, the label that says so, and what is said; a turn lasts until the next label in the paragraph."""
    speaker, label, said = "", "", ""
    for line in block.splitlines(keepends=True):
        before, colon, after = line.partition(":")
        if not colon:
            before, colon, after = line.partition("：")
        if colon and before.strip().casefold() in names:
            if label or said:
                yield speaker, label, said
            speaker = names[before.strip().casefold()]
            label, said = before + colon, after
        else:
            said += line
    yield speaker, label, said


def _cut(text: str, seconds: Callable[[str], float], longest: float) -> list[str]:
    made: list[str] = []
    for sentence in _at(text, _sentence_ends(text)):
        if seconds(sentence) <= longest:
            made.append(sentence)
        else:
            made += _shorter(sentence, seconds, longest)
    return made


def _sentence_ends(text: str) -> Iterator[int]:
    for match in _SENTENCE.finditer(text):
        after = text[match.end() : match.end() + 1]
        if after.islower() or _ABBREVIATED.search(text[max(0, match.start() - _NEAR) : match.end()].rstrip()):
            continue
        yield match.end()


def _shorter(sentence: str, seconds: Callable[[str], float], longest: float) -> Iterator[str]:
    """Pieces of a sentence that are short enough: cut after clauses as far as that goes, else between words, else
    between letters. Pieces are joined again as long as they stay short."""
    clauses = _at(sentence, (match.end() for match in _CLAUSE.finditer(sentence)))
    pieces: list[str] = []
    for clause in clauses:
        if seconds(clause) <= longest:
            pieces.append(clause)
            continue
        for word in _at(clause, (match.end() for match in _SPACE.finditer(clause))):
            pieces += [word] if seconds(word) <= longest else _CLUSTER.findall(word)
    held = ""
    for piece in pieces:
        if held and seconds(held + piece) > longest:
            yield held
            held = ""
        held += piece
    if held:
        yield held


def _at(text: str, ends: Iterator[int]) -> list[str]:
    """The text cut at those places."""
    places = [0, *(end for end in ends if 0 < end < len(text)), len(text)]
    return [text[first:last] for first, last in pairwise(places) if last > first]
