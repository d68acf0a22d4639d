"""The text beside a video: a caption made from the script, and hashtags. Pure and the same every time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from unicodedata import normalize

import regex

# Vowel signs and joiners are parts of a word that ``\w`` does not know: Hindi words would be cut at them.
_WORD = regex.compile(r"\p{L}(?:[\p{L}\p{M}]|[\u200c\u200d](?=\p{L})){3,}")
_SENTENCE = regex.compile(r"(?<=[.!?…。！？।])\s*")

_CLUSTER = regex.compile(r"\X")
_ELLIPSIS = "…"

_COMMON_WORDS = (
    "about after again also because been before being both could does down each even every from have here into just "
    "like make many more most much must only other over same should some such than that their them then there these "
    "they this those through under until very want well were what when where which while will with would your yours "
    "para pero como este esta esto todo toda donde cuando porque sobre desde hasta entre muy "
    "avec dans pour plus mais vous nous leur elle elles sont cette comme tout tous etre fait "
    "aber auch eine einen einer eines nicht oder sich sind wird werden durch noch nach über unter wenn weil diese "
    "नहीं मेरा मेरी मेरे हमारा हमारी हमारे आपका आपकी आपके इसका इसकी इसके उसका उसकी उसके लेकिन क्योंकि होता होती होते करना किया"
)
_COMMON = frozenset(_COMMON_WORDS.split())
"""Words that say nothing about the subject, of the languages whose words can be told apart by spaces."""


def caption(title: str, script: str, *, limit: int) -> str:
    """The title, an empty line, and as many whole sentences of the script as fit into ``limit`` characters.

    Of a first sentence that does not fit as many words as do, and an ellipsis.
    """
    head = " ".join(title.split())[:limit]
    sentences = [part for part in _SENTENCE.split(" ".join(script.split())) if part]
    text = head
    for index, sentence in enumerate(sentences):
        longer = f"{text}{_joint(text, index)}{sentence}"
        if len(longer) > limit:
            return text if index else _begun(text, sentence, limit)
        text = longer
    return text


def hashtags(title: str, script: str, starting: Sequence[str], *, most: int) -> tuple[str, ...]:
    """At most ``most`` hashtags: the words that title and script are about, then those of the type of video."""
    counted: Counter[str] = Counter()
    for text, weight in ((title, 3), (script, 1)):
        for word in _WORD.findall(normalize("NFC", text).lower()):
            if word not in _COMMON and len(word) <= 24:
                counted[word] += weight
    about = sorted((word for word, count in counted.items() if count > 1), key=lambda word: (-counted[word], word))
    kept = max(0, most - len(starting))
    return tuple(f"#{word}" for word in dict.fromkeys([*about[:kept], *starting]))[:most]


def _begun(text: str, sentence: str, limit: int) -> str:
    """``text`` and the beginning of a sentence, cut behind a word; where there are no spaces, behind a letter."""
    joint = _joint(text, 0)
    room = limit - len(text) - len(joint) - len(_ELLIPSIS)
    if room <= 0:
        return text
    cut = sentence[: room + 1]
    words = cut.rpartition(" ")[0] or "".join(_CLUSTER.findall(cut)[:-1])
    beginning = words[:room].rstrip(" ,;:-–—、，；：")
    return f"{text}{joint}{beginning}{_ELLIPSIS}" if beginning else text


def _joint(text: str, index: int) -> str:
    if not text:
        return ""
    return "\n\n" if index == 0 else " "
