"""A Piper voice speaks in the engine's place: the sound is the network's, its times too, and a bad file is named."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import unicodedata
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from libs.media.tools import tiny_voice as tiny
from numpy.typing import NDArray

from media.errors import NotConfigured
from media.sound.loudness import integrated_lufs
from media.speech.engine import piper_process
from media.speech.espeak import Engine
from media.speech.piper_voice import Sentence, encode, read_voice, sentences
from media.speech.synthesis import synthesise
from media.speech.visemes import mouth_track
from media.types import Speech

SCRIPT = "Hello there, Mr. Smith! Bob may pay 25 dollars."


@pytest.fixture(scope="module")
def tiny_voice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tiny.write(tmp_path_factory.mktemp("voices"), "en_US-tiny-low")
    return made


@pytest.fixture(scope="module")
def spoken(tiny_voice: Path, tmp_path_factory: pytest.TempPathFactory) -> Speech:
    return synthesise(SCRIPT, tmp_path_factory.mktemp("spoken") / "a.wav", voice_file=tiny_voice)


def samples_of(speech: Speech) -> NDArray[np.float32]:
    with wave.open(str(speech.path), "rb") as file:
        return (np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32767).astype(np.float32)


def tones_in(speech: Speech) -> list[tuple[set[float], float]]:
    """For every sound, the tones that its letters have, and the frequency that is heard in its middle."""
    sound, rate = samples_of(speech), speech.sample_rate
    found = []
    for phoneme in speech.phonemes:
        tones = {tiny.tone(letter) for letter in unicodedata.normalize("NFD", phoneme.ipa)} - {0.0}
        middle, half = (phoneme.start + phoneme.end) / 2, 0.025
        part = sound[round((middle - half) * rate) : round((middle + half) * rate)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 15))
        found.append((tones, float(np.argmax(spectrum)) * rate / (1 << 15)))
    return found


def test_every_sound_is_the_networks_own_and_is_heard_when_its_time_says(spoken: Speech) -> None:
    heard = tones_in(spoken)
    assert len(heard) > 30
    assert all(min(abs(tone - frequency) for tone in tones) < 8 for tones, frequency in heard), heard
    assert spoken.engine == "piper:en_US-tiny-low"


def test_a_sound_lasts_as_long_as_the_network_says(spoken: Speech) -> None:
    """Frames of each symbol, and of the padding behind it, rounded up: what the graph computes."""
    for phoneme in spoken.phonemes:
        symbols = [symbol for letter in unicodedata.normalize("NFD", phoneme.ipa) for symbol in (letter, "_")]
        wanted = sum(np.ceil(tiny.frames(symbol)) for symbol in symbols) * tiny.HOP / tiny.RATE
        assert phoneme.end - phoneme.start == pytest.approx(wanted, abs=0.001), phoneme


def test_words_loudness_and_edges_are_as_with_any_voice(spoken: Speech) -> None:
    sound = samples_of(spoken)
    assert [word.text for word in spoken.words] == SCRIPT.split()
    times = [time for word in spoken.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert all(word.end > word.start for word in spoken.words)
    assert integrated_lufs(sound, spoken.sample_rate) == pytest.approx(-16, abs=0.3)
    assert spoken.duration == pytest.approx(len(sound) / spoken.sample_rate)
    heard = np.flatnonzero(np.abs(sound) > 0.05) / spoken.sample_rate
    assert spoken.words[0].start == pytest.approx(heard[0], abs=0.03)
    assert spoken.words[-1].end == pytest.approx(heard[-1], abs=0.03)


def test_the_mouth_follows(spoken: Speech) -> None:
    """Lips are sealed in the middle of every b, p and m, and nowhere in an open vowel."""
    rate = 60.0
    track = mouth_track(spoken.phonemes, np.ones(round(spoken.duration * rate), np.float32), rate)
    for phoneme in spoken.phonemes:
        press = track.press[round((phoneme.start + phoneme.end) / 2 * rate - 0.5)]
        if phoneme.ipa in "bpm":
            assert press > 0.9, phoneme
        elif set(phoneme.ipa) & set("ɑaɛoə"):
            assert press < 0.1, phoneme
    assert {"b", "p", "m"} <= {phoneme.ipa for phoneme in spoken.phonemes}


def test_speed_and_pitch_are_factors_and_repeat_exactly(tiny_voice: Path, spoken: Speech, job_dir: Path) -> None:
    first, second = (
        synthesise(SCRIPT, job_dir / name, voice_file=tiny_voice, speed=1.5, pitch=1.5) for name in ("a.wav", "b.wav")
    )
    assert first.path.read_bytes() == second.path.read_bytes()
    length, usual = (speech.words[-1].end - speech.words[0].start for speech in (first, spoken))
    assert usual / length == pytest.approx(1.5, rel=0.01)
    assert max(min(abs(1.5 * tone - frequency) for tone in tones) for tones, frequency in tones_in(first)) < 15


def test_the_configured_speaker_of_several_speaks(job_dir: Path) -> None:
    voice = tiny.write(job_dir, "two", speakers=2)
    described(voice, default_speaker_id=1)
    heard = tones_in(synthesise("Bob may pay.", job_dir / "a.wav", voice_file=voice))
    assert all(min(abs(tone + 1000 - frequency) for tone in tones) < 8 for tones, frequency in heard)


def test_without_the_networks_word_times_are_the_readers_stretched(job_dir: Path) -> None:
    voice = tiny.write(job_dir, "silent-about-time", tells_frames=False)
    speech = synthesise(SCRIPT, job_dir / "a.wav", voice_file=voice)
    heard = np.flatnonzero(np.abs(samples_of(speech)) > 0.05) / speech.sample_rate
    assert [word.text for word in speech.words] == SCRIPT.split()
    assert speech.phonemes[0].start == pytest.approx(heard[0], abs=0.03)
    assert speech.phonemes[-1].end == pytest.approx(heard[-1], abs=0.03)
    starts = [phoneme.start for phoneme in speech.phonemes]
    assert starts == sorted(starts)
    assert sum(min(abs(tone - frequency) for tone in tones) < 8 for tones, frequency in tones_in(speech)) > 8


_ORACLE = """
import json, sys
from piper import PiperVoice, SynthesisConfig
voice = PiperVoice.load(sys.argv[1], include_alignments=True)
how = SynthesisConfig(normalize_audio=False)
print(json.dumps([
    [chunk.phoneme_id_samples.tolist(), chunk.audio_float_array.tolist()]
    for chunk in voice.synthesize(sys.argv[2], how, include_alignments=True)
]))
"""

_READER = """
import json, sys
from piper.phonemize_espeak import EspeakPhonemizer
reader = EspeakPhonemizer()
made = [sentence for voice, text in json.loads(sys.argv[1]) for sentence in reader.phonemize(voice, text)]
print(json.dumps(["".join(sentence) for sentence in made]))
"""


def test_sound_and_times_are_those_of_pipers_own_library(tiny_voice: Path, job_dir: Path) -> None:
    script = "Hello there, Bob! Why pay? We may, Mr. Smith."
    voice = described(Path(shutil.copytree(tiny_voice.parent, job_dir / "voices")) / tiny_voice.name, inference=_EXACT)
    theirs = json.loads(_in_python(_ORACLE, str(voice), script))
    with piper_process(read_voice(voice), speed=1.0, pitch=1.0, phonemes=False) as engine:
        ours = engine.speak(script)
    at, bounds = 0, set[int]()
    for lengths, samples in theirs:
        np.testing.assert_allclose(ours.sound[at : at + len(samples)] / 32767, samples, atol=1e-3)
        bounds.update((at + np.concatenate([[0], np.cumsum(lengths)])).tolist())
        at += len(samples) + round(0.2 * tiny.RATE)
    assert len(theirs) == 4
    assert at == len(ours.sound)
    assert {sample for _, _, sample, _ in ours.events} <= bounds


_EXACT = {"noise_scale": 0.0, "length_scale": 1.2}

READ = [
    ("en-us", "The boats come home late, and people buy fresh fish. How much? Nine dollars!"),
    ("en-gb-x-rp", "It costs one pound; of the best: yes."),
    ("es", "Los barcos vuelven por la tarde, y la gente compra pescado fresco."),
    ("fr", "Les bateaux rentrent le soir, et les gens achètent du poisson frais."),
    ("de", "Die Boote kommen am Abend zurück, und die Leute kaufen frischen Fisch."),
    ("hi", "मेरा नाम मीरा है, और मैं खुश हूँ."),
    ("cmn", "我们买新鲜的鱼. 你好!"),
]


def test_symbols_are_those_of_pipers_own_reader() -> None:
    """Word boundaries, punctuation and tones too."""
    mine = []
    for voice, script in READ:
        engine = Engine(voice, 158, 50)
        events, _ = engine.speak(script)
        mine += ["".join(sentence.symbols) for sentence in sentences(engine.clauses(script), [e[3] for e in events])]
    assert mine == json.loads(_in_python(_READER, json.dumps(READ)))


def test_tones_and_boundaries_find_their_sound() -> None:
    clauses = [("ni2χˈɑu2", "你好，我"), ("(en)wˈo2 tə(zh)", "们")]
    first, *more = sentences(clauses, ["n", "i", "χ", "ˈɑu", "w", "ˈo", "t", "ə"])
    assert not more
    assert "".join(first.symbols) == "ni2χˈɑu2, wˈo2 tə."
    assert first.owners == (0, 1, 1, 2, 3, 3, 3, 3, None, None, 4, 5, 5, 5, None, 6, 7, None)


def test_a_phrase_that_is_said_twice_keeps_its_first_time() -> None:
    """With other stress the first time, as the engine has it between words of another language."""
    clauses = [("(en)ˌeɪbˌiː dˈɛf(cmn)", "ab def, a"), ("(en)ˌeɪbˌiː dˈɛf(cmn)", "b def")]
    sounds = ["eɪ", "b", "iː", "d", "ɛ", "f", "ˌeɪ", "b", "ˌiː", "d", "ˈɛ", "f"]
    [sentence] = sentences(clauses, sounds)
    assert {owner for owner in sentence.owners if owner is not None} == set(range(len(sounds)))


def test_vowels_that_the_alphabet_joins_are_joined_and_unknown_letters_left_out(
    tiny_voice: Path, job_dir: Path
) -> None:
    voice = described(
        Path(shutil.copytree(tiny_voice.parent, job_dir / "voices")) / tiny_voice.name,
        vowel_clusters=[["a", "ɪ"]],
        phoneme_id_map={"_": [0], "^": [1], "$": [2], "aɪ": [3], "b": [4, 5]},
    )
    ids, owners = encode(read_voice(voice), Sentence(tuple("baɪX"), (0, 1, 1, 2)))
    assert ids == [1, 0, 4, 5, 0, 3, 0, 2]
    assert owners == [None, None, 0, 0, 0, 1, 1, None]


@pytest.mark.parametrize(
    ("spoil", "code", "said"),
    [
        (lambda voice: voice.unlink(), "VOICE_FILE_MISSING", "tiny-low.onnx "),
        (lambda voice: Path(f"{voice}.json").unlink(), "VOICE_FILE_MISSING", "tiny-low.onnx.json"),
        (lambda voice: Path(f"{voice}.json").write_text("{"), "VOICE_FILE_UNFIT", "JSONDecodeError"),
        (lambda voice: Path(f"{voice}.json").write_text("[]"), "VOICE_FILE_UNFIT", "tiny-low.onnx.json"),
        (lambda voice: described(voice, phoneme_type="pinyin"), "VOICE_FILE_UNFIT", "it reads pinyin"),
        (lambda voice: described(voice, phoneme_id_map={"a": [1]}), "VOICE_FILE_UNFIT", "its alphabet lacks"),
        (lambda voice: described(voice, audio={"sample_rate": 0}), "VOICE_FILE_UNFIT", "sample rate"),
        (lambda voice: described(voice, espeak={"voice": "de"}), "VOICE_FILE_UNFIT", "it speaks de, not en"),
        (lambda voice: described(voice, espeak={"voice": "en-zz"}), "VOICE_FILE_UNFIT", "en-zz"),
        (lambda voice: voice.write_bytes(b"\x08\x07 no network"), "VOICE_FILE_UNFIT", "tiny-low.onnx cannot be used"),
        (lambda voice: voice.write_bytes(voice.read_bytes()[:700]), "VOICE_FILE_UNFIT", "tiny-low.onnx cannot be used"),
        (lambda voice: _other_network(voice), "VOICE_FILE_UNFIT", "not those of a Piper voice"),
        (lambda voice: described(voice, phoneme_id_map=_TOO_MANY), "VOICE_FILE_UNFIT", "out of"),
    ],
)
def test_a_bad_voice_file_is_named(
    tiny_voice: Path, job_dir: Path, spoil: Callable[[Path], object], code: str, said: str
) -> None:
    voice = Path(shutil.copytree(tiny_voice.parent, job_dir / "voices")) / tiny_voice.name
    spoil(voice)
    with pytest.raises(NotConfigured, match=re.escape(said)) as refusal:
        synthesise("Hello.", job_dir / "a.wav", voice_file=voice)
    assert refusal.value.code == code
    assert not refusal.value.retryable


def test_no_runtime_of_networks_is_loaded_by_the_library_itself() -> None:
    loaded = _in_python(
        "import media.speech.synthesis, media.speech.piper, media.speech.hibari, sys; "
        "print([name for name in sys.modules if 'onnx' in name])"
    )
    assert loaded.strip() == "[]"


_TOO_MANY = {**{symbol: [number] for symbol, number in tiny.IDS.items()}, "ʘ": [4_000]}


def described(voice: Path, **changes: object) -> Path:
    """``voice`` after its description was changed."""
    path = Path(f"{voice}.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return voice


def _other_network(voice: Path) -> None:
    double = onnx.helper.make_node("Add", ["x", "x"], ["y"])
    x, y = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1]) for name in "xy")
    opset = onnx.helper.make_opsetid("", 15)
    graph = onnx.helper.make_graph([double], "double", [x], [y])
    onnx.save(onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8), str(voice))


def _in_python(code: str, *arguments: str) -> str:
    """What a fresh interpreter prints: Piper's library brings a speech engine of its own."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout
