"""Make a film of a script and some pictures, and look at it: a contact sheet, and its loudness as a curve.

    python -m libs.media.tools.film OUT [--script SCRIPT.md] [--picture FILE ...] [--minutes 1] [--language en]
        [--mood cinematic] [--face FILE] [--burn] [--size 1280x720] [--images FOLDER]

Without a script it is the sample's: 120 words and three pictures. What each step took is printed, shots rendered side
by side on all cores; ``--images`` also writes the two pictures of the documentation. A picture is preferred where the
script has the words of its file name.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import av
import cv2
import numpy as np
import regex
from PIL import Image, ImageDraw, ImageFont

from media.captions.burn import load
from media.captions.cues import to_srt, to_vtt
from media.captions.fonts import font_for
from media.film.depth import Look, look_at_file
from media.film.fitting import settle
from media.film.join import join
from media.film.plan import Character, FilmPlan, Picture, Shot, Target, written
from media.film.planning import plan_film
from media.film.render import render_shot
from media.film.sound import FilmSound, mix, style_of
from media.film.speech import RATE, narrate
from media.film.subtitles import film_cues, shot_cues
from media.sound.music import make_bed
from media.types import Bgr, Cue, Speech

SAMPLES = Path(__file__).parents[3] / "samples"
_CELL = 320
_ACROSS = 6
_GAP = 3
_PLOT = (1280, 420)


@dataclass(frozen=True, slots=True)
class Job:
    """What is asked for, and where files go."""

    out: Path
    target: Target
    pictures: dict[str, Path]
    language: str


def main() -> None:
    """Read the arguments, make the film, say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--script", type=Path, default=SAMPLES / "film" / "script.md")
    parser.add_argument("--picture", type=Path, action="append")
    parser.add_argument("--minutes", type=int, default=1)
    parser.add_argument("--language", default="en")
    parser.add_argument("--voice", default="female")
    parser.add_argument("--mood", default="cinematic")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--face", type=Path)
    parser.add_argument("--burn", action="store_true")
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--images", type=Path)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    files = asked.picture or [*sorted((SAMPLES / "film").glob("*.jpg")), SAMPLES / "portrait.jpg"]
    pictures = {path.stem: path for path in files}
    if asked.face:
        pictures["face"] = asked.face
    width, height = map(int, asked.size.split("x"))
    job = Job(asked.out, Target(width, height, burn_subtitles=asked.burn), pictures, asked.language)
    plan = plan_film(
        asked.script.read_text(),
        minutes=asked.minutes,
        pictures=[Picture(ref, tuple(regex.findall(r"\p{L}+", ref))) for ref in pictures if ref != "face"],
        language=asked.language,
        seed=asked.seed,
        characters=[Character("", asked.voice, face="face" if asked.face else None)],
        fill=asked.fill,
    )
    plan, narrations = make(plan, job, asked.mood)
    if asked.images:
        asked.images.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(asked.images / "film.jpg"), contact_sheet(job.out / "film.mp4", plan), [1, 82])
        voices = {id: speech.path for id, speech in narrations.items()}
        loudness_curve(plan, voices, job.out).save(asked.images / "film-sound.png", optimize=True)


def make(plan: FilmPlan, job: Job, mood: str) -> tuple[FilmPlan, dict[str, Speech]]:
    """Make the film of ``plan`` in the job's folder; the plan as it was settled, and what was spoken."""
    began = time.perf_counter()

    def done(what: str) -> None:
        print(f"{time.perf_counter() - began:6.1f} s  {what}")

    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        music = pool.submit(make_bed, job.out / "music.wav", style=style_of(mood), seconds=60.0, seed=plan.seed)
        looks = {ref: pool.submit(look_at_file, path) for ref, path in job.pictures.items()}
        speaking = [shot for shot in plan.shots if shot.spoken]
        narrations = dict(zip((s.id for s in speaking), pool.map(_say, speaking, [job] * len(speaking)), strict=True))
        plan = settle(plan, {id: speech.duration for id, speech in narrations.items()}, keep=False)
        cues = {id: shot_cues(plan.shot(id), speech, language=job.language) for id, speech in narrations.items()}
        done(f"{len(narrations)} narrations")
        drawn = [
            pool.submit(
                _draw,
                shot,
                job,
                narrations.get(shot.id),
                cues.get(shot.id, ()),
                looks[shot.picture].result() if shot.picture else None,
            )
            for shot in sorted(plan.shots, key=lambda shot: -shot.frames)
        ]
        music.result()
        sound = mix(
            plan, {id: one.path for id, one in narrations.items()}, job.out / "sound.m4a", music=music.result().path
        )
        done(f"sound: {json.dumps(sound.details)}")
        for one in drawn:
            one.result()
        done(f"{len(drawn)} shots")
    film = join([job.out / f"{shot.id}.mp4" for shot in plan.shots], sound.path, job.out / "film.mp4")
    whole = film_cues(plan, cues)
    (job.out / "film.srt").write_text(to_srt(whole))
    (job.out / "film.vtt").write_text(to_vtt(whole))
    (job.out / "plan.json").write_text(json.dumps(written(plan), ensure_ascii=False, indent=2))
    done(f"{film.path}: {film.duration} s, {film.size / 1e6:.1f} MB")
    return plan, narrations


def contact_sheet(film: Path, plan: FilmPlan) -> Bgr:
    """Two moments of each shot, early and late, in order."""
    wanted = {}
    for shot in plan.shots:
        first = round(plan.starts()[shot.id] * 30)
        wanted |= {first + shot.frames // 5: "", first + 4 * shot.frames // 5: ""}
    cells = []
    with av.open(str(film)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                image = frame.to_ndarray(format="bgr24")
                size = (_CELL, round(_CELL * image.shape[0] / image.shape[1]))
                cells.append(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % _ACROSS)
    cells = [cv2.copyMakeBorder(cell, _GAP, _GAP, _GAP, _GAP, cv2.BORDER_CONSTANT, value=(255,) * 3) for cell in cells]
    return np.vstack([np.hstack(cells[at : at + _ACROSS]) for at in range(0, len(cells), _ACROSS)])


def loudness_curve(plan: FilmPlan, voices: dict[str, Path], folder: Path) -> Image.Image:
    """How loud voices and music are in each moment (400 ms), before both are brought to -14 LUFS together."""
    sound = FilmSound(plan, voices, folder, music=folder / "music.wav")
    curves: dict[str, list[float]] = {"speech": [], "music": []}
    step = RATE // 10
    for start in range(0, sound.count - 4 * step, step):
        for name, samples in (
            ("speech", sound.voice(start, start + 4 * step)),
            ("music", sound.bed(start, start + 4 * step)),
        ):
            power = float(np.square(samples).sum(axis=1).mean())
            curves[name].append(10 * np.log10(power + 1e-9) - 0.7)
    return _plotted(plan, curves)


def _plotted(plan: FilmPlan, curves: dict[str, list[float]]) -> Image.Image:
    width, height = _PLOT
    image = Image.new("RGB", _PLOT, "white")
    draw = ImageDraw.Draw(image)
    face = font_for("loudness")
    small: ImageFont.FreeTypeFont = load(face, 15)
    left, top, right, bottom = 56, 34, width - 16, height - 34

    def place(seconds: float, level: float) -> tuple[float, float]:
        x = left + (right - left) * seconds / (60 * plan.minutes)
        return x, bottom - (bottom - top) * (min(max(level, -60), 0) + 60) / 60

    for level in range(-60, 1, 10):
        draw.line([place(0, level), place(60 * plan.minutes, level)], "#dddddd")
        draw.text((left - 8, place(0, level)[1]), str(level), "#555555", small, anchor="rm")
    for start in plan.starts().values():
        draw.line([place(start, -60), place(start, 0)], "#eeeeee")
    for seconds in range(0, 60 * plan.minutes + 1, 10 * plan.minutes):
        draw.text((place(seconds, -60)[0], bottom + 8), f"{seconds} s", "#555555", small, anchor="ma")
    for number, (name, colour) in enumerate((("speech", "#1d3557"), ("music", "#e07a1f"))):
        draw.line([place(0.2 + 0.1 * at, level) for at, level in enumerate(curves[name])], colour, 2, joint="curve")
        draw.text((left + 10 + 110 * number, 8), f"— {name}", colour, load(face, 18))
    draw.text((right, 10), "momentary loudness, LUFS; lines are shots", "#555555", small, anchor="ra")
    return image


def _say(shot: Shot, job: Job) -> Speech:
    return narrate(shot, job.out / f"{shot.id}.wav", language=job.language)


def _draw(shot: Shot, job: Job, narration: Speech | None, cues: Sequence[Cue], look: Look | None) -> None:
    render_shot(
        shot,
        job.out / f"{shot.id}.mp4",
        target=job.target,
        picture=job.pictures[shot.picture] if shot.picture else None,
        narration=narration,
        cues=cues,
        look=look,
    )


if __name__ == "__main__":
    main()
