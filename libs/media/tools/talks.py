"""Films in which people speak, with the truth about them: what clips are measured by.

``python -m libs.media.tools.talks FOLDER`` writes a monologue, a dialogue of two portraits and a lecture with slides.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
from libs.media.tools.faces.portraits import FACES
from numpy.typing import NDArray

from media.animation.talking import render
from media.images.photos import write_png
from media.sound.wav import write_wav
from media.speech.synthesis import synthesise
from media.types import Bgr, Box, Phoneme, Speech, Voice, Word
from media.video.clip import Shape, write
from media.video.source import read_audio

RATE = 48_000
FRAME_RATE = 25
Who = Literal["left", "right"]


@dataclass(frozen=True)
class Said:
    """One sentence: who says it, with which voice, and how long nobody speaks behind it."""

    who: Who
    voice: Voice
    text: str
    pause: float = 0.5


@dataclass(frozen=True)
class Turn:
    """When somebody speaks."""

    start: float
    end: float
    who: Who


@dataclass(frozen=True)
class Talk:
    """A film and the truth about it: every word, every sentence, whose turn it is when, and where their faces are."""

    path: Path
    words: tuple[Word, ...]
    sentences: tuple[Word, ...]
    turns: tuple[Turn, ...]
    faces: dict[Who, Box]


def _told(voice: Voice, *texts: str, who: Who = "left", pause: float = 0.55) -> list[Said]:
    return [Said(who, voice, text, pause) for text in texts]


MONOLOGUE = _told(
    "female",
    "Nobody tells you why a small boat sinks.",
    "My first one went down in nine minutes!",
    "I had checked the engine, the fuel and the lights.",
    "But I had never looked under the floor.",
    "There was a crack as thin as a hair.",
    "So I lost everything that I owned in one night.",
    "What would you have done?",
    "I built another boat, and this time I opened every board.",
    pause=0.65,
)
DIALOGUE = [
    Said("left", "male", "Why did you leave a job that everybody wanted?", 0.35),
    Said("right", "female", "Because I was afraid to become somebody who never tries.", 0.4),
    Said("right", "female", "That fear was worse than losing the money.", 0.4),
    Said("left", "male", "How much money did you have at that time?", 0.35),
    Said("right", "female", "Three hundred dollars and a very old car.", 0.5),
    Said("left", "male", "That is the best answer I have heard this year!", 0.4),
]
LECTURE = _told(
    "male",
    "This chart shows the biggest mistake of the last ten years.",
    "Costs went up by half, and nobody asked the reason.",
    "Look at the line in the middle.",
    "It turns out that one machine used most of the power.",
    "We stopped it, and the next bill was a third lower.",
    pause=0.7,
)


def speak(
    script: Sequence[Said], folder: Path, lead: float = 0.4
) -> tuple[NDArray[np.float32], Talk, dict[Who, Speech]]:
    """The sound of a script, the truth about it, and for each person a recording of what he alone says."""
    folder.mkdir(parents=True, exist_ok=True)
    at = lead
    pieces: list[tuple[float, Speech, Said]] = []
    for number, one in enumerate(script):
        speech = synthesise(one.text, folder / f"{number}.wav", voice=one.voice)
        pieces.append((at, speech, one))
        at += speech.duration + one.pause
    tracks: dict[Who, NDArray[np.float32]] = {who: np.zeros(round(at * RATE), np.float32) for who in ("left", "right")}
    words: list[Word] = []
    turns: list[Turn] = []
    phonemes: dict[Who, list[Phoneme]] = {"left": [], "right": []}
    for begin, speech, one in pieces:
        samples = _samples(speech.path)
        first = round(begin * RATE)
        tracks[one.who][first : first + len(samples)] += samples[: len(tracks[one.who]) - first]
        said = [Word(word.text, word.start + begin, word.end + begin) for word in speech.words]
        words += said
        turns.append(Turn(said[0].start, said[-1].end, one.who))
        phonemes[one.who] += [replace(p, start=p.start + begin, end=p.end + begin) for p in speech.phonemes]
    sentences = tuple(Word(one.text, turn.start, turn.end) for one, turn in zip(script, turns, strict=True))
    alone = {}
    for who, track in tracks.items():
        write_wav(folder / f"{who}.wav", track[:, None], RATE)
        kept = tuple(phonemes[who])
        mine = tuple(
            word for word in words if any(turn.who == who and turn.start <= word.start <= turn.end for turn in turns)
        )
        alone[who] = replace(pieces[0][1], path=folder / f"{who}.wav", duration=at, phonemes=kept, words=mine)
    whole = tracks["left"] + tracks["right"]
    return whole, Talk(folder, tuple(words), sentences, tuple(turns), {}), alone


def _samples(path: Path) -> NDArray[np.float32]:
    found = read_audio(path, rate=RATE, mono=True)
    if found is None:
        raise ValueError(f"{path} is silent")
    return found[0].reshape(-1)


def monologue(out: Path, script: Sequence[Said] = MONOLOGUE) -> Talk:
    """Somebody speaks; a plain picture that changes slowly."""
    samples, talk, _ = speak(script, out.parent / f"{out.stem}-parts")
    count = len(samples) * FRAME_RATE // RATE

    def pictures() -> Iterator[Bgr]:
        for number in range(count):
            yield np.full((180, 320, 3), (60 + number % 60, 90, 120), np.uint8)

    film(out, pictures(), samples)
    return replace(talk, path=out)


def dialogue(out: Path, script: Sequence[Said] = DIALOGUE, *, side: int = 320) -> Talk:
    """Two portraits side by side that speak in turns, as two people before one camera."""
    folder = out.parent / f"{out.stem}-parts"
    samples, talk, alone = speak(script, folder)
    films = []
    for number, (who, name) in enumerate((("left", "sample closed"), ("right", "sample dark skin"))):
        photo = folder / f"{who}.png"
        write_png(FACES[name](), photo)
        films.append(folder / f"{who}.mp4")
        render(
            photo,
            alone["left" if who == "left" else "right"],
            films[-1],
            width=side,
            height=side,
            frame_rate=FRAME_RATE,
            seed=number,
        )
    film(out, (np.hstack(pair) for pair in zip(*(shown(one) for one in films), strict=True)), samples)
    faces: dict[Who, Box] = {
        who: Box(at * side + side // 4, side // 6, side // 2, side * 2 // 3) for at, who in enumerate(("left", "right"))
    }
    return replace(talk, path=out, faces=faces)


def lecture(out: Path, script: Sequence[Said] = LECTURE) -> Talk:
    """Slides, and in a corner the one who explains them."""
    folder = out.parent / f"{out.stem}-parts"
    samples, talk, alone = speak(script, folder)
    write_png(FACES["sample closed"](), folder / "face.png")
    render(folder / "face.png", alone["left"], folder / "face.mp4", width=160, height=160, frame_rate=FRAME_RATE)

    def pictures() -> Iterator[Bgr]:
        for number, face in enumerate(shown(folder / "face.mp4")):
            picture = slide(number * len(script) // 2 // (len(samples) * FRAME_RATE // RATE + 1))
            picture[360 - 172 : 360 - 12, 640 - 172 : 640 - 12] = face
            yield picture

    film(out, pictures(), samples)
    return replace(talk, path=out, faces={"left": Box(640 - 172 + 40, 360 - 172 + 25, 80, 110)})


def slide(number: int) -> Bgr:
    """A chart with a title, other bars for each number."""
    picture = np.full((360, 640, 3), (250, 248, 245), np.uint8)
    cv2.putText(picture, f"Costs by month, part {number + 1}", (30, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (60, 40, 30), 2)
    dice = np.random.default_rng(number)
    for bar, height in enumerate(dice.integers(60, 230, 7)):
        left = 40 + 58 * bar
        cv2.rectangle(picture, (left, 320 - int(height)), (left + 40, 320), (180, 120, 50 + 25 * bar), -1)
    return picture


def shown(path: Path) -> Iterator[Bgr]:
    """The pictures of a film."""
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            yield frame.to_ndarray(format="bgr24")


def film(out: Path, pictures: Iterator[Bgr], samples: NDArray[np.float32]) -> None:
    """Write pictures and mono sound."""
    first = next(pictures)
    shape = Shape(first.shape[1], first.shape[0], Fraction(FRAME_RATE))

    def frames() -> Iterator[Any]:
        for picture in chain([first], pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            yield frame.reformat(format="yuv420p", dst_colorspace="ITU709")

    write(out, shape, frames(), np.stack([samples, samples], axis=1))


MAKERS: dict[str, Callable[[Path], Talk]] = {"monologue": monologue, "dialogue": dialogue, "lecture": lecture}


def main(arguments: Sequence[str]) -> None:
    """Write all of them into a folder."""
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in MAKERS.items():
        make(folder / f"{name}.mp4")


if __name__ == "__main__":
    main(sys.argv[1:])
