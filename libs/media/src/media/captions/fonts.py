"""Finding a font that has every letter of a text, among the fonts installed on this machine.

The library ships no fonts; those of the packages in ``FONT_PACKAGES`` are used where installed. What a font covers is
read from its character map, so a missing script is known before a box is drawn in its place.
"""

from __future__ import annotations

import importlib.util
import struct
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from PIL import features

from media.errors import NotUsable

FONT_PACKAGES = ("devanagari_fonts", "noto_cjk_sans_otc")
"""Python packages that bring fonts, all under the SIL Open Font License: ``talkingphoto-media[devanagari]`` installs
Shobhika, ``talkingphoto-media[cjk]`` Noto Sans CJK for Chinese, Japanese and Korean."""

_EXTRAS = {
    "devanagari": ("DEVANAGARI",),
    "cjk": ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH"),
}

_SIGNS = frozenset("+<=>|~^$€£¥₹₩°")
_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".otc"})
_MOST_FONTS = 4000
_PREFERRED = ("notosans", "dejavusans", "opensans", "roboto", "liberationsans", "arial", "helvetica", "sans")
_UNWANTED = ("mono", "italic", "oblique", "condensed", "narrow", "light", "thin", "serif", "math", "symbol", "emoji")
# Scripts whose letters join, stack or run from right to left: without a shaping engine they come out wrong.
_NEED_SHAPING = frozenset(
    [
        "ARABIC",
        "HEBREW",
        "DEVANAGARI",
        "BENGALI",
        "GURMUKHI",
        "GUJARATI",
        "ORIYA",
        "TAMIL",
        "TELUGU",
        "KANNADA",
        "MALAYALAM",
        "SINHALA",
        "THAI",
        "LAO",
        "TIBETAN",
        "MYANMAR",
        "KHMER",
        "SYRIAC",
        "THAANA",
        "NKO",
        "MONGOLIAN",
    ]
)


@dataclass(frozen=True, slots=True)
class FontFace:
    """One face of a font file, and the code points it can draw."""

    path: Path
    index: int
    covers: frozenset[int] = field(repr=False)


def font_for(text: str, folders: Sequence[Path] | None = None) -> FontFace:
    """The best installed face that draws every letter of ``text``; a bold sans serif where there is a choice.

    ``folders`` defaults to where this system and installed packages keep fonts. Pictographs do not count: see
    ``drawable``. Raises ``NotUsable`` (``NO_FONT``) naming the scripts that no face covers, and (``NO_SHAPING``) for
    scripts that need a shaping engine where Pillow was built without one.
    """
    wanted = letters_of(text)
    scripts = {script_of(chr(letter)) for letter in wanted}
    if (complex_scripts := sorted(scripts & _NEED_SHAPING)) and not can_shape():
        raise NotUsable(
            f"{', '.join(complex_scripts)} cannot be drawn without raqm and fribidi",
            code="NO_SHAPING",
            advice="Install libraqm and libfribidi, or deliver the captions as a separate file.",
        )
    faces = _faces(tuple(folders) if folders is not None else (*system_folders(), *package_folders()))
    for face in faces:
        if wanted <= face.covers:
            return face
    missing = wanted.difference(*(face.covers for face in faces))
    names = sorted({script_of(chr(letter)) for letter in missing or wanted - faces[0].covers})
    step = _how_to_get(names) if missing else "Use letters of one script only"
    raise NotUsable(
        f"no installed font draws {_said(names)}{'' if missing else ' together with the rest of the text'}",
        code="NO_FONT",
        advice=f"{step}, or deliver the captions as a separate file.",
    )


def _said(scripts: Sequence[str]) -> str:
    return ", ".join("Chinese" if script == "CJK" else script.capitalize() for script in scripts)


def _how_to_get(scripts: Sequence[str]) -> str:
    """The next step for whoever runs this: the package extra where one has the script, else the system's fonts."""
    extras = {extra for extra, known in _EXTRAS.items() if not set(known).isdisjoint(scripts)}
    others = set(scripts).difference(*_EXTRAS.values())
    steps = [f"run pip install 'talkingphoto-media[{','.join(sorted(extras))}]'"] if extras else []
    steps += [f"install a font with {_said(sorted(others))} (Debian: apt install fonts-noto-core)"] if others else []
    return f"To draw them {' and '.join(steps)}"


def language_of(text: str) -> str | None:
    """The language whose forms of Chinese characters ``text`` wants (BCP 47), None where it has none of them.

    One code point looks different in Chinese, Japanese and Korean type; a font with all forms has to be told which.
    """
    scripts = {script_of(char) for char in set(text)}
    if scripts & {"HIRAGANA", "KATAKANA"}:
        return "ja"
    if "HANGUL" in scripts:
        return "ko"
    return "zh-Hans" if "CJK" in scripts else None


def letters_of(text: str) -> frozenset[int]:
    """The code points that a font must have: letters, marks, digits, punctuation and currency, but no pictographs."""
    return frozenset(ord(char) for char in text if unicodedata.category(char)[0] in "LMNP" or char in _SIGNS)


def drawable(text: str, face: FontFace) -> str:
    """``text`` without the pictographs and invisible marks that ``face`` cannot draw."""
    needed = letters_of(text)
    return "".join(char for char in text if char.isspace() or ord(char) in needed or ord(char) in face.covers)


def script_of(char: str) -> str:
    """The script of a letter by its Unicode name: ``LATIN``, ``DEVANAGARI``, ``CJK``, ``HANGUL``, ..."""
    return unicodedata.name(char, "UNNAMED").split()[0].split("-")[0]


def can_shape() -> bool:
    """Whether Pillow can shape text and order it by the bidirectional algorithm here."""
    return bool(features.check("raqm") and features.check("fribidi"))


def system_folders() -> tuple[Path, ...]:
    """Where fonts are installed on this kind of system."""
    home = Path.home()
    if sys.platform == "darwin":
        return (home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts"))
    if sys.platform == "win32":
        return (home / "AppData/Local/Microsoft/Windows/Fonts", Path("C:/Windows/Fonts"))
    return (home / ".local/share/fonts", home / ".fonts", Path("/usr/local/share/fonts"), Path("/usr/share/fonts"))


def package_folders() -> tuple[Path, ...]:
    """Where installed ones of ``FONT_PACKAGES`` keep their fonts; the packages are not imported."""
    specs = (importlib.util.find_spec(name) for name in FONT_PACKAGES)
    places = (spec.submodule_search_locations or () for spec in specs if spec is not None)
    return tuple(Path(place) for found in places for place in found)


@lru_cache(maxsize=8)
def _faces(folders: tuple[Path, ...]) -> tuple[FontFace, ...]:
    """Every readable face, the most suitable for captions first; read once, about a millisecond a font."""
    files = sorted(_font_files(folders), key=lambda path: (_rank(path), path.name, str(path)))
    return tuple(face for path in files for face in _read(path))


def _font_files(folders: Sequence[Path]) -> Iterator[Path]:
    count = 0
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
            if path.suffix.lower() in _SUFFIXES and count < _MOST_FONTS:
                count += 1
                yield path


def _rank(path: Path) -> tuple[int, int, int]:
    name = path.stem.lower().replace("-", "").replace(" ", "")
    # Fonts for Chinese, Japanese and Korean have Latin letters too, but others are made for those.
    families = enumerate(() if "cjk" in name else _PREFERRED)
    family = next((place for place, known in families if name.startswith(known)), len(_PREFERRED))
    return sum(word in name for word in _UNWANTED), family, 0 if "bold" in name else 1


def _read(path: Path) -> list[FontFace]:
    """The faces of a file; none where it is damaged or has no Unicode character map."""
    try:
        data = path.read_bytes()
        offsets = [0]
        if data[:4] == b"ttcf":
            (count,) = struct.unpack_from(">I", data, 8)
            offsets = list(struct.unpack_from(f">{min(count, 64)}I", data, 12))
        covers = [_coverage(data, offset) for offset in offsets]
    except (OSError, struct.error):
        return []
    # The faces of a collection mostly cover the same, tens of thousands of letters: one set serves them all.
    same = {covered: covered for covered in covers}
    return [FontFace(path, index, same[covered]) for index, covered in enumerate(covers) if covered]


def _coverage(data: bytes, offset: int) -> frozenset[int]:
    """The code points of the character map (OpenType ``cmap``, formats 4 and 12) of the face at ``offset``."""
    (tables,) = struct.unpack_from(">H", data, offset + 4)
    for table in range(tables):
        tag, _, start, _ = struct.unpack_from(">4sIII", data, offset + 12 + 16 * table)
        if tag == b"cmap":
            break
    else:
        return frozenset()
    (maps,) = struct.unpack_from(">H", data, start + 2)
    covered: set[int] = set()
    for number in range(maps):
        platform, _, where = struct.unpack_from(">HHI", data, start + 4 + 8 * number)
        (kind,) = struct.unpack_from(">H", data, start + where)
        if platform in (0, 3) and kind == 4:
            covered |= _format_4(data, start + where)
        elif platform in (0, 3) and kind == 12:
            covered |= _format_12(data, start + where)
    return frozenset(covered)


def _format_4(data: bytes, at: int) -> set[int]:
    (doubled,) = struct.unpack_from(">H", data, at + 6)
    segments = doubled // 2
    ends = struct.unpack_from(f">{segments}H", data, at + 14)
    starts = struct.unpack_from(f">{segments}H", data, at + 16 + doubled)
    deltas = struct.unpack_from(f">{segments}H", data, at + 16 + 2 * doubled)
    offsets_at = at + 16 + 3 * doubled
    offsets = struct.unpack_from(f">{segments}H", data, offsets_at)
    covered: set[int] = set()
    for number, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        if first == 0xFFFF:
            continue
        if not offset:
            covered.update(code for code in range(first, last + 1) if (code + delta) & 0xFFFF)
            continue
        glyphs = struct.unpack_from(f">{last - first + 1}H", data, offsets_at + 2 * number + offset)
        covered.update(first + place for place, glyph in enumerate(glyphs) if glyph)
    return covered


def _format_12(data: bytes, at: int) -> set[int]:
    (groups,) = struct.unpack_from(">I", data, at + 12)
    covered: set[int] = set()
    for group in range(min(groups, 100_000)):
        first, last, _ = struct.unpack_from(">III", data, at + 16 + 12 * group)
        if first <= last <= 0x10FFFF:
            covered.update(range(first, last + 1))
    return covered
