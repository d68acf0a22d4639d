"""The caller's side of a speech engine's process (:mod:`media.speech.espeak`, :mod:`media.speech.hibari`,
:mod:`media.speech.piper`)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from media.errors import EngineFailed, NotConfigured
from media.speech.espeak import read_frame, write_frame
from media.speech.piper_voice import PiperVoice

_START_S, _PIECE_S = 20.0, 60.0  # generous: a piece takes well under a second
_NETWORK_START_S, _NETWORK_PIECE_S = 60.0, 600.0  # a large voice on a busy core is not faster than it is listened to


@dataclass(frozen=True, slots=True)
class SpokenPiece:
    """One piece of script as spoken: int16 mono samples, and ``(kind, character, sample, ipa)`` events in order."""

    sound: NDArray[np.int16]
    events: tuple[tuple[str, int, int, str], ...]


class EngineProcess:
    """A running engine with one voice. Not for several threads at once."""

    def __init__(
        self, process: subprocess.Popen[bytes], request: dict[str, object], *, start_s: float, piece_s: float
    ) -> None:
        self._process = process
        self._piece_s = piece_s
        answer = json.loads(self._ask(json.dumps(request).encode(), 1, start_s)[0])
        if "refused" in answer:
            raise NotConfigured(answer["refused"], code=answer["code"])
        self.sample_rate: int = answer["sample_rate"]

    def speak(self, text: str) -> SpokenPiece:
        """Speak one piece. Raises ``EngineFailed`` where the engine refuses, dies or takes too long."""
        head, sound = self._ask(text.encode(), 2, self._piece_s)
        events = tuple((kind, character, sample, ipa) for kind, character, sample, ipa in json.loads(head)["events"])
        return SpokenPiece(np.frombuffer(sound, np.dtype("<i2")), events)

    def _ask(self, body: bytes, answers: int, seconds: float) -> list[bytes]:
        sink, source = _open(self._process.stdin), _open(self._process.stdout)
        # Reading blocks, so the deadline is kept from beside it: a killed engine ends the stream.
        deadline = threading.Timer(seconds, self._process.kill)
        deadline.start()
        try:
            write_frame(sink, body)  # type: ignore[arg-type]
            sink.flush()
            frames = [read_frame(source) for _ in range(answers)]  # type: ignore[arg-type]
        except BrokenPipeError:
            frames = [None]
        finally:
            deadline.cancel()
        whole = [frame for frame in frames if frame is not None]
        if len(whole) < answers:
            raise EngineFailed(f"the speech engine stopped: {self._last_words()}", code="SPEECH_ENGINE_FAILED")
        return whole

    def _last_words(self) -> str:
        self._process.kill()
        said = _open(self._process.stderr).read().decode("utf-8", "replace").strip()
        return said.splitlines()[-1] if said else f"exit status {self._process.wait()}"


def engine_process(*, voice: str, rate: int, pitch: int, phonemes: bool) -> AbstractContextManager[EngineProcess]:
    """Start espeak-ng for one recording and end it afterwards, whatever happens.

    ``voice`` is a name espeak-ng knows, ``rate`` words per minute, ``pitch`` 0 to 99; ``phonemes`` lets ``[[...]]`` in
    the text stand for phonemes.
    """
    request: dict[str, object] = {"voice": voice, "rate": rate, "pitch": pitch, "phonemes": phonemes}
    return _running("media.speech.espeak", request, start_s=_START_S, piece_s=_PIECE_S)


def piper_process(
    voice: PiperVoice, *, speed: float, pitch: float, phonemes: bool
) -> AbstractContextManager[EngineProcess]:
    """Start a Piper voice for one recording and end it afterwards. ``speed`` and ``pitch`` are factors.

    Entering raises ``NotConfigured`` where the voice's network cannot be used.
    """
    request: dict[str, object] = {"model": str(voice.model), "speed": speed, "pitch": pitch, "phonemes": phonemes}
    return _running("media.speech.piper", request, start_s=_NETWORK_START_S, piece_s=_NETWORK_PIECE_S)


def hibari_process(timbre: tuple[float, float], *, speed: float, pitch: float) -> AbstractContextManager[EngineProcess]:
    """Start the English network for one recording and end it afterwards. ``timbre``: its factors of pitch and formants.

    Entering raises ``NotConfigured`` where the network cannot be used.
    """
    request: dict[str, object] = {"timbre": timbre, "speed": speed, "pitch": pitch}
    return _running("media.speech.hibari", request, start_s=_NETWORK_START_S, piece_s=_NETWORK_PIECE_S)


@contextmanager
def _running(module: str, request: dict[str, object], *, start_s: float, piece_s: float) -> Iterator[EngineProcess]:
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield EngineProcess(process, request, start_s=start_s, piece_s=piece_s)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            _open(pipe).close()


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - Popen was given a pipe for each
    return pipe
