"""The speech engine's own process: ``python -m media.speech.espeak`` speaks what its standard input says.

libespeak-ng keeps its state in globals and carries the GPL, so it is loaded here and nowhere else: the rest of the
library exchanges frames with this process and can be pointed at another engine. A frame is four bytes of length, most
significant first, and that many bytes. The first frame from the caller is JSON ``{"voice", "rate", "pitch",
"phonemes"}``; it is answered by ``{"sample_rate"}``. Every further frame is UTF-8 text to speak, answered by two
frames: JSON ``{"events": [[kind, character, sample, text], ...]}`` and the sound, 16-bit signed little-endian mono.
``kind`` is ``phoneme`` or ``end``; ``character`` counts from 0 in the text. The process ends when its input does, and
says what was wrong on standard error with exit status 1.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: speak inside the call, hand samples to the callback
_PHONEME_EVENTS = 1
_PHONEMES_AS_IPA = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_CLAUSE_AS_IPA = 2
_PHONEME_INPUT = 0x100  # [[...]] in the text is espeak's own phoneme notation
_EVENT_LIST_END, _EVENT_END, _EVENT_PHONEME = 0, 5, 7
_RATE, _PITCH = 1, 3


Event = tuple[str, int, int, str]
"""Kind, character of the text, sample, IPA."""


class _EventId(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class EngineError(Exception):
    """The engine refused a call."""


class Engine:
    """One initialised libespeak-ng with one voice; there can be only one in a process."""

    def __init__(self, voice: str, rate: int, pitch: int, *, phonemes: bool = False) -> None:
        import espeakng_loader

        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        options = _PHONEME_EVENTS | _PHONEMES_AS_IPA | _DO_NOT_EXIT
        self.sample_rate = int(
            self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), options)
        )
        if self.sample_rate <= 0:
            raise EngineError("the engine did not start")
        self._flags = _UTF8 | (_PHONEME_INPUT if phonemes else 0)
        self._sound = bytearray()
        self._events: list[Event] = []
        self._callback = _Callback(self._heard)  # the library keeps the pointer: it must live as long as the engine
        self._library.espeak_SetSynthCallback(self._callback)
        for status, what in (
            (self._library.espeak_SetVoiceByName(voice.encode()), f"voice {voice!r}"),
            (self._library.espeak_SetParameter(_RATE, rate, 0), f"rate {rate}"),
            (self._library.espeak_SetParameter(_PITCH, pitch, 0), f"pitch {pitch}"),
        ):
            if status != 0:
                raise EngineError(f"the engine refused {what}")

    def speak(self, text: str) -> tuple[list[Event], bytes]:
        """Speak ``text``: its events in order, and its sound."""
        self._sound = bytearray()
        self._events = []
        data = text.encode() + b"\0"
        status = self._library.espeak_Synth(data, len(data), 0, 1, 0, self._flags, None, None)
        if status != 0 or self._library.espeak_Synchronize() != 0:
            raise EngineError("the engine did not speak")
        return self._events, bytes(self._sound)

    def clauses(self, text: str) -> list[tuple[str, str]]:
        """``text`` in clauses: the IPA of each with spaces between words, and the text it was read from.

        The texts join to ``text``; each ends one character into the next, which is how far the engine looks ahead.
        What ``[[...]]`` means is as in the last call of ``speak``.
        """
        data = text.encode()
        kept = ctypes.create_string_buffer(data)
        place = ctypes.c_void_p(ctypes.addressof(kept))
        read = self._library.espeak_TextToPhonemes
        read.restype = ctypes.c_char_p
        found: list[tuple[str, str]] = []
        at = 0
        while place.value is not None:
            ipa = read(ctypes.byref(place), _UTF8, _CLAUSE_AS_IPA).decode("utf-8", "ignore")
            end = len(data) if place.value is None else min(len(data), place.value - ctypes.addressof(kept))
            found.append((ipa, data[at:end].decode("utf-8", "ignore")))
            at = end
        return found

    def _heard(self, samples: Any, count: int, events: Any) -> int:
        if count > 0:
            self._sound += ctypes.string_at(samples, 2 * count)
        index = 0
        while (event := events[index]).type != _EVENT_LIST_END:
            index += 1
            if event.type == _EVENT_PHONEME:
                ipa = event.id.string.decode("utf-8", "ignore")
                self._events.append(("phoneme", event.text_position - 1, event.sample, ipa))
            elif event.type == _EVENT_END:
                self._events.append(("end", event.text_position - 1, event.sample, ""))
        return 0


def is_sound(kind: str, ipa: str) -> bool:
    """Whether an event is a sound. Pauses are empty and language switches come as ``(en)``: both only end a sound."""
    return kind == "phoneme" and bool(ipa) and not ipa.startswith("(")


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next frame, or None where the stream has ended, even in the middle of one."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    size = int.from_bytes(head, "big")
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: BinaryIO, body: bytes) -> None:
    """Send one frame."""
    stream.write(len(body).to_bytes(4, "big") + body)


def serve(sample_rate: int, speak: Callable[[str], tuple[list[Event], bytes]]) -> None:
    """Answer the caller's first frame with the rate, and every further one with what ``speak`` makes of it."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    write_frame(sink, json.dumps({"sample_rate": sample_rate}).encode())
    sink.flush()
    while (text := read_frame(source)) is not None:
        events, sound = speak(text.decode())
        write_frame(sink, json.dumps({"events": events}).encode())
        write_frame(sink, sound)
        sink.flush()


def main() -> int:
    """Serve one caller; the exit status."""
    head = read_frame(sys.stdin.buffer)
    if head is None:
        return 0
    try:
        request = json.loads(head)
        engine = Engine(request["voice"], request["rate"], request["pitch"], phonemes=request["phonemes"])
        serve(engine.sample_rate, engine.speak)
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
