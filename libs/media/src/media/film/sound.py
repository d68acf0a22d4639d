"""The sound of a whole film: voices where their shots are, music that makes way for them, one loudness.

Works through the film in pieces of some seconds, with the voices in a file beside the result: memory does not grow with
the film.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import regex
from numpy.typing import NDArray

from media.errors import BadMedia, NotUsable
from media.film.plan import FRAME_RATE, FilmPlan
from media.film.speech import RATE, placed
from media.sound.ducking import at_samples, gains, levels, speaking
from media.sound.loudness import LoudnessMeter, integrated_lufs, limit
from media.types import Made
from media.video.encode_audio import encode_blocks
from media.video.source import read_audio
from media.writing import encoding

Samples = NDArray[np.float32]

SPEECH_OVER_MUSIC_LU = 12.0
"""Speech is at least so much louder than the music under it."""

_SPEECH_LUFS = -19.0  # of one channel; both together measure 3 LU more
_UNDER_LU = 14.0  # what is aimed at, so that a loud bar still keeps the promise
_DUCK_DB = -9.0
_MUSIC_ALONE_LUFS = -20.0
_MOST_GAIN_DB = 15.0
_FADE_IN_S, _FADE_OUT_S = 0.8, 3.0
_SEAM_S = 1.0
_BLOCK = 10 * RATE
_MARGIN = RATE // 10
_MUSIC_READ_S = 600.0

_MOODS: dict[str, tuple[str, ...]] = {
    "calm": ("calm", "peaceful", "soft", "gentle", "relaxed", "ambient", "quiet", "sad", "melancholic", "tender"),
    "upbeat": ("upbeat", "happy", "energetic", "cheerful", "joyful", "fun", "playful", "pop", "fast", "dance"),
    "corporate": ("corporate", "business", "bright", "hopeful", "inspiring", "motivating", "positive", "technology"),
    "cinematic": (
        "cinematic",
        "epic",
        "dramatic",
        "dark",
        "tense",
        "mysterious",
        "orchestral",
        "adventure",
        "documentary",
    ),
    "lofi": ("lofi", "lo-fi", "chill", "hiphop", "jazz", "jazzy", "night", "cozy", "nostalgic", "electronic"),
}


def style_of(mood: str) -> str:
    """The style of bed for a mood, or for a prompt in which a mood is named; ``calm`` where none is."""
    words = regex.findall(r"[\p{L}-]+", mood.casefold())
    counts = {style: sum(word in known for word in words) for style, known in _MOODS.items()}
    best = max(counts, key=lambda style: counts[style])
    return best if counts[best] else "calm"


def mix(
    plan: FilmPlan,
    narrations: Mapping[str, Path],
    out: Path,
    *,
    music: Path | None = None,
    repeats: bool = True,
    target_lufs: float = -14.0,
    progress: Callable[[float], None] | None = None,
) -> Made:
    """Write the sound of the whole film to ``out`` (AAC in MP4), exactly as long as the plan.

    ``narrations`` are recordings by shot id; each is brought to the same loudness. ``music`` is laid under them, again
    and again (``repeats``: it does so without a seam; otherwise its end is faded into its beginning), at least 12 LU
    quieter while somebody speaks, and fades out with the film. The whole has ``target_lufs`` after encoding, within
    0.2 LU, with no true peak over -1 dBTP. Without voices and music it is silent.

    ``details``: ``loudness_lufs``, ``true_peak_db``, ``speech_over_music_lu`` (where there are both), ``ducked_share``.
    Raises ``BadMedia`` where a shot that speaks has no narration, ``NotUsable`` where the music has no sound.
    """
    tell = progress or (lambda _share: None)
    tell(0.0)
    if lacking := [shot.id for shot in plan.shots if shot.spoken and shot.id not in narrations]:
        raise BadMedia(
            f"no narration for shot {', '.join(lacking)}", code="NO_NARRATION", advice="Speak all shots first."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".mix-", dir=out.parent) as folder:
        film = FilmSound(plan, narrations, Path(folder), music, repeats)
        tell(0.4)
        mixed = film.loudness(film.mixed())
        tell(0.5)

        def blocks(aim: float | None, ceiling_db: float) -> Iterator[Samples]:
            gain_db, ceiling = 0.0 if aim is None else aim - mixed, 10 ** (ceiling_db / 20)
            if aim is not None:
                # What the limiter will take is heard before: encoding only to find it costs three times as much.
                gain_db += aim - film.loudness(film.mastered(gain_db, ceiling))
            yield from film.mastered(gain_db, ceiling)

        target = target_lufs if np.isfinite(mixed) else None
        track = encode_blocks(blocks, RATE, 2, film.count / RATE, target_lufs=target)
    with encoding(out) as part:
        part.write_bytes(track.data)
    details: dict[str, float | str] = {
        "loudness_lufs": track.loudness_lufs,
        "true_peak_db": track.true_peak_db,
        "ducked_share": film.ducked_share,
    }
    if film.speech_over_music_lu is not None:
        details["speech_over_music_lu"] = film.speech_over_music_lu
    tell(1.0)
    return Made(out, 0, 0, film.count / RATE, out.stat().st_size, details)


class FilmSound:
    """The film's voices in a file of ``folder``, its music in memory, and how loud the music is at each moment.

    ``count`` samples at 48 kHz; ``ducked_share`` of the time somebody speaks.
    """

    def __init__(
        self,
        plan: FilmPlan,
        narrations: Mapping[str, Path],
        folder: Path,
        music: Path | None,
        repeats: bool = True,
    ) -> None:
        self.count = round(plan.frames * RATE / FRAME_RATE)
        self._voice = np.memmap(folder / "voice", np.float32, "w+", shape=(self.count,))
        self._lay(plan, narrations)
        found = [levels(self._voice[start : start + _BLOCK, None], RATE) for start in range(0, self.count, _BLOCK)]
        active = speaking(np.concatenate(found))
        self._duck = gains(active, _DUCK_DB)
        self.ducked_share = float(active.mean())
        self._music = None if music is None else _ring(music, repeats)
        self._gain = 1.0
        self.speech_over_music_lu: float | None = None
        if self._music is not None:
            self._balance(active)

    def voice(self, first: int, last: int) -> Samples:
        """The voices in those samples, in stereo."""
        return np.repeat(self._voice[first:last, None], 2, axis=1)

    @staticmethod
    def loudness(pieces: Iterable[Samples]) -> float:
        """Of all those pieces together, in LUFS."""
        meter = LoudnessMeter(RATE, 2, peaks=False)
        for piece in pieces:
            meter.add(piece)
        return meter.lufs()

    def mixed(self) -> Iterator[Samples]:
        """The mix in pieces, as it is."""
        return (self._mixed(start, min(self.count, start + _BLOCK)) for start in range(0, self.count, _BLOCK))

    def mastered(self, gain_db: float, ceiling: float) -> Iterator[Samples]:
        """The mix in pieces, so much louder, no true peak over ``ceiling``."""
        gain = np.float32(10 ** (gain_db / 20))
        for start in range(0, self.count, _BLOCK):
            first, last = max(0, start - _MARGIN), min(self.count, start + _BLOCK + _MARGIN)
            made = np.asarray(limit(self._mixed(first, last) * gain, RATE, ceiling), np.float32)
            yield made[start - first : start - first + min(_BLOCK, self.count - start)]

    def _lay(self, plan: FilmPlan, narrations: Mapping[str, Path]) -> None:
        at = 0
        frames = 0
        for shot in plan.shots:
            frames += shot.frames
            end = round(frames * RATE / FRAME_RATE)
            if shot.spoken:
                piece = placed(shot, narrations[shot.id])
                loudness = integrated_lufs(piece, RATE)
                if np.isfinite(loudness):
                    gain_db = min(_MOST_GAIN_DB, _SPEECH_LUFS - loudness)
                    self._voice[at:end] = piece[: end - at] * np.float32(10 ** (gain_db / 20))
            at = end

    def _balance(self, active: NDArray[np.bool_]) -> None:
        """Choose the music's gain by what is measured of both while somebody speaks."""
        speech, alone = self._lufs(music=False), self._lufs(music=True)
        if not np.isfinite(alone):
            raise NotUsable("the music is silent", code="NO_AUDIO", advice="Choose another piece of music.")
        self._gain = 10 ** ((_MUSIC_ALONE_LUFS - alone) / 20)
        under = self._lufs(music=True, where=active) if np.isfinite(speech) else speech
        # Music that pauses just there, and silence, are under speech as they are.
        if np.isfinite(under):
            self._gain *= 10 ** ((speech - _UNDER_LU - under) / 20)
            self.speech_over_music_lu = speech - self._lufs(music=True, where=active)

    def _lufs(self, *, music: bool, where: NDArray[np.bool_] | None = None) -> float:
        """Of the voices alone or of the music alone; ``where`` in hundredths of a second, all others left out."""

        def pieces() -> Iterator[Samples]:
            for start in range(0, self.count, _BLOCK):
                last = min(self.count, start + _BLOCK)
                piece = self.bed(start, last) if music else self.voice(start, last)
                yield piece if where is None else piece[during(where, start, last)]

        return self.loudness(pieces())

    def _mixed(self, first: int, last: int) -> Samples:
        voice = self.voice(first, last)
        return voice if self._music is None else voice + self.bed(first, last)

    def bed(self, first: int, last: int) -> Samples:
        """The music as it is heard there: repeated, ducked, faded."""
        assert self._music is not None  # noqa: S101
        places = np.arange(first, last)
        times = places.astype(np.float32) / RATE
        fades = np.clip(times / _FADE_IN_S, 0, 1) * np.clip((self.count / RATE - times) / _FADE_OUT_S, 0, 1)
        gain = at_samples(self._duck, RATE, first, last) * fades * np.float32(self._gain)
        return self._music.take(places, axis=0, mode="wrap") * gain.astype(np.float32)[:, None]


def during(where: NDArray[np.bool_], first: int, last: int) -> NDArray[np.bool_]:
    """``where``, which is of hundredths of a second, for the samples ``first``, the beginning of one, to ``last``."""
    step = RATE // 100
    return np.repeat(where[first // step : -(-last // step)], step)[: last - first]


def _ring(music: Path, repeats: bool) -> Samples:
    """The music as stereo that is played round and round."""
    found = read_audio(music, rate=RATE, seconds=_MUSIC_READ_S)
    if found is None or not np.any(found[0]):
        raise NotUsable(f"{music.name} has no sound", code="NO_AUDIO", advice="Choose another piece of music.")
    samples = found[0] if found[0].shape[1] == 2 else np.repeat(found[0], 2, axis=1)
    if repeats:
        return samples
    fade = min(round(_SEAM_S * RATE), len(samples) // 4)
    turn = np.linspace(0, np.pi / 2, fade, dtype=np.float32)[:, None]
    seam = samples[len(samples) - fade :] * np.cos(turn) + samples[:fade] * np.sin(turn)
    return np.concatenate([seam, samples[fade : len(samples) - fade]])
