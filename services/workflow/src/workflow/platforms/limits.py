"""What the owner of a film is told before it is made, where a platform takes no film that long (EXP-17). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.enums import Platform, WhenTooLong

_UNSURE = 1.2
"""How much longer than estimated speech may be."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The copy of export's ``PlatformLimitChanged``."""

    display_name: str
    longest_s: float | None


def told(
    limits: Mapping[str, Limit], platforms: Sequence[Platform], seconds: float, when_too_long: WhenTooLong
) -> Iterator[str]:
    """A warning for each platform that a film of about ``seconds`` is, or may be, too long for."""
    for platform in platforms:
        limit = limits.get(platform)
        if limit is None or limit.longest_s is None or seconds * _UNSURE <= limit.longest_s:
            continue
        takes = f"The film will have about {seconds:.0f} s; {limit.display_name} takes at most {limit.longest_s:.0f} s."
        if seconds <= limit.longest_s:
            yield f"{takes} Should it become longer, {_CONSEQUENCE[when_too_long]}."
        else:
            yield f"{takes} So {_CONSEQUENCE[when_too_long]}. {_ALTERNATIVE[when_too_long]}"


_CONSEQUENCE = {
    WhenTooLong.SPLIT: "it comes in parts, each ending with a sentence",
    WhenTooLong.END_AT_SENTENCE: "its video ends with the last sentence that fits, and the rest is left out",
}
_ALTERNATIVE = {
    WhenTooLong.SPLIT: "Shorten the script, or choose end_at_sentence for one video without the rest.",
    WhenTooLong.END_AT_SENTENCE: "Shorten the script, or choose split to keep all of it in parts.",
}
