"""Which language a script is in: told when it clearly is another one, never guessed from a few words."""

from __future__ import annotations

from pathlib import Path

import pytest

from media.speech.spoken.words import NAMES, likely_language
from media.speech.spoken.writing import WRITINGS

SCRIPTS = {
    "en": (
        "Hello, I am glad that you are here.",
        "This kettle boils in a minute. Get it today.",
        "Welcome to our new shop in the centre of Berlin, where every cake is made by hand.",
    ),
    "es": (
        "Hola a todos, bienvenidos a nuestra tienda. Hoy les quiero mostrar algo muy especial.",
        "Este hervidor hierve el agua en un minuto.",
        "Me llamo Ana y vivo en Madrid.",
    ),
    "fr": (
        "Bonjour à tous, je suis très heureux de vous voir ici.",
        "Cette bouilloire chauffe l'eau en une minute.",
        "Je m'appelle Jean et j'habite à Paris.",
    ),
    "de": (
        "Guten Morgen, ich freue mich, dass Sie hier sind.",
        "Dieser Kessel kocht das Wasser in einer Minute.",
        "Ich heiße Anna und wohne in Berlin.",
    ),
}


@pytest.mark.parametrize("language", SCRIPTS)
@pytest.mark.parametrize("number", range(3))
def test_a_script_is_recognised_in_its_language_and_in_no_other(language: str, number: int) -> None:
    script = SCRIPTS[language][number]
    assert likely_language(script, language) is None
    others = {likely_language(script, other) for other in SCRIPTS if other != language}
    assert others <= {language, None}
    if number < 2:
        assert others == {language}


@pytest.mark.parametrize("script", ["Good morning, Mumbai.", "La La Land", "1 2 3", "", "Die hard is a film.", "🎉"])
@pytest.mark.parametrize("expected", NAMES)
def test_too_little_says_nothing(script: str, expected: str) -> None:
    assert likely_language(script, expected) is None


def test_no_line_that_is_known_to_be_of_a_language_is_taken_for_another() -> None:
    lines = (Path(__file__).parents[1] / "readings.txt").read_text("utf-8").splitlines()
    read = [line.split(" | ")[:2] for line in lines if line.split(" | ")[0] in SCRIPTS]
    assert len(read) > 100
    assert [(language, text) for language, text in read if likely_language(text, language)] == []


def test_every_language_that_is_spoken_has_a_name() -> None:
    assert set(NAMES) == set(WRITINGS)
