"""Render every face of the set and write a page about it.

    python -m libs.media.tools.faces [--out out/faces] [--only PART_OF_A_NAME] [--workers 2] [--sample docs.jpg]

What was there is kept as the last run: the page says what changed since.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

import cv2
from libs.media.tools.faces import page
from libs.media.tools.faces.films import SENTENCE, Film, make
from libs.media.tools.faces.portraits import FACES

from media.speech.synthesis import synthesise

SHOWN = (
    *("sample closed", "open, both rows", "sample turned left 40", "thick round glasses", "many strands"),
    *("dense beard", "dark skin, smile", "red lipstick", "candle", "marble", "child, closed", "cartoon 1"),
)
"""Faces of the sample in the documents."""


def main() -> None:
    """Read the arguments, render, write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/faces"))
    parser.add_argument("--only", default="", help="render only faces with this in their name")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--sample", type=Path, help="also write a small sheet of some faces here")
    arguments = parser.parse_args()
    folder: Path = arguments.out
    before = _last(folder)
    for part in ("photos", "films", "cells", "before"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    names = [name for name in FACES if arguments.only in name]
    for name in names:
        if (cells := folder / "cells" / f"{name}.png").exists():
            shutil.move(cells, folder / "before" / f"{name}.png")
    speech = synthesise(SENTENCE, folder / "speech.wav", language="en", voice="female")
    with ProcessPoolExecutor(arguments.workers, initializer=partial(cv2.setNumThreads, 1)) as pool:
        films = list(pool.map(partial(make, speech=speech, folder=folder), names))
    known = before | {film.name: film for film in films}
    (folder / "films.json").write_text(
        json.dumps([asdict(film) for film in known.values()], indent=1), encoding="utf-8"
    )
    page.sheets(folder, films)
    if arguments.sample:
        page.sample(folder, SHOWN, arguments.sample)
    for film in sorted(films, key=lambda one: one.score)[:10]:
        print(f"{film.score:5.2f}  {film.name}: {'; '.join(film.reasons)}")
    print(page.write(folder, films, before))


def _last(folder: Path) -> dict[str, Film]:
    """The films of the last run by name."""
    path = folder / "films.json"
    if not path.exists():
        return {}
    return {one["name"]: Film(**one) for one in json.loads(path.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    main()
