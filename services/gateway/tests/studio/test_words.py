"""The studio's words: complete in every language, and used by their keys."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from gateway.studio.endpoints import WEB

WORDS = WEB / "words"
LANGUAGES = json.loads((WORDS / "languages.json").read_text(encoding="utf-8"))
ROOMS = sorted(path.stem for path in (WORDS / "en").glob("*.json"))
PLURAL = {"zero", "one", "two", "few", "many", "other"}
SOURCES = {path: path.read_text(encoding="utf-8") for path in WEB.rglob("*.js") if "libraries" not in path.parts}


def flat(words: dict[str, Any], before: str = "") -> dict[str, list[str]]:
    """Texts by key; a key has several where they differ by number."""
    found: dict[str, list[str]] = {}
    for name, value in words.items():
        key = f"{before}{name}"
        if isinstance(value, str):
            found[key] = [value]
        elif value and value.keys() <= PLURAL:
            found[key] = list(value.values())
        else:
            found |= flat(value, f"{key}.")
    return found


def words_of(language: str, room: str) -> dict[str, list[str]]:
    return flat(json.loads((WORDS / language / f"{room}.json").read_text(encoding="utf-8")))


def placeholders(texts: list[str]) -> set[str]:
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


def test_every_language_has_every_room_and_no_other() -> None:
    folders = {
        path.name: sorted(file.stem for file in path.glob("*.json")) for path in WORDS.iterdir() if path.is_dir()
    }
    assert folders == dict.fromkeys(LANGUAGES, ROOMS)
    assert {"en", "hi", "fa"} <= LANGUAGES.keys()
    assert LANGUAGES["fa"]["dir"] == "rtl"


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_room_says_the_same_things_in_every_language(language: str, room: str) -> None:
    english, other = words_of("en", room), words_of(language, room)
    assert sorted(other) == sorted(english)
    assert {key: placeholders(texts) for key, texts in other.items()} == {
        key: placeholders(texts) for key, texts in english.items()
    }
    assert [key for key, texts in other.items() if not all(text.strip() for text in texts)] == []


def test_every_key_in_the_pages_has_words() -> None:
    known = {f"{room}.{key}" for room in ROOMS for key in words_of("en", room)}
    missing = {
        f"{path.relative_to(WEB)}: {key}"
        for path, text in SOURCES.items()
        for key in re.findall(r"""\bt\(\s*"([\w.]+)"|title: "([\w.]+)"|label: "(\w+\.[\w.]+)\"""", text)
        for key in [next(filter(None, key))]
        if key not in known
    }
    assert missing == set()


def test_pages_keep_no_address_of_others_and_write_no_markup() -> None:
    wrong = {
        f"{path.relative_to(WEB)}: {found}"
        for path, text in SOURCES.items()
        for found in re.findall(
            r"https?://[\w.]+|innerHTML|dangerouslySetInnerHTML|\beval\(|new Function|document\.write", text
        )
    }
    assert wrong == {"ui/icon.js: http://www.w3.org"} or wrong == set()


def test_sheets_are_the_same_from_right_to_left() -> None:
    physical = re.compile(
        r"[;{\s](?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|text-align:\s*(?:left|right)|float)\s*[:;]"
    )
    wrong = {
        f"{path.name}: {found.strip()}"
        for path in WEB.glob("css/*.css")
        for found in physical.findall(path.read_text(encoding="utf-8"))
    }
    assert wrong == set()
