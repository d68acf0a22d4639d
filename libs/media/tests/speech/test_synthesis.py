"""Speech: every language and voice speaks, its times are those of the sound, and it is as loud as promised."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from media.errors import BadMedia, EngineFailed, NotUsable, TooLarge
from media.sound.loudness import integrated_lufs, true_peak_db
from media.speech.engine import engine_process
from media.speech.estimate import estimate_duration
from media.speech.polish import block_level_db
from media.speech.synthesis import MAX_CHARACTERS, synthesise

SCRIPTS = {
    "en": "The boats come home in the evening, and people buy the fresh fish.",
    "hi": "नमस्ते दुनिया, मेरा नाम मीरा है और मैं बहुत खुश हूँ।",
    "es": "Los barcos vuelven por la tarde, y la gente compra pescado fresco.",
    "fr": "Les bateaux rentrent le soir, et les gens achètent du poisson frais.",
    "de": "Die Boote kommen am Abend zurück, und die Leute kaufen frischen Fisch.",
    "ja": "夕方に船が帰り、人々は新しい魚を買います。",
    "ko": "저녁에 배가 돌아오고, 사람들은 신선한 생선을 삽니다.",
    "zh": "傍晚船只回来,人们买新鲜的鱼。",
}


def samples_of(path: Path) -> tuple[NDArray[np.float32], int]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return (pcm / 32767).astype(np.float32), file.getframerate()


def pitch_of(sound: NDArray[np.float32], rate: int) -> float:
    """Median fundamental in Hz of the loudest tenths of a second, by autocorrelation."""
    size = rate // 10
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    loud = frames[np.argsort(np.square(frames).mean(axis=1))[-len(frames) // 3 :]]
    found = []
    for frame in loud:
        spectrum = np.fft.rfft(frame - frame.mean(), 2 * size)
        correlation = np.fft.irfft(np.abs(spectrum) ** 2)[: rate // 60]
        low = rate // 400
        found.append(rate / (low + int(np.argmax(correlation[low:]))))
    return float(np.median(found))


@pytest.mark.parametrize("language", SCRIPTS)
def test_every_language_speaks_its_script(job_dir: Path, language: str) -> None:
    speech = synthesise(SCRIPTS[language], job_dir / "a.wav", language=language)
    sound, rate = samples_of(speech.path)

    assert rate == speech.sample_rate == 48_000
    assert speech.duration == pytest.approx(len(sound) / rate)
    assert speech.loudness_lufs == pytest.approx(-16, abs=0.3)
    assert integrated_lufs(sound, rate) == pytest.approx(-16, abs=0.3)
    assert true_peak_db(sound, rate) <= -0.95

    # Everything is said, in order, and nothing is spelled out character by character.
    spaces = "" if language in ("ja", "zh") else " "
    assert spaces.join(word.text for word in speech.words) == SCRIPTS[language]
    assert len(speech.phonemes) > 20
    for items in (speech.words, speech.phonemes):
        starts = [item.start for item in items]
        assert starts == sorted(starts)
        assert all(0 <= item.start <= item.end <= speech.duration for item in items)
    assert all(word.end > word.start for word in speech.words)
    assert estimate_duration(SCRIPTS[language], language=language) == pytest.approx(speech.duration, rel=0.2)


def test_phonemes_are_where_the_sound_is(job_dir: Path) -> None:
    """Vowels sit on loud stretches and the gaps between phonemes on quiet ones."""
    speech = synthesise("Papa. Mama. Abba. Otto.", job_dir / "a.wav")
    sound, rate = samples_of(speech.path)
    level = block_level_db(sound, rate // 100)

    def mean_level(start: float, end: float) -> float:
        return float(level[round(start * 100) : max(round(start * 100) + 1, round(end * 100))].mean())

    vowels = [mean_level(p.start, p.end) for p in speech.phonemes if any(v in p.ipa for v in "ɑɐəæoʊ")]
    gaps = [
        mean_level(before.end + 0.05, after.start - 0.05)
        for before, after in zip(speech.phonemes, speech.phonemes[1:], strict=False)
        if after.start - before.end > 0.2
    ]
    assert len(vowels) >= 8
    assert len(gaps) == 3
    assert min(vowels) > max(gaps) + 15


def test_it_begins_and_ends_with_short_silences(job_dir: Path) -> None:
    speech = synthesise("Good morning.", job_dir / "a.wav")
    sound, rate = samples_of(speech.path)
    heard = np.flatnonzero(np.abs(sound) > 0.02) / rate
    assert 0.08 < heard[0] < 0.25
    assert 0.15 < speech.duration - heard[-1] < 0.45


def test_voices_differ_in_pitch(job_dir: Path) -> None:
    pitches = {
        voice: pitch_of(*samples_of(synthesise(SCRIPTS["en"], job_dir / f"{voice}.wav", voice=voice).path))
        for voice in ("male", "neutral", "female")
    }
    assert 75 < pitches["male"] < 125
    assert pitches["male"] * 1.15 < pitches["neutral"] < pitches["female"] / 1.1
    assert 150 < pitches["female"] < 240


def test_speed_and_pitch_are_factors(job_dir: Path) -> None:
    plain = synthesise(SCRIPTS["en"], job_dir / "a.wav")
    fast = synthesise(SCRIPTS["en"], job_dir / "b.wav", speed=1.5)
    high = synthesise(SCRIPTS["en"], job_dir / "c.wav", pitch=1.4)
    assert plain.duration / fast.duration == pytest.approx(1.5, rel=0.15)
    assert pitch_of(*samples_of(high.path)) / pitch_of(*samples_of(plain.path)) == pytest.approx(1.4, rel=0.12)


def test_the_lexicon_says_a_word_differently_and_shows_it_as_written(job_dir: Path) -> None:
    lexicon = {"nginx": "engine x", "qi": "[[tS'i:]]"}
    speech = synthesise("We use Nginx, and qi.", job_dir / "a.wav", lexicon=lexicon)
    assert [word.text for word in speech.words] == ["We", "use", "Nginx,", "and", "qi."]
    said = {
        word.text: "".join(p.ipa for p in speech.phonemes if word.start <= p.start < word.end) for word in speech.words
    }
    assert "dʒ" in said["Nginx,"]
    assert said["qi."].replace("ˈ", "") == "tʃiː"


def test_brackets_in_a_script_are_no_phoneme_notation(job_dir: Path) -> None:
    speech = synthesise("Say [[h@l'oU]] now.", job_dir / "a.wav", lexicon={"now": "[[n'aU]]"})
    shown = speech.words[1]
    assert shown.text == "[[h@l'oU]]"
    assert "həl" not in "".join(p.ipa for p in speech.phonemes if shown.start <= p.start < shown.end).replace("ˈ", "")


def test_other_sample_rates(job_dir: Path) -> None:
    speech = synthesise("Hello.", job_dir / "a.wav", sample_rate=24_000)
    assert samples_of(speech.path)[1] == 24_000
    assert speech.loudness_lufs == pytest.approx(-16, abs=0.5)


def test_the_same_script_gives_the_same_bytes_and_progress_runs_to_one(job_dir: Path) -> None:
    told: list[float] = []
    first = synthesise("Again, and again.", job_dir / "a.wav", progress=told.append)
    second = synthesise("Again, and again.", job_dir / "b.wav")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_a_long_script_is_spoken_in_pieces(job_dir: Path) -> None:
    text = " ".join(f"Sentence number {index} is here." for index in range(60))
    speech = synthesise(text, job_dir / "a.wav", speed=2.0)
    assert " ".join(word.text for word in speech.words) == text
    gaps = [b.start - a.end for a, b in zip(speech.words, speech.words[1:], strict=False)]
    assert max(gaps) < 0.6


def test_a_letter_without_a_sound_is_refused_once_it_was_tried(job_dir: Path) -> None:
    """What orders are made of that are accepted and fail."""
    assert estimate_duration("\ua7f7") > 0
    with pytest.raises(NotUsable, match="nothing in the script can be spoken") as refusal:
        synthesise("\ua7f7", job_dir / "a.wav")
    assert refusal.value.code == "EMPTY_SCRIPT"


@pytest.mark.parametrize("text", ["½", "Ⅻ", "℃", "①"])
def test_signs_that_are_spoken_are_something_to_say(job_dir: Path, text: str) -> None:
    assert estimate_duration(text) > 0
    assert [word.text for word in synthesise(text, job_dir / "a.wav").words] == [text]


@pytest.mark.parametrize("text", ["", "   \n", "... !!! ---", "\u0000\u200b"])
def test_nothing_to_say_is_refused(job_dir: Path, text: str) -> None:
    with pytest.raises(NotUsable) as refusal:
        synthesise(text, job_dir / "a.wav")
    assert refusal.value.code == "EMPTY_SCRIPT"
    assert estimate_duration(text) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"language": "xx"}, "UNSUPPORTED_LANGUAGE"),
        ({"voice": "robot"}, "UNKNOWN_VOICE"),
        ({"speed": 0.1}, "BAD_PARAMETER"),
        ({"pitch": float("nan")}, "BAD_PARAMETER"),
        ({"sample_rate": 1}, "BAD_PARAMETER"),
    ],
)
def test_bad_arguments_are_named(job_dir: Path, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(BadMedia) as refusal:
        synthesise("Hello.", job_dir / "a.wav", **arguments)
    assert refusal.value.code == code


def test_a_script_without_end_is_refused(job_dir: Path) -> None:
    with pytest.raises(TooLarge):
        synthesise("a " * MAX_CHARACTERS, job_dir / "a.wav")


def test_the_engines_own_refusal_reaches_the_caller() -> None:
    with (
        pytest.raises(EngineFailed, match="no-such-voice"),
        engine_process(voice="no-such-voice", rate=160, pitch=50, phonemes=False),
    ):
        pass
