"""What the command does, and what it prints."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkingphoto import report
from talkingphoto.client import as_text
from talkingphoto.command import WRONG_USE, Stop
from talkingphoto.ordering.photo import BadPhoto, sendable
from talkingphoto.ordering.placing import nothing_ordered, placed
from talkingphoto.ordering.script import BadWords, words_of
from talkingphoto.runs import Session, Where, finished, session, try_folder
from talkingphoto.screen import Screen
from talkingphoto.show import Printer, foreign, print_json

LINE = "filmstudio"
"""Whose credits it takes."""
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif")
_MOST_PICTURES = 100


async def film(
    script: Path,
    images: Path | None,
    wanted: Mapping[str, Any],
    looks: Mapping[str, Any],
    out: Path,
    where: Where,
    *,
    dry_run: bool,
    as_json: bool,
    keep_going: bool,
) -> None:
    """Make a project of a script and pictures, plan its film, have it made, and put what came out into ``out``."""
    text, pictures = _read(script), _pictures(images)
    screen, say = Screen(Printer(stderr=as_json), quiet=as_json), Printer()
    body = {"title": wanted["title"] or _title(text, script), "script": text}
    body |= {name: wanted[name] for name in ("duration", "voice", "music") if wanted[name] is not None}
    with screen.showing():
        if not dry_run:
            try_folder(out)
        async with session(where, screen.stage, line=LINE) as here:
            try:
                project = await _project(here, body, pictures, screen)
                plan = await here.client.plan_film(project, {k: v for k, v in looks.items() if v is not None})
                accepted = None if dry_run else await _ordered(here, project, screen)
            except asyncio.CancelledError:
                raise nothing_ordered() from None
            told = (
                None if accepted is None else await finished(here, accepted["id"], out, screen, keep_going=keep_going)
            )
    if as_json:
        print_json({"plan": plan, "project_id": project} if told is None else told | {"project_id": project})
        return
    for advice in plan["advice"]:
        say.say(("Note", "yellow"), f": {foreign(advice)}")
    if told is not None:
        report.summary(say, told, out)
        return
    rows = [
        [
            shot["id"],
            f"{shot['starts_at']:.1f}",
            f"{shot['seconds']:.1f}",
            shot["kind"],
            foreign(shot["text"].strip()[:70]),
        ]
        for scene in plan["scenes"]
        for shot in scene["shots"]
    ]
    say.table(["shot", "at", "seconds", "seen", "told"], rows, gives_way=True)
    say.say(f"It takes {plan['credits']} credits and about {plan['estimated_time']:.0f} s. Nothing was ordered.")


def _title(text: str, script: Path) -> str:
    """The first heading; where there is none, the file's name."""
    headings = (line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#"))
    return next(filter(None, headings), as_text(script.stem).replace("-", " ").capitalize())


async def _project(here: Session, body: Mapping[str, Any], pictures: list[Path], screen: Screen) -> str:
    files = []
    for picture in pictures:
        screen.stage("Uploading", picture.name)
        try:
            with sendable(picture) as (file, done):
                if done is not None:
                    screen.stage(done)
                files.append((await here.client.upload(file))["id"])
        except BadPhoto as error:
            raise Stop(str(error), WRONG_USE, code="wrong_use") from error
    made = await here.client.create_project({**body, "images": files})
    return str(made["id"])


async def _ordered(here: Session, project: str, screen: Screen) -> dict[str, Any]:
    screen.stage("Ordering", "the film")
    return await placed(here.client.generate_project(project, idempotency_key=secrets.token_hex(16)))


def _read(script: Path) -> str:
    try:
        return words_of(None, script.expanduser())
    except BadWords as error:
        raise Stop(str(error), WRONG_USE, code="wrong_use") from error


def _pictures(folder: Path | None) -> list[Path]:
    """The pictures of a folder, by their names. Raises :class:`Stop` where there is none, or too many."""
    if folder is None:
        return []
    place = folder.expanduser()
    if not place.is_dir():
        raise Stop(f"{folder} is no folder.", WRONG_USE, code="wrong_use")
    # What begins with a dot is no picture, whatever it is called: macOS leaves such files on other systems' discs.
    found = sorted(
        file
        for file in place.iterdir()
        if file.suffix.lower() in _PICTURES and not file.name.startswith(".") and not file.is_dir()
    )
    if not found:
        raise Stop(f"No picture is in {folder}. JPEG, PNG, WebP, HEIC and AVIF are taken.", WRONG_USE, code="wrong_use")
    if len(found) > _MOST_PICTURES:
        raise Stop(
            f"{len(found)} pictures are in {folder}; at most {_MOST_PICTURES} are taken.", WRONG_USE, code="wrong_use"
        )
    return found
