"""A script as the engine gets it: what is said, what is shown, and how one leads back to the other."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from unicodedata import normalize

import emoji
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.captions.cues import cues_from_words
from media.errors import NotUsable
from media.speech.engine import engine_process
from media.speech.espeak import is_sound
from media.speech.script import pieces
from media.speech.spoken.cleaning import clean
from media.speech.spoken.languages import LANGUAGES as TABLES
from media.speech.synthesis import MAX_CHARACTERS, synthesise
from media.types import Word

TABLE = Path(__file__).with_name("readings.txt").read_text(encoding="utf-8").splitlines()
READINGS = [tuple(part.strip() for part in line.split(" | ")) for line in TABLE if not line.startswith("#")]


def spoken(text: str, language: str = "en", **lexicon: str) -> str:
    return " ".join(piece.text for piece in pieces(text, language, lexicon))


def shown(text: str, language: str) -> list[str]:
    return [word.written for piece in pieces(text, language) for word in piece.words]


def subtitles(text: str, language: str) -> list[str]:
    """The cues of a script whose words take a third of a second each, lines joined."""
    words = [Word(word, index / 3, (index + 1) / 3) for index, word in enumerate(shown(text, language))]
    return [cue.text.replace("\n", " ") for cue in cues_from_words(words, language=language)]


@pytest.mark.parametrize(("language", "written", "said"), READINGS)
def test_what_is_said(language: str, written: str, said: str) -> None:
    assert spoken(written, language) == said


@cache
def heard(language: str, *texts: str) -> tuple[str, ...]:
    """The phonemes of the engine for each text, stress marks left out."""
    voice = {"en": "en-us", "zh": "cmn"}.get(language, language)
    with engine_process(voice=voice, rate=300, pitch=50, phonemes=False) as engine:
        events = [engine.speak(text).events for text in texts]
    return tuple("".join(ipa for kind, _, _, ipa in said if is_sound(kind, ipa)).replace("ˈ", "") for said in events)


@pytest.mark.parametrize("language", TABLES)
def test_no_sign_is_heard_by_its_name(language: str) -> None:
    """Listened to at the engine: whatever stands in a script, nobody hears asterisks, hashes and letter names."""
    junk = heard(
        language,
        *["asterisk", "hash", "backslash", "underscore", "vertical bar", "Chinese letter", "party popper", "heart"],
    )
    rows = [row for row in READINGS if row[0] == language]
    signs = "* # \\ _ | ~ ^ ` { } [ ] < > « » „ “ ” • · → ★ © ™ 🎉 ❤️ 👩‍🚀 \u200b \ufeff \u00ad 你".replace("你", "ж")
    texts = [piece.text for _, written, _ in rows for piece in pieces(written, language)]
    quiet = " ".join(piece.text for piece in pieces(f"1 {signs} 2", language))
    (hashtag,) = heard(language, TABLES[language].hashtag)
    found = [ipa.replace(hashtag, "") for ipa in heard(language, *texts, quiet)]
    assert len(found) == len(texts) + 1
    assert not [(text, name) for text, ipa in zip([*texts, quiet], found, strict=True) for name in junk if name in ipa]
    assert not set(quiet) & set(signs.replace(" ", ""))


def test_every_pictograph_is_silent() -> None:
    whole = [sign for sign, about in emoji.EMOJI_DATA.items() if about["status"] == emoji.STATUS["fully_qualified"]]
    assert len(whole) > 3000
    assert spoken("one " + " ".join(whole) + " two") == "one two"


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("fr", "Tu viens ?", ["Tu", "viens ?"]),
        ("fr", "« Bonjour ! » dit-il. Est-ce « oui » ?", ["« Bonjour ! »", "dit-il.", "Est-ce", "« oui » ?"]),
        ("fr", "Voilà : un, deux ; trois…", ["Voilà :", "un,", "deux ;", "trois…"]),
        ("de", "Er sagte: „ Hallo “ und ging.", ["Er", "sagte:", "„ Hallo “", "und", "ging."]),
        ("de", "» Hallo « sagte er", ["» Hallo «", "sagte", "er"]),
        ("de", "Nur 20 €", ["Nur", "20 €"]),
        ("en", "- **Save** 20 % 😀\nmore", ["Save", "20 % 😀", "more"]),
        ("en", '" Hi " there', ['" Hi "', "there"]),
        ("en", "🎉 Party", ["🎉 Party"]),
        ("en", "Great! 😀 Next. 👍", ["Great! 😀", "Next. 👍"]),
        ("en", "yes – no", ["yes –", "no"]),
        ("en", "on 5 May 2024, ok", ["on", "5 May 2024,", "ok"]),
        ("en", "Call +91 98765 43210.", ["Call", "+91 98765 43210."]),
        ("en", "[[h@l'oU]] `x` <Ctrl>+C", ["[[h@l'oU]]", "`x`", "<Ctrl>+C"]),
        ("en", 'She said "hello" and it costs $5 `x`.', ["She", "said", '"hello"', "and", "it", "costs", "$5", "`x`."]),
        ("en", "exam\u200bple a\ufeffb \u202ec", ["example", "ab", "c"]),
        ("en", "!!!\nYes", ["Yes"]),
        ("es", "¿ Qué ? ¡ No !", ["¿ Qué ?", "¡ No !"]),
        ("hi", "क्\u200dष है। 😀", ["क्\u200dष", "है। 😀"]),
        ("ja", "１２３円です。「はい」", ["１２３円です。", "「はい」"]),
        ("zh", "你好，《书》！20％。", ["你", "好，", "《书》！", "20％。"]),
        ("zh", "我有hello。", ["我", "有", "hello。"]),
        ("ko", "２０％ 할인 !", ["２０％", "할인 !"]),
    ],
)
def test_words_keep_what_was_written_and_signs_stay_with_theirs(language: str, text: str, words: list[str]) -> None:
    assert shown(text, language) == words


@pytest.mark.parametrize(
    ("language", "text", "cues"),
    [
        (
            "fr",
            "Tu viens ?\nOui, bien sûr !\nCombien ça coûte ?\n15 €",
            ["Tu viens ?", "Oui, bien sûr !", "Combien ça coûte ?", "15 €"],
        ),
        (
            "fr",
            "Est-ce que vous avez déjà visité notre magasin ? Nous sommes ouverts tous les jours de la semaine ! "
            "Venez vite nous voir.",
            [
                "Est-ce que vous avez déjà visité notre magasin ?",
                "Nous sommes ouverts tous les jours de la semaine !",
                "Venez vite nous voir.",
            ],
        ),
        ("de", "Wollen Sie sparen? Nur 20 €", ["Wollen Sie sparen?", "Nur 20 €"]),
        ("en", "Great! 😀 See you.", ["Great! 😀", "See you."]),
        ("en", "He said “go !” Then he left.", ["He said “go !”", "Then he left."]),
    ],
)
def test_captions_end_where_sentences_end(language: str, text: str, cues: list[str]) -> None:
    assert subtitles(text, language) == cues


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Grüße"), ("es", "mañana"), ("en", "café"), ("fr", "À bientôt, Zoë"), ("ko", "안녕"), ("hi", "क़लम")],
)
def test_accents_in_two_code_points_are_the_same_script(job_dir: Path, language: str, text: str) -> None:
    """macOS and many editors write letters and accents apart."""
    together, apart = (
        synthesise(normalize(form, text), job_dir / f"{form}.wav", language=language) for form in ("NFC", "NFD")
    )
    assert together.path.read_bytes() == apart.path.read_bytes()
    assert together.words == apart.words


def test_full_width_digits_are_spoken_and_shown(job_dir: Path) -> None:
    wide = synthesise("１２３円です", job_dir / "wide.wav", language="ja")
    plain = synthesise("123円です", job_dir / "plain.wav", language="ja")
    assert wide.path.read_bytes() == plain.path.read_bytes()
    assert [word.text for word in wide.words] == ["１２３円です"]


def test_the_lexicon_knows_words_with_vowel_signs_and_goes_before_the_rules() -> None:
    assert spoken("नमस्ते, दुनिया।", "hi", नमस्ते="नमस्कार") == "नमस्कार, दुनिया।"
    assert spoken("Cafe\u0301!", "en", café="coffee house") == "coffee house!"
    assert spoken("24/7 at 5km", "en", **{"24/7": "always"}) == "always at five kilometers"
    assert spoken("東京に行く", "ja", 東京="とうきょう").startswith("とうきょうニ")
    assert spoken("nginx-like engines", "en", nginx="engine x") == "nginx-like engines"


def test_time_leads_back_to_the_word() -> None:
    (piece,) = pieces("It costs $5.99 for 5km, ok ?", "en")
    assert [word.written for word in piece.words] == ["It", "costs", "$5.99", "for", "5km,", "ok ?"]
    for index, (word, start) in enumerate(zip(piece.words, piece.starts, strict=True)):
        assert piece.text[start : start + len(word.spoken)] == word.spoken
        assert {piece.word_at(at) for at in range(start, start + len(word.spoken))} == {index}


@settings(deadline=None)
@example("1,234.5 €/km² -5°C @b.c #d 1/2/3 v1.2 +91 12345 67890", "en")
@example("<" * 50, "en")
@example("\U00011de0\U00011de5 \u0665", "en")  # digits newer than Python, and Arabic ones
@given(st.text(max_size=120), st.sampled_from(sorted(TABLES)))
def test_any_script_is_shown_whole_and_has_words_to_say(text: str, language: str) -> None:
    for piece in pieces(text, language):
        assert all(word.written.strip() and word.spoken.strip() for word in piece.words)
        assert not {"\0", "[[", "]]"} & set(piece.text)
        piece.text.encode()
        assert piece.word_at(len(piece.text)) == len(piece.words) - 1
    kept = {"".join(line.split()) for line in clean(text).split("\n")}
    assert {"".join("".join(line.split()) for line in shown(line, language)) for line in kept} <= kept | {""}


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "1",
        "1 ",
        "1,",
        "$",
        "a@",
        "1-",
        "#a",
        "😀",
        " ",
        "5 km ",
        "www.",
        "’",
        "你",
        "１",
        '5"',
        "$1/h ",
        ".5",
        "x^2",
        "①",
    ],
)
def test_the_longest_script_is_read_in_time(unit: str) -> None:
    """Patterns take time in proportion to the script: twice as long takes twice as long, not four times."""
    text = (unit * MAX_CHARACTERS)[:MAX_CHARACTERS]
    pieces(unit, "en")
    start = time.process_time()
    pieces(text, "en")
    assert time.process_time() - start < 4.0


def test_whoever_does_not_speak_loads_no_dictionaries() -> None:
    """num2words and Babel are loaded by the first number that is read, not by an import."""
    code = (
        "import sys, media.speech.synthesis, media.captions.cues, media.speech.spoken.cleaning;"
        "print(sorted({'num2words', 'babel', 'emoji', 'fugashi'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("language", "text", "choose"),
    [
        ("en", "你好世界", "zh"),
        ("en", "こんにちは世界", "ja"),
        ("de", "안녕하세요", "ko"),
        ("fr", "नमस्ते दुनिया", "hi"),
        ("hi", "Hello world", "en, es, fr or de"),
        ("zh", "Hello world", "en, es, fr or de"),
        ("zh", "こんにちは", "ja"),
        ("ja", "你们好吗", "zh"),
        ("ko", "こんにちは", "ja"),
        ("en", "Привет, мир", "There is no voice"),
        ("es", "مرحبا بالعالم", "There is no voice"),
    ],
)
def test_a_script_in_another_writing_is_refused(job_dir: Path, language: str, text: str, choose: str) -> None:
    with pytest.raises(NotUsable) as refusal:
        synthesise(text, job_dir / "a.wav", language=language)
    assert refusal.value.code == "WRONG_WRITING"
    assert choose in refusal.value.advice


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Say 你好 to all of my dear friends"),
        ("en", "π is 3.14"),
        ("zh", "iPhone 15 Pro Max 最好"),
        ("ja", "東京"),
        ("ja", "OKです"),
        ("ko", "BTS 좋아요"),
        ("hi", "YouTube पर देखें"),
        ("en", "123"),
    ],
)
def test_foreign_words_in_a_script_are_none_of_it(job_dir: Path, language: str, text: str) -> None:
    assert synthesise(text, job_dir / "a.wav", language=language).words
