"""What has to be known of a language to read numbers and signs aloud."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Money:
    """What a currency is called: one and many of it, and of its hundredth where people say that."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language. In templates ``{n}`` is a number already in words."""

    locale: str
    decimal: Literal[".", ","]
    """The decimal mark; the other one, or a space, groups digits."""
    point: str
    minus: str
    to: str
    """Between the ends of a range."""
    day_first: bool
    dot: str
    at: str
    slash: str
    dash: str
    underscore: str
    hashtag: str
    version: str
    number: str
    date: str
    """``{d}`` day, ``{m}`` month and ``{y}`` year in words."""
    day_month: str
    clock: str
    """A full hour ``{h}``."""
    clock_minutes: str
    with_cents: str
    """``{a}`` whole units and ``{b}`` hundredths with their names, ``{n}`` the hundredths alone."""
    scaled: str
    """A large amount: ``{n}`` number, ``{s}`` scale, ``{m}`` currency."""
    mixed: str
    """A whole ``{n}`` and a fraction ``{f}``."""
    fractions: Mapping[str, str]
    signs: Mapping[str, str]
    powers: tuple[str, str]
    """What is said for ² and ³ behind a letter."""
    money: Mapping[str, Money]
    scales: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Scales as written after an amount, and one and many of them as said."""
    feminine: frozenset[str] = frozenset()
    """Nouns that are counted in the feminine."""
    percent: str = ""
    """Where CLDR has only the sign."""
    spaced: bool = True
    """Whether spaces part its words."""
