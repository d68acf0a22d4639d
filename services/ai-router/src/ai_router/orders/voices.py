"""How a voice says a sentence, while somebody waits for it: for nothing, and once for all who ask the same."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from pydantic import Field

from ai_router.orders.errors import PreviewBusy, TextRefused
from ai_router.orders.schemas import Text
from ai_router.providers.local import work
from ai_router.providers.local.adapters import voice_file
from chassis.http.inputs import Input
from chassis.work.process_pool import ProcessPool, WorkerDied
from contracts.enums import Language, Voice
from media.errors import BadMedia, MediaError

LONGEST = 200
"""Characters: a sentence or two, some 15 s."""
WITHIN_S = 25.0
"""From the request to the sound, before the gateway gives up: a worker that has not spoken yet has to learn to."""
KEPT = 32
"""So many are remembered in this process, those that were asked for last: at most some 20 MB."""


class AudioPreviewIn(Input):
    """A voice, and what it says."""

    text: Annotated[Text, Field(max_length=LONGEST)] = Field(
        description="What is said: a sentence.", examples=["Hello, I am glad that you are here."]
    )
    voice: Voice = Field(Voice.NEUTRAL, description="Who speaks.")
    language: Language = Field(Language.EN, description="What the text is written in.")


@dataclass(frozen=True, slots=True)
class Line:
    """What is said, in which language and by whom."""

    text: str
    language: str
    voice: str


class Voices:
    """Speaks lines with the voices of this installation, in the worker for short work."""

    def __init__(self, processes: ProcessPool, piper_voices: Mapping[str, Path]) -> None:
        self._processes = processes
        self._piper_voices = piper_voices
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[Line, bytes] = OrderedDict()

    async def say(self, line: Line) -> bytes:
        """A WAV, within ``WITHIN_S``. Raises ``TextRefused`` and ``PreviewBusy``."""
        try:
            async with asyncio.timeout(WITHIN_S), self._turn:
                # Whoever waited for a turn may have waited for this very line.
                if line not in self._kept:
                    self._kept[line] = await self._spoken(line)
        except BadMedia as error:
            raise TextRefused(f"{error.message} {error.advice}".strip(), details={"reason": error.code}) from error
        except (MediaError, WorkerDied, TimeoutError) as error:
            raise PreviewBusy("The voice could not be heard in time. Try again.", retry_after_s=2) from error
        self._kept.move_to_end(line)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[line]

    async def _spoken(self, line: Line) -> bytes:
        with TemporaryDirectory(prefix="preview-") as name:
            sound = Path(name) / "speech.wav"
            options: dict[str, object] = {"language": line.language, "voice": line.voice}
            if (file := voice_file(self._piper_voices, line.language, line.voice)) is not None:
                options["voice_file"] = file
            await self._processes.run(work.say, line.text, sound, options, deadline_s=WITHIN_S, quick=True)
            return await asyncio.to_thread(sound.read_bytes)
