"""Music under speech: a bed as long as needed, and how much it steps back while somebody speaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from media.errors import NotUsable
from media.sound.loudness import integrated_lufs

Samples = NDArray[np.float32]

_LOOP_FADE_S = 1.0
_STEP_S = 0.01
_ATTACK_S = 0.12
_HOLD_S = 0.35
_RELEASE_S = 0.6
_SPEECH_BELOW_LOUD_DB = 28.0
_SPEECH_FLOOR_DB = -50.0


def looped(music: Samples, rate: int, wanted: int, lufs: float) -> Samples:
    """``music`` at ``lufs``, repeated with cross-fades of up to a second until it is ``wanted`` samples long."""
    loudness = integrated_lufs(music, rate)
    if not np.isfinite(loudness):
        raise NotUsable("the music is silent", code="NO_AUDIO", advice="Choose another piece of music.")
    music = (music * 10 ** ((lufs - loudness) / 20)).astype(np.float32)
    made = music[:wanted]
    while len(made) < wanted:
        fade = min(round(_LOOP_FADE_S * rate), len(music) // 4)
        turn = np.linspace(0, np.pi / 2, fade, dtype=np.float32)[:, None]
        seam = made[len(made) - fade :] * np.cos(turn) + music[:fade] * np.sin(turn)
        made = np.concatenate([made[: len(made) - fade], seam, music[fade:]])
    return made[:wanted]


def duck(speech: Samples, rate: int, duck_db: float) -> NDArray[np.float32]:
    """The gain for the music at each sample: 1 where nobody speaks, ``duck_db`` lower while somebody does.

    Speech is what lies within 28 dB of the loudest tenth of the recording and above -50 dBFS. The gain goes down
    within 0.12 s, beginning before the word does, stays down over gaps of up to 0.35 s, and comes back over 0.6 s.
    """
    gain = gains(speaking(levels(speech, rate)), duck_db)
    return at_samples(gain, rate, 0, len(speech))


def levels(speech: Samples, rate: int) -> NDArray[np.float64]:
    """The level of each hundredth of a second, in dBFS; the last may be short. Longer recordings come in pieces of
    whole hundredths, and what is returned for the pieces is put together."""
    step = _step(rate)
    count = -(-len(speech) // step)
    padded = np.pad(np.square(speech).mean(axis=1), (0, count * step - len(speech)))
    return np.asarray(10 * np.log10(padded.reshape(count, step).mean(axis=1) + 1e-12))


def speaking(level: NDArray[np.float64]) -> NDArray[np.bool_]:
    """In which hundredths of a second somebody speaks; see :func:`duck`."""
    if not len(level):
        return np.zeros(0, np.bool_)
    return np.asarray(level > max(_SPEECH_FLOOR_DB, float(np.quantile(level, 0.9)) - _SPEECH_BELOW_LOUD_DB))


def gains(active: NDArray[np.bool_], duck_db: float) -> NDArray[np.float64]:
    """The gain for the music in each hundredth of a second; see :func:`duck`."""
    held = maximum_filter1d(active.astype(np.float64), 2 * round(_HOLD_S / _STEP_S / 2) + 1, mode="constant")
    down = _slid(held, round(_ATTACK_S / _STEP_S), round(_RELEASE_S / _STEP_S))
    return np.asarray(10 ** (duck_db * down / 20))


def at_samples(gain: NDArray[np.float64], rate: int, first: int, last: int) -> NDArray[np.float32]:
    """The gain at each of the samples ``first`` to ``last`` of the whole recording."""
    step = _step(rate)
    # What lies around them, and one hundredth more on either side, is all that they depend on.
    low, high = max(0, first // step - 1), min(len(gain), last // step + 2)
    middles = (np.arange(low, high) + 0.5) * step
    return np.interp(np.arange(first, last), middles, gain[low:high]).astype(np.float32)


def _step(rate: int) -> int:
    return max(1, round(_STEP_S * rate))


def _slid(target: NDArray[np.float64], attack: int, release: int) -> NDArray[np.float64]:
    """Follow ``target`` (0 or 1) along straight lines: up over ``attack`` steps that end where it rises, down over
    ``release`` steps that begin where it falls."""
    places = np.arange(len(target))
    on = np.flatnonzero(target > 0.5)
    if not len(on):
        return np.zeros_like(target)
    after = np.searchsorted(on, places)
    coming = np.where(after < len(on), on[np.minimum(after, len(on) - 1)] - places, len(target) + attack)
    gone = np.where(after > 0, places - on[np.maximum(after - 1, 0)], len(target) + release)
    rising = np.clip(1 - coming / attack, 0, 1)
    falling = np.clip(1 - gone / release, 0, 1)
    return np.where(target > 0.5, 1.0, np.maximum(rising, falling))
