"""What the judge of films says of honest films and of the same with faults made on purpose, a row for each.

    python -m libs.media.tools.judged [FOLDER] [--set held-out] [--workers 2] [--again]

Films are kept in FOLDER and made where they are missing; ``--again`` makes the honest ones anew, for when the animation
has changed. Prints a table, and how well the scores part the two: the area under the curve, honest films under
``GATE``, and planted faults at or above it. Ends with 1 where that is not enough. Thresholds are chosen on the set
``tuning``; only ``held-out`` says what they are worth.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from libs.media.tools.judged.films import Row, area, judged, spoken, wanted
from libs.media.tools.judged.sets import SETS

GATE = 7.5
"""Below it a film is not charged."""
LEAST_AREA, MOST_REFUSED = 0.97, 0.02


def main(arguments: Sequence[str]) -> int:
    """Judge them all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("out/judged"))
    parser.add_argument("--set", choices=SETS, default="held-out", dest="set_name")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args(arguments)
    folder: Path = asked.folder / asked.set_name
    speeches = spoken(asked.set_name, folder)
    if asked.again:
        for old in folder.glob("honest-*.mp4"):
            old.unlink()
    films = list(wanted(asked.set_name))
    with ProcessPoolExecutor(asked.workers, initializer=partial(cv2.setNumThreads, 1)) as pool:
        rows = list(pool.map(partial(judged, speeches=speeches, folder=folder), films))
    (folder / "scores.json").write_text(
        json.dumps([[row.fault, row.face, row.line, row.score.value, row.score.measures] for row in rows]), "utf-8"
    )
    return told(rows)


def told(rows: Sequence[Row]) -> int:
    """Print the table and the figures; 1 where they are not good enough."""
    print("| fault | face | score | what the judge says |\n|---|---|---|---|")
    for row in sorted(rows, key=lambda row: (row.fault, row.face)):
        print(f"| {row.fault or 'none'} | {row.face} | {row.score.value:.1f} | {'; '.join(row.score.reasons)} |")
    honest = [row.score.value for row in rows if not row.fault]
    faulty = [row.score.value for row in rows if row.fault]
    parted, refused = area(honest, faulty), float(np.mean(np.array(honest) < GATE))
    passed = sum(score >= GATE for score in faulty)
    print(
        f"\narea {parted:.3f}; {refused:.1%} of {len(honest)} honest refused; {passed} of {len(faulty)} planted passed"
    )
    return int(parted < LEAST_AREA or refused > MOST_REFUSED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
