"""A whole film, small: made once, then looked at, listened to, and changed. ``FILM_MINUTES`` makes it longer."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from media.captions.cues import to_srt, to_vtt
from media.errors import BadMedia, NotUsable
from media.film.fitting import edit_shot, settle
from media.film.join import join
from media.film.plan import FilmPlan, Picture, Target
from media.film.planning import plan_film
from media.film.render import render_shot
from media.film.sound import SPEECH_OVER_MUSIC_LU, mix, style_of
from media.film.speech import narrate
from media.film.subtitles import film_cues, shot_cues
from media.sound.ducking import levels, speaking
from media.sound.loudness import integrated_lufs
from media.sound.music import make_bed
from media.sound.wav import write_wav
from media.types import Speech
from media.video.probe import probe
from media.video.source import read_audio

MINUTES = int(os.environ.get("FILM_MINUTES", "1"))
FRAMES = MINUTES * 60 * 30

SCRIPT = (
    MINUTES
    * """# The Harbour

The harbour wakes before the town does, quietly and all at once.

At five in the morning the first boats come back from the sea.

Men and women in yellow coats carry the boxes to the hall.

By seven the sun stands over the roofs of the old houses.

Children run along the wall on their way to the village school.

The smell of warm bread mixes with the smell of the cold sea.

In the evening the lights come on, one after another, slowly.

The boats lie still, and the water is a long black mirror.

Someone plays an old accordion behind a half open window.

Tomorrow, long before the sun, the harbour will wake again.
"""
)
TARGET = Target(width=192, height=108)
RATE = 48_000


@dataclass(frozen=True)
class Film:
    """A film and all that it was put together from."""

    folder: Path
    plan: FilmPlan
    pictures: dict[str, Path]
    narrations: dict[str, Speech]
    sound: Path
    details: dict[str, float | str]
    path: Path

    def clips(self, plan: FilmPlan) -> list[Path]:
        return [self.folder / f"{shot.id}.mp4" for shot in plan.shots]


def _speak(plan: FilmPlan, id: str, folder: Path) -> Speech:
    return narrate(plan.shot(id), folder / f"{id}.wav", language="en", engine="espeak-ng")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    folder = tmp_path_factory.mktemp("film")
    pictures = {}
    for number, ref in enumerate("abc"):
        image = np.random.default_rng(number).integers(0, 255, (12, 16, 3)).astype(np.uint8)
        pictures[ref] = folder / f"{ref}.png"
        cv2.imwrite(str(pictures[ref]), cv2.resize(image, (320, 240), interpolation=cv2.INTER_CUBIC))
    plan = plan_film(SCRIPT, minutes=MINUTES, pictures=[Picture(ref) for ref in pictures], seed=3)
    narrations = {shot.id: _speak(plan, shot.id, folder) for shot in plan.shots if shot.spoken}
    plan = settle(plan, {id: speech.duration for id, speech in narrations.items()}, keep=False)
    music = make_bed(folder / "music.wav", style="calm", seconds=20, seed=1).path
    for shot in plan.shots:
        picture = pictures[shot.picture] if shot.picture else None
        render_shot(shot, folder / f"{shot.id}.mp4", target=TARGET, picture=picture)
    mixed = mix(plan, {id: speech.path for id, speech in narrations.items()}, folder / "sound.m4a", music=music)
    made = Film(folder, plan, pictures, narrations, mixed.path, mixed.details, folder / "film.mp4")
    join(made.clips(plan), mixed.path, made.path)
    return made


def test_it_is_exactly_the_ordered_minutes(film: Film) -> None:
    found = probe(film.path, loudness=True)

    assert found.duration == pytest.approx(60.0 * MINUTES, abs=0.05)
    assert {stream.kind: round(stream.duration or 0, 1) for stream in found.streams} == dict.fromkeys(
        ("video", "audio"), 60.0 * MINUTES
    )
    assert found.faststart is True
    assert found.loudness_lufs == pytest.approx(-14.0, abs=0.3)
    assert found.true_peak_db is not None
    assert found.true_peak_db <= -1.0
    with av.open(str(film.path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == FRAMES


def test_one_changed_line_makes_three_artefacts_and_a_film_in_moments(film: Film, tmp_path: Path) -> None:
    edited = edit_shot(film.plan, "007", text="The smell of fresh bread mixes with the smell of the cold sea.")
    spoken = _speak(edited, "007", tmp_path)
    settled = settle(edited, {"007": spoken.duration})
    assert [one for one, other in zip(settled.shots, film.plan.shots, strict=True) if one != other] == [
        settled.shot("007")
    ]
    shot = settled.shot("007")
    again = render_shot(shot, tmp_path / "007.mp4", target=TARGET, picture=film.pictures[str(shot.picture)])
    clips = [again.path if path.stem == "007" else path for path in film.clips(settled)]
    voices = {**{id: speech.path for id, speech in film.narrations.items()}, "007": spoken.path}

    # What else a machine does can only make it slower: the best of three counts.
    took: list[float] = []
    while not took or (took[-1] >= 5 * MINUTES and len(took) < 3):
        began = time.process_time()
        sound = mix(settled, voices, tmp_path / "sound.m4a", music=film.folder / "music.wav")
        made = join(clips, sound.path, tmp_path / "film.mp4")
        took.append(time.process_time() - began)

    assert min(took) < 5 * MINUTES, took
    assert made.duration == 60.0 * MINUTES
    before, after = _pictures_of(film.path), _pictures_of(made.path)
    assert len(after) == FRAMES
    # Before and behind that shot not one packet is another.
    first = round(settled.starts()["007"] * 30)
    assert before[:first] == after[:first]
    assert before[first + shot.frames :] == after[first + shot.frames :]
    heard, now = (_heard(path) for path in (film.path, made.path))
    at = slice(round((settled.starts()["007"] + 0.3) * RATE), round((settled.starts()["007"] + 2) * RATE))
    assert np.abs(heard[at] - now[at]).mean() > 0.002


def test_subtitles_hold_every_word_while_its_shot_is_seen(film: Film) -> None:
    cues = {id: shot_cues(film.plan.shot(id), speech, language="en") for id, speech in film.narrations.items()}
    whole = film_cues(film.plan, cues)

    written = " ".join(" ".join(cue.text.split()) for cue in whole)
    assert written == " ".join(line for line in SCRIPT.splitlines() if line and not line.startswith("#"))
    assert all(one.end <= other.start for one, other in pairwise(whole))
    for id, start in film.plan.starts().items():
        for cue in cues.get(id, ()):
            assert 0 <= cue.start < cue.end <= film.plan.shot(id).length_s
            assert any(abs(start + cue.start - one.start) < 1e-6 for one in whole)
    assert to_srt(whole).count("-->") == to_vtt(whole).count("-->") == len(whole) >= 10


def test_words_are_heard_when_they_are_written(film: Film) -> None:
    heard = _heard(film.path)
    for id, speech in film.narrations.items():
        shot, start = film.plan.shot(id), film.plan.starts()[id]
        first = start + shot.speech_at + speech.words[0].start
        during = heard[round(first * RATE) : round((first + 0.4) * RATE)]
        assert integrated_lufs(during, RATE) > -24


def test_music_steps_back_while_somebody_speaks(film: Film, tmp_path: Path) -> None:
    """The music is a tone above the voice's band, so that both are measured in what was encoded."""
    times = np.arange(10 * RATE) / RATE
    tone = 0.3 * np.sin(2 * np.pi * 9000 * times)[:, None].repeat(2, axis=1)
    write_wav(tmp_path / "tone.wav", tone, RATE)
    low = {}
    for id, speech in film.narrations.items():
        samples = read_audio(speech.path, mono=True)[0]  # type: ignore[index]
        low[id] = tmp_path / f"{id}.wav"
        write_wav(low[id], sosfiltfilt(butter(8, 5000, fs=RATE, output="sos"), samples, axis=0), RATE)

    made = mix(film.plan, low, tmp_path / "sound.m4a", music=tmp_path / "tone.wav", repeats=False)

    heard = _heard(made.path)
    voice = sosfiltfilt(butter(8, 6000, fs=RATE, output="sos"), heard, axis=0)
    music = sosfiltfilt(butter(8, [8500, 9500], "bandpass", fs=RATE, output="sos"), heard, axis=0)
    active = np.repeat(speaking(levels(voice.astype(np.float32), RATE)), 480)[: len(heard)]
    over = integrated_lufs(voice, RATE) - integrated_lufs(music[active], RATE)
    assert over >= SPEECH_OVER_MUSIC_LU
    assert made.details["speech_over_music_lu"] == pytest.approx(over, abs=0.7)
    # In the long pauses it comes forward again, and it ends with the film.
    pauses = levels(music.astype(np.float32), RATE)
    assert np.quantile(pauses, 0.95) - np.median(pauses[active[::480][: len(pauses)]]) > 6
    assert pauses[-5:].max() < pauses.max() - 20


def test_a_film_without_voices_is_music_and_without_both_is_silent(film: Film, tmp_path: Path) -> None:
    quiet = film.plan.with_shots({shot.id: replace(shot, spoken="", said_s=None) for shot in film.plan.shots})

    music = mix(quiet, {}, tmp_path / "music.m4a", music=film.folder / "music.wav")
    silence = mix(quiet, {}, tmp_path / "silence.m4a")

    assert music.details["loudness_lufs"] == pytest.approx(-14, abs=0.3)
    assert music.details["ducked_share"] == 0
    assert music.duration == silence.duration == 60.0 * MINUTES
    assert np.abs(_heard(silence.path)).max() == 0


def test_a_mix_is_repeatable_and_complete(film: Film, tmp_path: Path) -> None:
    voices = {id: speech.path for id, speech in film.narrations.items()}
    again = mix(film.plan, voices, tmp_path / "again.m4a", music=film.folder / "music.wav")

    assert again.path.read_bytes() == film.sound.read_bytes()
    assert film.details["speech_over_music_lu"] >= SPEECH_OVER_MUSIC_LU  # type: ignore[operator]
    voices.pop("005")
    with pytest.raises(BadMedia, match="005") as refusal:
        mix(film.plan, voices, tmp_path / "other.m4a")
    assert refusal.value.code == "NO_NARRATION"
    write_wav(tmp_path / "nothing.wav", np.zeros((RATE, 2)), RATE)
    with pytest.raises(NotUsable, match="the music is silent"):
        mix(
            film.plan,
            {**voices, "005": film.narrations["005"].path},
            tmp_path / "c.m4a",
            music=tmp_path / "nothing.wav",
        )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.m4a", "nothing.wav"]


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("calm", "calm"),
        ("Something HAPPY and energetic for a birthday", "upbeat"),
        ("dark, tense orchestral tension", "cinematic"),
        ("lo-fi beats to study to", "lofi"),
        ("hopeful corporate background", "corporate"),
        ("फ़िल्म के लिए संगीत", "calm"),
    ],
)
def test_a_prompt_leads_to_a_style(prompt: str, style: str) -> None:
    assert style_of(prompt) == style


def _pictures_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.dts is not None]


def _heard(path: Path) -> np.ndarray:
    found = read_audio(path, rate=RATE)
    assert found is not None
    return found[0]
