"""A clip drawn from a film by its edit list."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from media.captions.burn import CaptionPainter, safe_area
from media.captions.cues import cues_from_words
from media.captions.karaoke import KaraokePainter, karaoke_cues
from media.captions.lines import join
from media.clips.draw import drawn
from media.clips.edits import SIZES, EditList
from media.clips.layouts import USUAL, Framed, Room, Sizes, framed, merged
from media.clips.people import STEP_S, scenes
from media.clips.words import words_in
from media.ears.activity import FRAME_S, RATE, chances
from media.errors import BadMedia
from media.images.photos import write_jpeg
from media.types import Cue, Made, Word
from media.video.cards import draw_card
from media.video.clip import CHANNELS, SOUND_RATE, Clip, Samples, Shape, counted, frames, inspect, part, sound, write
from media.video.thumbnails import picture_at

CARD_S = 1.5
"""How long a title card is shown before a clip."""
_FADE_S = 0.005
"""Sound that is cut and joined fades for so long on both sides: no click is heard."""
_LOOKED = 0.4
"""The share of the work that looking for people is."""
_CARD_COLOURS = ("#1d2b53", "#3b5bdb")


@dataclass(frozen=True, slots=True)
class Shot:
    """A stretch of the clip, in its seconds, with one layout; ``speaker`` numbers who is followed, None: nobody."""

    start: float
    end: float
    layout: str
    speaker: int | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A clip that was drawn: the file, what is written in it and when, how it is shown, and what to know of it."""

    made: Made
    words: tuple[Word, ...]
    cues: tuple[Cue, ...]
    shots: tuple[Shot, ...]
    warnings: tuple[str, ...] = ()


def render_clip(
    source: Path,
    edit: EditList,
    out: Path,
    *,
    words: Sequence[Word] = (),
    language: str = "en",
    short_side: int = 1080,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> Rendered:
    """Write the clip of ``source`` that ``edit`` describes to ``out`` (H.264/AAC MP4, index first).

    ``words`` are what is said in the whole film; captions are made of them through the edit list and of nothing else.
    ``short_side`` is the pixels of the shorter side. Sound is brought to the edit's loudness. ``progress`` may raise to
    stop: nothing is left behind then. The same arguments give the same bytes.

    Raises ``BadMedia`` where the edit keeps what the film does not have, and as ``open_media``.
    """
    tell = progress or (lambda _share: None)
    whole = inspect(source)
    if edit.kept[-1].start >= whole.seconds:
        raise BadMedia(
            f"the film is {whole.seconds:.1f} s long, {edit.kept[-1].start} s is behind its end",
            code="BAD_TIME",
            advice="Keep an earlier part.",
        )
    if not 64 <= short_side <= 2160:
        raise BadMedia(f"short_side {short_side} is not from 64 to 2160", code="BAD_SIZE", advice="Choose 1080.")
    width, height = (round(side * short_side / 1080 / 2) * 2 for side in SIZES[edit.aspect])
    shape = Shape(width, height, whole.shape.rate, whole.shape.colour)
    parts = counted([part(whole, kept.start, kept.end) for kept in edit.kept], shape.rate)
    samples = _joined([sound(one, shape) for one in parts]) if whole.has_sound else None
    sizes = Sizes(whole.shape.width, whole.shape.height, width, height)
    shots, warnings = _shots(parts, edit, sizes, samples, lambda share: tell(_LOOKED * share))

    card = shape.count(CARD_S) if edit.title else 0
    late = float(card / shape.rate)
    said = tuple(Word(word.text, word.start + late, word.end + late) for word in words_in(words, edit))
    captions = _Captions(said, edit, language, width, height)
    if samples is not None and card:
        samples = np.concatenate([np.zeros((shape.samples(card), CHANNELS), np.float32), samples])

    def pictures() -> Iterator[Any]:
        if card:
            yield from _card(source, edit, shape, card)
        every = chain.from_iterable(frames(one, whole.shape, threads=threads) for one in parts)
        yield from _drawn(every, shots, shape, captions, late)

    made = write(
        out,
        shape,
        pictures(),
        samples,
        target_lufs=edit.loudness_lufs,
        threads=threads,
        total=card + sum(shape.count(one.seconds) for one in parts),
        progress=lambda share: tell(_LOOKED + (1 - _LOOKED) * share),
    )
    made = replace(made, details=made.details | {"edit": edit.digest})
    told = tuple(
        Shot(late + shot.first * STEP_S, min(late + shot.last * STEP_S, made.duration), shot.layout, shot.speaker)
        for shot in merged(shots)
    )
    return Rendered(made, said, captions.cues, told, warnings)


def _shots(
    parts: Sequence[Clip], edit: EditList, sizes: Sizes, samples: Samples | None, tell: Callable[[float], None]
) -> tuple[tuple[Framed, ...], tuple[str, ...]]:
    looks = round(sum(one.seconds for one in parts) / STEP_S) + 1
    if edit.layout == "blur":
        return (Framed(0, looks, "blur"),), ()
    return framed(scenes(parts, tell), edit.layout, sizes, _voice(samples, looks))


def _voice(samples: Samples | None, looks: int) -> NDArray[np.float64]:
    """How much of each look is speech."""
    if samples is None or not len(samples):
        return np.zeros(looks)
    step = SOUND_RATE // RATE
    mono = samples[: len(samples) // step * step].mean(axis=1).reshape(-1, step).mean(axis=1)
    likely = chances(np.asarray(mono, np.float32))
    middles = (np.arange(looks) + 0.5) * STEP_S / FRAME_S
    return np.asarray(np.interp(middles, np.arange(len(likely)) + 0.5, likely), np.float64)


def _joined(pieces: Sequence[Samples]) -> Samples:
    """Pieces one after the other, faded where they are cut; the beginning and the end of the clip too."""
    fade = round(_FADE_S * SOUND_RATE)
    for piece in pieces:
        edge = min(fade, len(piece) // 2)
        rise = np.linspace(0, 1, edge, dtype=np.float32)[:, None]
        piece[:edge] *= rise
        piece[len(piece) - edge :] *= rise[::-1]
    return np.concatenate(list(pieces))


class _Captions:
    """The captions of a clip, painted where they do not stand on a face."""

    def __init__(self, said: Sequence[Word], edit: EditList, language: str, width: int, height: int) -> None:
        self._size = width, height
        self._sung = karaoke_cues(said) if edit.captions == "karaoke" else ()
        self.cues: tuple[Cue, ...] = ()
        """As files have them."""
        if self._sung:
            self.cues = tuple(
                Cue("\n".join(join(line) for line in cue.lines), cue.start, cue.end) for cue in self._sung
            )
        elif edit.captions == "plain":
            self.cues = cues_from_words(said, language=language)
        self._painters: dict[Room, CaptionPainter | KaraokePainter] = {}
        if self.cues:
            # A font that is missing is told before anything is drawn.
            self._painter(USUAL)

    def paint(self, frame: Any, time: float, room: Room) -> None:
        """Draw what is said at ``time`` where the shot has room for it."""
        if self.cues:
            self._painter(room).paint(frame, time)

    def _painter(self, room: Room) -> CaptionPainter | KaraokePainter:
        if room not in self._painters:
            area = safe_area(*self._size)
            area = replace(
                area,
                top=area.top if room.top is None else room.top,
                right=area.right if room.right is None else room.right,
                bottom=area.bottom if room.end is None else 1 - room.end,
            )
            painter = KaraokePainter(self._sung, *self._size, area=area) if self._sung else None
            self._painters[room] = painter or CaptionPainter(self.cues, *self._size, area=area)
        return self._painters[room]


def _card(source: Path, edit: EditList, shape: Shape, count: int) -> Iterator[Any]:
    """The title over the first picture of the clip, blurred; it gives way to it without a fade, as a hook should."""
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        ground = Path(folder, "ground.jpg")
        write_jpeg(picture_at(source, edit.kept[0].start), ground)
        image = draw_card(edit.title, "", shape.width, shape.height, _CARD_COLOURS, ground, None)
    for _ in range(count):
        frame = av.VideoFrame.from_ndarray(image, format="bgr24")
        yield frame.reformat(format="yuv420p", dst_colorspace="ITU709" if shape.colour.matrix == 1 else "ITU601")


def _drawn(
    every: Iterator[Any],
    shots: Sequence[Framed],
    shape: Shape,
    captions: _Captions,
    late: float,
) -> Iterator[Any]:
    index = 0
    for number, source in enumerate(every):
        time = float(number / shape.rate)
        look = time / STEP_S
        while index + 1 < len(shots) and look >= shots[index + 1].first:
            index += 1
        frame = drawn(source, shots[index], look - shots[index].first, shape.width, shape.height)
        captions.paint(frame, time + late, shots[index].captions)
        yield frame
