"""Where somebody speaks in a recording, by Silero's network for voice activity (MIT), which faster-whisper brings.

The network says of every 32 ms how likely speech is. It knows a voice from music, breath and noise, which loudness
does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from media.errors import NotConfigured
from media.packages import folder_of

RATE = 16_000
"""Samples a second that everything here listens to."""
FRAME_S = 0.032
_FRAME, _CONTEXT = 512, 64
_SPEECH, _SILENCE = 0.5, 0.35  # a voice begins above the first and ends under the second, as its makers advise
_SHORTEST_SPEECH_S, _SHORTEST_PAUSE_S = 0.1, 0.1
_AT_ONCE = 1_024  # frames: half a minute; the network takes 40 KB for each


class Span(NamedTuple):
    """From when to when, in seconds."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


Samples = NDArray[np.float32] | NDArray[np.int16]
"""Mono sound at 16 kHz; hours of it take half the memory with 16 bits."""


def floats(samples: Samples) -> NDArray[np.float32]:
    """The samples as numbers from -1 to 1."""
    if samples.dtype == np.int16:
        return np.asarray(samples, np.float32) / np.float32(32767)
    return np.asarray(samples, np.float32)


def chances(samples: Samples, tell: Callable[[float], None] | None = None) -> NDArray[np.float32]:
    """How likely speech is in each 32 ms of mono ``samples`` at 16 kHz, 0 to 1. ``tell`` is told how many seconds have
    been listened to; it may raise to stop.

    Raises ``NotConfigured`` (``EARS_MISSING``) where the network cannot be used.
    """
    count = -(-len(samples) // _FRAME)
    state = [np.zeros((1, 1, 128), np.float32)] * 2
    before = np.zeros((1, _CONTEXT), np.float32)
    found = [np.zeros(0, np.float32)]
    for at in range(0, count, _AT_ONCE):
        piece = floats(samples[at * _FRAME : (at + _AT_ONCE) * _FRAME])
        frames = np.pad(piece, (0, -len(piece) % _FRAME)).reshape(-1, _FRAME)
        contexts = np.concatenate([before, frames[:, -_CONTEXT:]])
        whole = np.concatenate([contexts[:-1], frames], axis=1)
        before = contexts[-1:]
        made, *state = _network().run(None, {"input": whole, "h": state[0], "c": state[1]})
        found.append(np.asarray(made, np.float32).reshape(-1))
        if tell is not None:
            tell(min(at + _AT_ONCE, count) * FRAME_S)
    return np.concatenate(found)


def speech(samples: Samples, tell: Callable[[float], None] | None = None) -> tuple[Span, ...]:
    """When somebody speaks in mono ``samples`` at 16 kHz; pauses under a tenth of a second are part of speech.

    ``tell`` and errors as for :func:`chances`.
    """
    return tuple(spans(chances(samples, tell), len(samples) / RATE))


def spans(likely: Sequence[float] | NDArray[np.float32], seconds: float) -> Iterator[Span]:
    """The spans of speech in a recording of ``seconds`` whose frames are speech as ``likely`` as that."""
    joined: list[Span] = []
    for span in _above(likely):
        if joined and span.start - joined[-1].end < _SHORTEST_PAUSE_S:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    for span in joined:
        if span.seconds >= _SHORTEST_SPEECH_S:
            yield Span(span.start, min(span.end, seconds))


def _above(likely: Sequence[float] | NDArray[np.float32]) -> Iterator[Span]:
    """Spans that begin over the upper bound and end under the lower one."""
    begun: int | None = None
    for index, chance in enumerate(likely):
        if begun is None and chance >= _SPEECH:
            begun = index
        elif begun is not None and chance < _SILENCE:
            yield Span(begun * FRAME_S, index * FRAME_S)
            begun = None
    if begun is not None:
        yield Span(begun * FRAME_S, len(likely) * FRAME_S)


def pauses(spoken: Sequence[Span], *, least_s: float = 0.0) -> tuple[Span, ...]:
    """What is between neighbours of ``spoken`` and at least so long."""
    between = (Span(one.end, other.start) for one, other in pairwise(spoken))
    return tuple(pause for pause in between if pause.seconds >= least_s)


@cache
def _network() -> Any:
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Read as data: the package itself would load the recogniser and its decoders.
        network = (folder_of("faster_whisper") / "assets" / "silero_vad_v6.onnx").read_bytes()
        return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors have no root of their own
        raise NotConfigured(
            f"the network that knows speech cannot be used: {type(error).__name__}: {error}", code="EARS_MISSING"
        ) from error
