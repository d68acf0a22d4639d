"""A Piper voice's own process: ``python -m media.speech.piper`` speaks what its standard input says, with a neural
voice.

It speaks the protocol of :mod:`media.speech.espeak` and answers with the same events. espeak-ng, loaded here too,
reads the
text: its phonemes are what the voice was trained on, and know their place in the script. The caller's first frame is
JSON ``{"model", "speed", "pitch", "phonemes"}``; it is answered by ``{"sample_rate"}``, or by ``{"refused", "code"}``
where the voice cannot be used.

When each sound is heard comes from the network: its duration predictor ends in the graph's one ``Ceil``, the frames of
each symbol, which is made an output. A symbol begins at ``len(sound) * frames before it / all frames``. A network
without such a node is given espeak-ng's own times, stretched over what can be heard of the sentence.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.errors import NotConfigured
from media.speech.espeak import Engine, EngineError, Event, is_sound, read_frame, serve, write_frame
from media.speech.piper_voice import PiperVoice, encode, read_voice, sentences, unfit

Sound = NDArray[np.float32]
Span = tuple[int, int, int]
"""Which sound, and its first and one-past-last sample."""

_READING_RATE, _READING_PITCH = 158, 50  # of the reader, whose sound nobody hears
_PAUSE_S = 0.2  # between sentences
_SEED = 1
_AUDIBLE = 0.02  # of the loudest sample
_INPUTS = {"input", "input_lengths", "scales"}


class Network:
    """A voice's network in memory, on one thread. The same calls in the same order give the same sound.

    Raises ``NotConfigured`` (``VOICE_FILE_UNFIT``) for a file that is no network, has other inputs than a Piper voice,
    or does not speak the last symbol of its alphabet.
    """

    def __init__(self, voice: PiperVoice) -> None:
        self._voice = voice
        try:
            self._session = _session(voice.model)
            given = {one.name for one in self._session.get_inputs()}
            if not given >= _INPUTS:
                raise ValueError(f"its inputs are {', '.join(sorted(given))}, not those of a Piper voice")
            self._speaker = {"sid": np.array([voice.speaker], np.int64)} if "sid" in given else {}
            sound, _ = self.run([*voice.ids["^"], max(max(numbers, default=0) for numbers in voice.ids.values())], 1.0)
            if not len(sound) or not np.isfinite(sound).all():
                raise ValueError("it makes no sound")
        except Exception as error:  # the runtime's errors have no root of their own
            raise unfit(voice.model, f"{type(error).__name__}: {error}") from error

    def run(self, ids: Sequence[int], length: float) -> tuple[Sound, NDArray[np.float64] | None]:
        """Samples from -1 to 1 for one sentence, ``length`` times as long as usual, and frames per number if told."""
        noise, scale, noise_of_lengths = self._voice.scales
        outputs = self._session.run(
            None,
            {
                "input": np.array([ids], np.int64),
                "input_lengths": np.array([len(ids)], np.int64),
                "scales": np.array([noise, scale * length, noise_of_lengths], np.float32),
                **self._speaker,
            },
        )
        frames = outputs[1].reshape(-1).astype(np.float64) if len(outputs) > 1 else np.zeros(0)
        told = frames if len(frames) == len(ids) and frames.sum() > 0 else None
        return outputs[0].reshape(-1).astype(np.float32), told


class Speaker:
    """One voice that speaks piece after piece.

    The network has no pitch of its own: it speaks ``pitch`` times as long, and its samples are to be played ``pitch``
    times as fast, which is what ``sample_rate`` says. The timbre moves along. Raises as :class:`Network` does.
    """

    def __init__(self, voice: PiperVoice, *, speed: float, pitch: float, phonemes: bool) -> None:
        try:
            self._reader = Engine(voice.espeak_voice, _READING_RATE, _READING_PITCH, phonemes=phonemes)
        except EngineError as error:
            raise unfit(voice.model, str(error)) from error
        self._network = Network(voice)
        self._voice = voice
        self.sample_rate = round(voice.sample_rate * pitch / 50) * 50  # a round number resamples with a short filter
        self._length = self.sample_rate / voice.sample_rate / speed
        self._pause = np.zeros(round(_PAUSE_S * self.sample_rate / speed), np.float32)

    def speak(self, text: str) -> tuple[list[Event], bytes]:
        """Speak ``text``: its events in order, and its sound, as :meth:`media.speech.espeak.Engine.speak` does."""
        read, whole = self._reader.speak(text)
        ends = [*(event[2] for event in read[1:]), len(whole) // 2]
        sounds = [(event, end) for event, end in zip(read, ends, strict=True) if is_sound(event[0], event[3])]
        events: list[Event] = []
        parts: list[Sound] = [np.zeros(0, np.float32)]
        at = 0
        for sentence in sentences(self._reader.clauses(text), [event[3] for event, _ in sounds]):
            ids, owners = encode(self._voice, sentence)
            sound, frames = self._network.run(ids, self._length)
            if frames is None:
                times = [(event[2], end) for event, end in sounds]
                spans = stretched(owners, times, *_audible(sound))
            else:
                spans = told(owners, frames, len(sound))
            for owner, start, end in spans:
                _, character, _, ipa = sounds[owner][0]
                events += [("phoneme", character, at + start, ipa), ("phoneme", character, at + end, "")]
            parts += [sound, self._pause]
            at += len(sound) + len(self._pause)
        return events, np.rint(np.clip(np.concatenate(parts), -1, 1) * 32767).astype("<i2").tobytes()


def told(owners: Sequence[int | None], frames: NDArray[np.float64], length: int) -> Iterator[Span]:
    """When each sound is heard, in samples, from the frames the network gave to each number of its input."""
    bounds = np.rint(np.concatenate([[0.0], np.cumsum(frames)]) * (length / frames.sum())).astype(int).tolist()
    for owner, run in groupby(range(len(owners)), key=owners.__getitem__):
        if owner is not None:
            numbers = list(run)
            yield owner, bounds[numbers[0]], bounds[numbers[-1] + 1]


def stretched(owners: Sequence[int | None], times: Sequence[tuple[int, int]], first: int, last: int) -> Iterator[Span]:
    """When each sound is heard where the network does not tell: the reader's ``times``, from the beginning of the
    sentence's first sound to the end of its last, laid linearly over what is heard, samples ``first`` to ``last``."""
    spoken = [owner for owner, _ in groupby(owner for owner in owners if owner is not None)]
    if not spoken:
        return
    begin, end = times[spoken[0]][0], times[spoken[-1]][1]
    scale = (last - first) / max(1, end - begin)
    for owner in spoken:
        start, stop = (first + round((time - begin) * scale) for time in times[owner])
        yield owner, start, stop


def _audible(sound: Sound) -> tuple[int, int]:
    """First and one-past-last sample of what stands out of the noise."""
    heard = np.flatnonzero(np.abs(sound) > _AUDIBLE * np.abs(sound).max(initial=0.0))
    return (int(heard[0]), int(heard[-1]) + 1) if heard.size else (0, len(sound))


def _session(model: Path) -> Any:
    """The network with the frames per symbol among its outputs, where it has one node that computes them."""
    import onnx
    import onnxruntime

    whole = onnx.load(str(model))
    counts = [name for node in whole.graph.node if node.op_type == "Ceil" for name in node.output]
    if len(counts) == 1 and counts[0] not in {output.name for output in whole.graph.output}:
        whole.graph.output.append(onnx.ValueInfoProto(name=counts[0]))
    onnxruntime.set_seed(_SEED)  # noise is part of the voice: without a seed no two recordings are the same
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main() -> int:
    """Serve one caller; the exit status."""
    head = read_frame(sys.stdin.buffer)
    if head is None:
        return 0
    try:
        request = json.loads(head)
        speaker = Speaker(
            read_voice(Path(request["model"])),
            speed=request["speed"],
            pitch=request["pitch"],
            phonemes=request["phonemes"],
        )
    except NotConfigured as error:
        write_frame(sys.stdout.buffer, json.dumps({"refused": error.message, "code": error.code}).encode())
        return 0
    serve(speaker.sample_rate, speaker.speak)
    return 0


if __name__ == "__main__":
    sys.exit(main())
