"""The English network's own process: ``python -m media.speech.hibari`` speaks what its standard input says.

It speaks the protocol of :mod:`media.speech.espeak` and answers with the same events. The caller's first frame is JSON
``{"timbre": [pitch, formants], "speed", "pitch"}``, factors all of them; it is answered by ``{"sample_rate"}``, or by
``{"refused", "code"}`` where the network cannot be used.

One network speaks every voice: it tells the pitch and the spectrum of a frame apart (source and filter), so a deeper
voice is the pitch lowered before the sound is made, and the formants by playing the sound slower than it was made.

When each sound is heard comes from the network: the rounded output of its duration predictor, an inner node of the
graph, is made an output. A unit is 25 ms, two hops of the synthesis. What is heard of a sound begins 45 ms before the
frames that are counted for it: the energy of sibilants and the contrast of vowels and stops are greatest there (five
scripts, times moved in steps of 5 ms).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.errors import NotConfigured
from media.speech.espeak import Event, read_frame, serve, write_frame
from media.speech.hibari_voice import Token, sentences, spans

_DURATIONS = "/Cast_32_output_0"
_UNIT_S, _EARLY_S = 0.025, 0.045
_SEED = 1


class Network:
    """The network and its reader in memory, on one thread. The same calls in the same order give the same sound.

    Raises ``NotConfigured`` (``VOICE_MISSING``) where the package is not there or brings another network.
    """

    def __init__(self) -> None:
        try:
            self._session = _session()
            from hibari import dsp
            from hibari.g2p import G2P
            from hibari.g2p.normalize import normalize

            self._vocabulary: dict[str, int] = json.loads((files("hibari") / "assets" / "vocab.json").read_text())
            self._reader, self._normalize, self._synthesise = G2P(), normalize, dsp.synth
        except Exception as error:  # the runtime's errors have no root of their own
            raise NotConfigured(
                f"the English voice cannot be used: {type(error).__name__}: {error}",
                code="VOICE_MISSING",
                advice="Install hibari-tts, or take espeak-ng as the model.",
            ) from error
        self._noise = np.random.default_rng(_SEED)

    @property
    def symbols(self) -> frozenset[str]:
        """The alphabet it reads."""
        return frozenset(self._vocabulary)

    def read(self, text: str) -> tuple[str, list[Token]]:
        """``text`` as it is read, and its tokens."""
        read = self._normalize(text)
        tokens = self._reader.phonemize_tokens(self._reader.tokenize(read)) if read else []
        return read, [Token(token.text, bool(token.whitespace), token.phonemes or "") for token in tokens]

    def run(
        self, symbols: str, owners: Sequence[int | None], *, speed: float, pitch: float
    ) -> tuple[NDArray[np.float32], list[int | None], list[int]]:
        """Samples from -1 to 1 at 24 kHz; and who owns each number the network was given, and its units."""
        known = [
            (self._vocabulary[symbol], owner)
            for symbol, owner in zip(symbols, owners, strict=True)
            if symbol in self._vocabulary
        ]
        ids = [0, *(number for number, _ in known), 0]
        outputs = self._session.run(
            None,
            {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)},
        )
        *frames, units = outputs
        *spectrum, tone = (frame[0] for frame in frames)
        sound = self._synthesise(*spectrum, tone * np.float32(pitch), self._noise)
        return sound, [None, *(owner for _, owner in known), None], units.reshape(-1).tolist()


class Speaker:
    """One voice that speaks piece after piece. Raises as :class:`Network` does."""

    def __init__(self, timbre: tuple[float, float], *, speed: float, pitch: float) -> None:
        self._network = Network()
        base, formants = timbre
        self.sample_rate = round(24_000 * formants / 50) * 50  # a round number resamples with a short filter
        slower = self.sample_rate / 24_000
        self._speed, self._pitch = speed / slower, base * pitch / slower

    def speak(self, text: str) -> tuple[list[Event], bytes]:
        """Speak ``text``: its events in order, and its sound, as :meth:`media.speech.espeak.Engine.speak` does."""
        read, tokens = self._network.read(text)
        events: list[Event] = []
        parts: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
        at = 0
        for sentence in sentences(text, read, tokens):
            sound, owners, units = self._network.run(
                sentence.symbols, sentence.owners, speed=self._speed, pitch=self._pitch
            )
            for owner, first, last in spans(owners, units):
                start, end = (max(0, at + round((unit * _UNIT_S - _EARLY_S) * 24_000)) for unit in (first, last))
                character, ipa = sentence.sounds[owner].character, sentence.sounds[owner].ipa
                events += [("phoneme", character, start, ipa), ("phoneme", character, end, "")]
            parts.append(sound)
            at += len(sound)
        events.append(("end", max(0, len(text) - 1), at, ""))
        return events, np.rint(np.clip(np.concatenate(parts), -1, 1) * 32767).astype("<i2").tobytes()


def _session() -> Any:
    """The network with its units per symbol among its outputs; nothing is fetched."""
    import onnx
    import onnxruntime

    whole = onnx.load_model_from_string((files("hibari") / "assets" / "hibari.onnx").read_bytes())
    whole.graph.output.append(onnx.ValueInfoProto(name=_DURATIONS))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])


def main() -> int:
    """Serve one caller; the exit status."""
    head = read_frame(sys.stdin.buffer)
    if head is None:
        return 0
    request = json.loads(head)
    try:
        speaker = Speaker(tuple(request["timbre"]), speed=request["speed"], pitch=request["pitch"])
    except NotConfigured as error:
        write_frame(sys.stdout.buffer, json.dumps({"refused": error.message, "code": error.code}).encode())
        return 0
    serve(speaker.sample_rate, speaker.speak)
    return 0


if __name__ == "__main__":
    sys.exit(main())
