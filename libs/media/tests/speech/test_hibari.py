"""The English network: what it gets for a text, when its sounds are heard, and what a listener makes of it."""

from __future__ import annotations

import json
import wave
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ears.agreement import compare
from media.ears.listening import listen
from media.errors import BadMedia, NotConfigured
from media.speech import hibari
from media.speech.hibari_voice import Token, sentences, spans
from media.speech.script import pieces
from media.speech.synthesis import synthesise
from media.speech.visemes import VISEMES

SCRIPT = "Dr. Reyes paid $5.99 for nineteen maps. Didn't she?"


@pytest.fixture(scope="module")
def network() -> hibari.Network:
    return hibari.Network()


def test_every_sound_knows_the_word_it_belongs_to(network: hibari.Network) -> None:
    (piece,) = pieces(SCRIPT, "en")
    read, tokens = network.read(piece.text)
    heard: dict[str, str] = {}
    for sentence in sentences(piece.text, read, tokens):
        for sound in sentence.sounds:
            word = piece.words[piece.word_at(sound.character)].written
            heard[word] = heard.get(word, "") + sound.ipa
    assert list(heard) == ["Dr.", "Reyes", "paid", "$5.99", "for", "nineteen", "maps.", "Didn't", "she?"]
    assert heard["Dr."] == "dˈɑktəɹ"
    assert heard["$5.99"].startswith("fˈaɪv")
    assert heard["$5.99"].endswith("sˈɛnts")


def test_a_sentence_ends_with_its_sign_and_a_title_does_not_end_one(network: hibari.Network) -> None:
    (piece,) = pieces(SCRIPT, "en")
    made = sentences(piece.text, *network.read(piece.text))
    assert [sentence.symbols[-1] for sentence in made] == [".", "?"]


def test_a_sentence_that_is_too_long_is_cut_at_a_stop() -> None:
    tokens = [token for _ in range(60) for token in (Token("sugar", False, "ʃˈʊɡəɹ"), Token(",", True, ","))]
    text = " ".join(["sugar,"] * 60)
    made = sentences(text, text, tokens)
    assert all(len(sentence.symbols) <= 400 for sentence in made)
    assert [sentence.symbols[-1] for sentence in made] == [","] * len(made)
    assert sum(len(sentence.sounds) for sentence in made) == 60 * 5
    assert [sound.character for sentence in made for sound in sentence.sounds] == [7 * (n // 5) for n in range(300)]


@pytest.mark.parametrize("symbol", "AIOWYTbdfhijklmnpstuvwzæðŋɑɔəɛɜɡɪɹʃʊʌʒʤʧθᵊᵻ")
def test_letters_of_american_english_become_sounds_that_a_mouth_can_make(network: hibari.Network, symbol: str) -> None:
    """Diphthongs and affricates are one letter there, and two here."""
    assert symbol in network.symbols
    (sentence,) = sentences("a", "a", [Token("a", False, symbol)])
    assert [set(sound.ipa) <= VISEMES.keys() for sound in sentence.sounds] == [True]


@given(st.lists(st.tuples(st.sampled_from([None, 0, 1, 2]), st.integers(0, 40)), max_size=30))
def test_sounds_lie_one_after_the_other_within_what_was_made(row: list[tuple[int | None, int]]) -> None:
    owners, frames = [owner for owner, _ in row], [count for _, count in row]
    found = list(spans(owners, frames))
    assert all(0 <= first <= last <= sum(frames) for _, first, last in found)
    assert all(one[2] <= other[1] for one, other in pairwise(found))


def test_the_network_tells_the_length_of_all_it_says(network: hibari.Network) -> None:
    """To the sample: 25 ms a unit."""
    (piece,) = pieces("She sells sea shells.", "en")
    for sentence in sentences(piece.text, *network.read(piece.text)):
        for speed in (0.5, 1.0, 1.7):
            sound, owners, units = network.run(sentence.symbols, sentence.owners, speed=speed, pitch=1.0)
            assert len(owners) == len(units)
            assert sum(units) * 600 == len(sound)


def test_sibilants_hiss_where_they_are_said_to(job_dir: Path) -> None:
    """The highest tones are heard while an s or sh is told, and not while a vowel is."""
    made = synthesise("She sells sea shells by the shore. Six of us saw this.", job_dir / "a.wav", voice="female")
    with wave.open(str(made.path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    block = made.sample_rate // 100
    windows = samples[: len(samples) // block * block].reshape(-1, block) * np.hanning(block)
    spectrum = np.abs(np.fft.rfft(windows, axis=1)) ** 2
    high = spectrum[:, int(4_000 * block / made.sample_rate) :].sum(axis=1)

    def level(letters: str) -> float:
        rows = [
            row
            for sound in made.phonemes
            if sound.ipa[-1] in letters and sound.end < made.duration - 0.4
            for row in range(int(sound.start * 100), int(sound.end * 100))
        ]
        return float(np.mean(high[rows]))

    assert level("sʃ") > 10 * level("iɛɑɔ")


def test_voices_differ_in_pitch_alone_and_come_out_alike_each_time(job_dir: Path) -> None:
    made = {voice: synthesise(SCRIPT, job_dir / f"{voice}.wav", voice=voice) for voice in ("female", "neutral", "male")}
    pitches = {voice: _pitch(speech.path) for voice, speech in made.items()}
    assert 165 < pitches["female"] < 205
    assert 130 < pitches["neutral"] < 160
    assert 90 < pitches["male"] < 120
    assert {speech.engine for speech in made.values()} == {"hibari"}
    assert len({tuple(word.text for word in speech.words) for speech in made.values()}) == 1
    assert max(speech.duration for speech in made.values()) < 1.15 * min(speech.duration for speech in made.values())
    again = synthesise(SCRIPT, job_dir / "again.wav", voice="male")
    assert again.path.read_bytes() == made["male"].path.read_bytes()


def test_speed_and_pitch_are_factors(job_dir: Path) -> None:
    plain = synthesise(SCRIPT, job_dir / "plain.wav", voice="female")
    fast = synthesise(SCRIPT, job_dir / "fast.wav", voice="female", speed=1.5)
    high = synthesise(SCRIPT, job_dir / "high.wav", voice="female", pitch=1.3)
    assert fast.duration == pytest.approx(plain.duration / 1.5, rel=0.12)
    assert high.duration == pytest.approx(plain.duration, rel=0.02)
    assert _pitch(high.path) == pytest.approx(1.3 * _pitch(plain.path), rel=0.08)


def test_other_languages_are_refused_and_espeak_phonemes_go_to_the_engine_that_reads_them(job_dir: Path) -> None:
    with pytest.raises(BadMedia, match="hibari does not speak hi"):
        synthesise("नमस्ते।", job_dir / "a.wav", language="hi", engine="hibari")
    made = synthesise("Try nginx.", job_dir / "a.wav", lexicon={"nginx": "[['EndZIn,Eks]]"})
    assert made.engine == "espeak-ng"
    assert synthesise("Try it.", job_dir / "b.wav", engine="espeak-ng").engine == "espeak-ng"


def test_a_package_without_its_network_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hibari, "files", lambda _: SimpleNamespace(__truediv__=None))
    with pytest.raises(NotConfigured, match="the English voice cannot be used") as refusal:
        hibari.Network()
    assert refusal.value.code == "VOICE_MISSING"


SAID = (
    "Photosynthesis turns light into sugar, and every leaf is a small factory.",
    "The meeting is on March 3rd, 2026, at 7:30 pm in room 12.",
    "My father bought five pumps, a map and a lamp for the boat.",
    "Our shop sold 1,250 cups of coffee last week, 20% more than before.",
    "Margaret and Philip fly from Boston to Vienna on Thursday.",
    "Please write to our office before the end of the month.",
)


@pytest.mark.parametrize("voice", ["female", "male"])
def test_a_listener_hears_what_was_written(job_dir: Path, voice: str) -> None:
    """Whisper tiny.en, the smallest there is; ``libs/media/tools/word_errors.py`` has the figures over 40 scripts."""
    # In one go: whatever is listened to is looked at thirty seconds at a time.
    script = " ".join(SAID)
    made = synthesise(script, job_dir / "said.wav", voice=voice)
    found = compare(script, listen(made.path, language="en").text)
    assert found.wrong / found.words <= 0.05, json.dumps({"wrong": found.wrong, "words": found.words})


def _pitch(path: Path) -> float:
    """Lower quartile of the voiced frames' pitch, by autocorrelation, which at times finds twice a low voice's."""
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    size, found = rate // 20, []
    for start in range(0, len(samples) - size, size // 2):
        frame = samples[start : start + size] - samples[start : start + size].mean()
        if np.sqrt(np.mean(frame**2)) < 800:
            continue
        spectrum = np.fft.rfft(frame, 2 * size)
        row = np.fft.irfft(np.abs(spectrum) ** 2)[: rate // 60]
        low = rate // 400
        best = low + int(np.argmax(row[low:]))
        if row[best] > 0.6 * row[0]:
            found.append(rate / best)
    return float(np.percentile(found, 25))
