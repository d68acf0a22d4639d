"""One page about all films: cells, scores, and what changed since the last run."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from libs.media.tools.faces.films import Film

from media.types import Bgr

_CHANGED = 1.0  # grey levels between the cells of two runs that are told
_ROWS = 8


def write(folder: Path, films: Sequence[Film], before: dict[str, Film]) -> Path:
    """``folder``/index.html, the poorest film first; what changed is told against ``before`` and ``folder``/before."""
    changes = {film.name: change(folder, film.name) for film in films}
    rows = [_row(film, before.get(film.name), changes[film.name]) for film in sorted(films, key=lambda one: one.score)]
    scores = [film.score for film in films]
    summary = (
        f"{len(films)} faces, mean {np.mean(scores):.2f}, least {min(scores):.2f}; "
        f"{sum(share >= _CHANGED for share in changes.values())} look different from the last run, "
        f"{sum(not film.measures for film in films)} without a film"
    )
    page = folder / "index.html"
    page.write_text(
        "<!doctype html><meta charset=utf-8><title>Faces</title>"
        "<style>body{font:14px sans-serif;margin:2em}td{padding:.4em;vertical-align:top}img{max-width:64em}</style>"
        f"<h1>Faces that speak</h1><p>{html.escape(summary)}</p><table>{''.join(rows)}</table>",
        encoding="utf-8",
    )
    return page


def _row(film: Film, before: Film | None, changed: float) -> str:
    since = "new" if before is None else f"{film.score - before.score:+.2f}"
    told = "; ".join(film.reasons) or "nothing wrong"
    old = f"<br><img src='before/{film.name}.png'>" if changed >= _CHANGED else ""
    return (
        f"<tr><td><b>{html.escape(film.name)}</b><br>{film.score:.2f} ({since})<br>{html.escape(told)}"
        f"<br><a href='films/{film.name}.mp4'>film</a> <a href='photos/{film.name}.png'>photo</a></td>"
        f"<td><img src='cells/{film.name}.png'>{old}</td></tr>"
    )


def change(folder: Path, name: str) -> float:
    """How far the cells of this run are from the last one's, mean grey levels; 0 where one of them is missing."""
    paths = [folder / part / f"{name}.png" for part in ("cells", "before")]
    if not all(path.exists() for path in paths):
        return 0.0
    one, other = (cv2.imread(str(path)) for path in paths)
    if one is None or other is None or one.shape != other.shape:
        return 0.0
    return float(np.abs(one.astype(np.int16) - other).mean())


def sheets(folder: Path, films: Sequence[Film]) -> None:
    """``folder``/sheet-1.png and so on: the cells of all films, two films a row."""
    for old in folder.glob("sheet-*.png"):
        old.unlink()
    shown = [_labelled(folder, film.name) for film in films if film.measures]
    for number, at in enumerate(range(0, len(shown), 2 * _ROWS), 1):
        cv2.imwrite(str(folder / f"sheet-{number}.png"), tiled(shown[at : at + 2 * _ROWS], 2))


def sample(folder: Path, names: Sequence[str], out: Path) -> None:
    """The cells of ``names`` as one small JPEG for the documents."""
    made = tiled([_labelled(folder, name) for name in names], 2)
    half = cv2.resize(made, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(out), half, [cv2.IMWRITE_JPEG_QUALITY, 80])


def _labelled(folder: Path, name: str) -> Bgr:
    cells = cv2.imread(str(folder / "cells" / f"{name}.png"))
    if cells is None:
        raise FileNotFoundError(name)
    bar = np.full((18, cells.shape[1], 3), 255, np.uint8)
    cv2.putText(bar, name, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.46, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([bar, cells])


def tiled(pictures: Sequence[Bgr], across: int) -> Bgr:
    """Pictures of one size, ``across`` in a row."""
    blank = np.full_like(pictures[0], 255)
    filled = [*pictures, *[blank] * (-len(pictures) % across)]
    return np.vstack([np.hstack(filled[at : at + across]) for at in range(0, len(filled), across)])
