"""Programme loudness and true peak of sampled sound, after ITU-R BS.1770-4 (and EBU R 128 for the names).

Samples are floats, full scale at 1.0, shape ``(n,)`` or ``(n, channels)``. Six channels are read as L R C LFE Ls Rs:
the LFE does not count and the surrounds count 1.41 times, as the recommendation says; any other channel counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import minimum_filter1d
from scipy.signal import firwin, oaconvolve, sosfilt, upfirdn

from media.errors import BadMedia

Samples = NDArray[np.floating]

SILENCE_LUFS = -70.0
"""The absolute gate: nothing quieter counts, and a recording without a louder block measures ``-inf``."""

_BLOCK_HOPS = 4  # a 400 ms block every 100 ms
_RELATIVE_GATE_LU = 10.0
_OVERSAMPLING = 4
_REACH = 13  # samples that one interpolated value depends on
_LIMITER_REACH_S = 0.004
_LIMITER_PASSES = 3
_GAIN_TRIES = 4
_CHUNK = 1 << 16
_STRETCH = 256


class LoudnessMeter:
    """Measures sound that arrives in pieces, in memory that grows only by one number per 100 ms.

    Without ``peaks``, half of the work, only loudness can be asked for.
    """

    def __init__(self, rate: int, channels: int, *, peaks: bool = True) -> None:
        if rate < 8000 or not 1 <= channels <= 64:
            raise BadMedia(f"cannot measure {channels} channels at {rate} Hz", code="BAD_AUDIO")
        self._rate = rate
        self._channels = channels
        self._filter = _k_weighting(rate)
        self._state = np.zeros((len(self._filter), channels, 2))
        self._weights = _channel_weights(channels)
        self._hops: list[float] = []
        self._energy = 0.0
        self._seen = 0
        self._tail = np.zeros((_REACH, channels))
        self._peak: float | None = 0.0 if peaks else None

    def add(self, samples: ArrayLike) -> None:
        """Take the next samples, shape ``(n,)`` for one channel or ``(n, channels)``."""
        block = _columns(samples)
        if block.shape[1] != self._channels:
            raise BadMedia(f"expected {self._channels} channels, got {block.shape[1]}", code="BAD_AUDIO")
        for start in range(0, len(block), _CHUNK):
            self._add(block[start : start + _CHUNK].astype(np.float64))

    def lufs(self) -> float:
        """Integrated loudness of everything so far, in LUFS; ``-inf`` for silence.

        Less than one 400 ms block is measured as one block of the length there is.
        """
        hop = self._rate / 10
        hops = np.asarray(self._hops)
        if len(hops) >= _BLOCK_HOPS:
            sums = np.concatenate(([0.0], np.cumsum(hops)))
            powers = (sums[_BLOCK_HOPS:] - sums[:-_BLOCK_HOPS]) / (_BLOCK_HOPS * hop)
        elif self._seen:
            powers = np.asarray([(float(hops.sum()) + self._energy) / self._seen])
        else:
            return float("-inf")
        powers = powers[_lufs(powers) > SILENCE_LUFS]
        if not powers.size:
            return float("-inf")
        gate = float(_lufs(powers.mean())) - _RELATIVE_GATE_LU
        return float(_lufs(powers[_lufs(powers) > gate].mean()))

    def true_peak_db(self) -> float:
        """Highest level between and on the samples so far, in dBTP (four times oversampled); ``-inf`` for silence."""
        assert self._peak is not None, "made without peaks"  # noqa: S101
        peak = _interpolated_peak(np.concatenate([self._tail, np.zeros_like(self._tail)]), self._peak)
        return float(20 * np.log10(peak)) if peak > 0 else float("-inf")

    def _add(self, block: NDArray[np.float64]) -> None:
        if self._peak is not None:
            joined = np.concatenate([self._tail, block])
            self._peak = _interpolated_peak(joined, max(self._peak, float(np.abs(block).max(initial=0.0))))
            self._tail = joined[-_REACH:]

        weighted, self._state = sosfilt(self._filter, block.T, axis=1, zi=self._state)
        sums = np.concatenate(([0.0], np.cumsum(self._weights @ np.square(weighted))))
        first = len(self._hops)
        start = 0
        for end in self._hop_ends(first, len(block)):
            self._hops.append(self._energy + float(sums[end] - sums[start]))
            self._energy, start = 0.0, end
        self._energy += float(sums[-1] - sums[start])
        self._seen += len(block)

    def _hop_ends(self, first: int, count: int) -> Iterator[int]:
        index = first + 1
        while (end := round(index * self._rate / 10) - self._seen) <= count:
            yield end
            index += 1


def integrated_lufs(samples: ArrayLike, rate: int) -> float:
    """Gated loudness of a whole recording in LUFS (BS.1770-4); ``-inf`` for silence.

    ``samples`` is ``(n,)`` or ``(n, channels)``, full scale at 1.0. A 997 Hz sine at full scale in one channel reads
    -3.01.
    """
    columns = _columns(samples)
    meter = LoudnessMeter(rate, columns.shape[1], peaks=False)
    meter.add(columns)
    return meter.lufs()


def true_peak_db(samples: ArrayLike, rate: int) -> float:
    """Highest level of the waveform the samples stand for, in dBTP (BS.1770-4 annex 2); ``-inf`` for silence."""
    columns = _columns(samples)
    meter = LoudnessMeter(rate, columns.shape[1])
    meter.add(columns)
    return meter.true_peak_db()


def normalise(
    samples: ArrayLike, rate: int, target_lufs: float = -16.0, ceiling_db: float = -1.0
) -> NDArray[np.float32]:
    """Bring a recording to ``target_lufs`` with no peak above ``ceiling_db`` dBTP; float32, the shape that came in.

    One gain for all of it, then a limiter looking 4 ms ahead where peaks would cross the ceiling. What a limiter takes
    away is given back as gain, as far as the ceiling allows: a recording of mere peaks may end below the target.
    Silence comes back unchanged.
    """
    shape = np.shape(samples)
    source = _columns(samples).astype(np.float32, copy=False)
    loudness = integrated_lufs(source, rate)
    if not np.isfinite(loudness):
        return source.reshape(shape)
    ceiling = 10 ** (ceiling_db / 20)
    gain_db = target_lufs - loudness
    for _ in range(_GAIN_TRIES):
        made = limit(source * np.float32(10 ** (gain_db / 20)), rate, ceiling)
        missing = target_lufs - integrated_lufs(made, rate)
        if abs(missing) < 0.05:
            break
        # The louder it gets, the more the limiter takes away again.
        gain_db += 1.3 * missing if missing > 0 else missing
    return made.astype(np.float32, copy=False).reshape(shape)


def limit(samples: ArrayLike, rate: int, ceiling: float) -> Samples:
    """Hold the true peak at or under ``ceiling`` (linear) with a smooth gain shared by all channels.

    Returns ``(n, channels)`` of the floats that came in; the very same values where nothing was over the ceiling. Works
    through the recording in pieces, so it needs little more memory than the result.
    """
    made = _columns(samples)
    del samples  # an hour of sound is large: let go of what each pass leaves behind
    for _ in range(_LIMITER_PASSES):
        held = _limited(made, rate, ceiling)
        if held is made:
            return made
        made = held
    peak = 10 ** (true_peak_db(made, rate) / 20)
    return made if peak <= ceiling else made * made.dtype.type(ceiling / peak)


def _limited(samples: Samples, rate: int, ceiling: float) -> Samples:
    """One pass; the very array that came in where nothing is over the ceiling."""
    reach = max(1, round(_LIMITER_REACH_S * rate))
    window = np.hanning(2 * reach + 1)
    window /= window.sum()
    margin = 2 * reach + _REACH
    made = samples
    for start in range(0, len(samples), _CHUNK):
        first, last = max(0, start - margin), min(len(samples), start + _CHUNK + margin)
        piece = samples[first:last]
        level = _true_level(piece, ceiling)
        if level.max() <= ceiling:
            continue
        # A little under the ceiling: changing the gain moves the waveform between the samples too.
        wanted = np.where(level > ceiling, ceiling * 0.994 / np.maximum(level, 1e-12), 1.0)
        lowest = minimum_filter1d(wanted, 2 * reach + 1, mode="nearest")
        gain = oaconvolve(np.pad(lowest, reach, mode="edge"), window, mode="valid")
        if made is samples:
            made = samples.copy()
        inner = slice(start - first, min(start + _CHUNK, len(samples)) - first)
        made[start : start + _CHUNK] = piece[inner] * gain[inner, None]
    return made


def _columns(samples: ArrayLike) -> Samples:
    array = np.asarray(samples)
    if array.ndim not in (1, 2) or not np.issubdtype(array.dtype, np.floating):
        raise BadMedia(
            f"samples must be floats of one or two dimensions, not {array.dtype} {array.shape}", code="BAD_AUDIO"
        )
    if not np.isfinite(array).all():
        raise BadMedia("samples hold values that are not numbers", code="BAD_AUDIO")
    return array[:, None] if array.ndim == 1 else array


def _lufs(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _channel_weights(channels: int) -> NDArray[np.float64]:
    if channels == 6:
        return np.asarray([1.0, 1.0, 1.0, 0.0, 1.41, 1.41])
    return np.ones(channels)


@lru_cache(maxsize=16)
def _k_weighting(rate: int) -> NDArray[np.float64]:
    """The two filters of BS.1770-4 annex 1 for any rate.

    The recommendation tabulates them at 48 kHz only; these are the analogue prototypes behind that table, brought to
    ``rate`` by the bilinear transform, so that at 48 kHz the table comes out again.
    """
    w, q, gain = np.tan(np.pi * 1681.974450955533 / rate), 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = gain**0.4996667741545416
    shelf = [
        gain + middle * w / q + w * w,
        2 * (w * w - gain),
        gain - middle * w / q + w * w,
        1 + w / q + w * w,
        2 * (w * w - 1),
        1 - w / q + w * w,
    ]
    w, q = np.tan(np.pi * 38.13547087602444 / rate), 0.5003270373238773
    # The table leaves the numerator of the second stage unscaled, at 1, -2, 1.
    norm = 1 + w / q + w * w
    high_pass = [norm, -2 * norm, norm, norm, 2 * (w * w - 1), 1 - w / q + w * w]
    sections = np.asarray([shelf, high_pass])
    return np.asarray(sections / sections[:, 3:4])


@lru_cache(maxsize=1)
def _interpolator() -> NDArray[np.float64]:
    taps = firwin((_REACH - 1) * _OVERSAMPLING + 1, 1 / _OVERSAMPLING, window=("kaiser", 5.0))
    return np.asarray(taps * _OVERSAMPLING)


@lru_cache(maxsize=1)
def _overshoot() -> float:
    """No interpolated value exceeds the loudest sample times this: quiet stretches need no filtering."""
    return max(float(np.abs(_interpolator()[phase::_OVERSAMPLING]).sum()) for phase in range(_OVERSAMPLING))


def _loudest(columns: Samples) -> Samples:
    """The highest of all channels at each sample: channel by channel, which NumPy does ten times as fast."""
    return reduce(np.maximum, np.abs(columns).T)


def _interpolated(columns: Samples, above: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Four values for each sample, the first of them standing on it, in those stretches where one may exceed ``above``.

    Only for samples with ``_REACH // 2`` others on either side. Returns the place of each sample among those, shape
    ``(stretches, samples)``, and its values, ``(channels, stretches, samples, 4)``; two stretches may overlap.
    """
    count = len(columns) - (_REACH - 1)
    size = min(_STRETCH, count)
    starts = np.minimum(np.arange(0, count, size), count - size)
    loudest = np.maximum.reduceat(_loudest(columns), starts)
    near = np.maximum(loudest, np.append(loudest[1:], 0.0))
    places = starts[near * _overshoot() > above][:, None] + np.arange(size)
    windows = columns.T[:, places[:, :1] + np.arange(size + _REACH - 1)].astype(np.float64)
    finer = upfirdn(_interpolator(), windows, up=_OVERSAMPLING)
    delay = (_REACH - 1) * _OVERSAMPLING
    return places, finer[..., delay : delay + _OVERSAMPLING * size].reshape(*finer.shape[:2], size, _OVERSAMPLING)


def _interpolated_peak(columns: NDArray[np.float64], known: float) -> float:
    """The larger of ``known`` and every interpolated value that depends on no sample outside ``columns``."""
    _, finer = _interpolated(columns, known)
    return max(known, float(np.abs(finer).max(initial=0.0)))


def _true_level(columns: Samples, ceiling: float) -> NDArray[np.float64]:
    """The highest level at or next to each sample, over all channels, wherever it exceeds ``ceiling``; shape ``(n,)``.

    Elsewhere that of the samples.
    """
    level = _loudest(columns).astype(np.float64)
    places, finer = _interpolated(np.pad(columns, ((_REACH // 2, _REACH // 2), (0, 0))), ceiling)
    finer = np.abs(finer).max(axis=0)
    between = np.zeros(len(columns))
    on, *after = np.moveaxis(finer, -1, 0)
    between[places] = reduce(np.maximum, after)
    level[places] = np.maximum(level[places], on)
    level = np.maximum(level, between)
    # A value between two samples is moved by the gain of both.
    level[1:] = np.maximum(level[1:], between[:-1])
    return level
