"""What these commands do, and what they print."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkingphoto import report
from talkingphoto.command import WRONG_USE, Stop
from talkingphoto.ordering.placing import nothing_ordered, placed
from talkingphoto.ordering.sending import sent_large
from talkingphoto.runs import Session, Where, finished, session, try_folder
from talkingphoto.screen import Screen
from talkingphoto.show import Printer, foreign, print_json

LINE = "reely"
"""Whose plan these count for."""
_LINKS = ("http://", "https://", "www.youtube.", "youtube.", "m.youtube.", "youtu.be/")


async def clips(
    video: str, wanted: Mapping[str, Any], out: Path, where: Where, *, as_json: bool, keep_going: bool
) -> None:
    """Find the best moments of a video, and put clips of them into ``out``."""
    told, run = await _made("/api/v1/auto-hooks", video, wanted, out, where, as_json=as_json, keep_going=keep_going)
    if as_json:
        print_json(told | {name: run[name] for name in ("hooks", "shortfall_reasons", "method")})
        return
    say = Printer()
    rows = [
        [str(hook["rank"]), f"{_clock(hook['start'])}-{_clock(hook['end'])}", f"{hook['score']:.1f}", _about(hook)]
        for hook in run["hooks"]
    ]
    say.table(["", "where", "score", "what and why"], rows, gives_way=True)
    for reason in run["shortfall_reasons"]:
        say.say(("Fewer", "yellow"), f": {foreign(reason)}.")
    if run["method"] == "motion":
        say.say("Nobody speaks in it: the moments were chosen by scenes and motion.")
    report.summary(say, told, out)


async def trim(
    video: str, wanted: Mapping[str, Any], out: Path, where: Where, *, as_json: bool, keep_going: bool
) -> None:
    """Cut a part out of a video and put it into ``out``."""
    told, _ = await _made("/api/v1/trim", video, wanted, out, where, as_json=as_json, keep_going=keep_going)
    if as_json:
        print_json(told)
    else:
        report.summary(Printer(), told, out)


async def _made(
    path: str,
    video: str,
    wanted: Mapping[str, Any],
    out: Path,
    where: Where,
    *,
    as_json: bool,
    keep_going: bool,
) -> tuple[dict[str, Any], dict[str, Any]]:
    screen = Screen(Printer(stderr=as_json), quiet=as_json)
    file = _file(video)
    with screen.showing():
        try_folder(out)
        async with session(where, screen.stage, line=LINE) as here:
            try:
                run_id = await _placed(here, path, video, file, wanted, screen)
            except asyncio.CancelledError:
                raise nothing_ordered() from None
            told = await finished(here, run_id, out, screen, keep_going=keep_going)
            return told, await here.client.run(run_id)


async def _placed(
    here: Session, path: str, video: str, file: Path | None, wanted: Mapping[str, Any], screen: Screen
) -> str:
    source: dict[str, Any] = {"url": video}
    if file is not None:
        screen.stage("Uploading", file.name)
        uploaded = await sent_large(
            here.client, here.where.home, file, lambda share: screen.stage(f"Uploading, {share:.0%} of", file.name)
        )
        source = {"file_id": uploaded}
    body = source | {name: value for name, value in wanted.items() if value is not None}
    accepted = await placed(here.client.order_clips(path, body, idempotency_key=secrets.token_hex(16)))
    return str(accepted["id"])


def _file(video: str) -> Path | None:
    """The file that is meant; None for a link. Raises :class:`Stop` for neither."""
    path = Path(video).expanduser()
    if path.is_file():
        return path
    if video.lower().startswith(_LINKS):
        return None
    raise Stop(f"{video} is neither a file nor a link to a video on YouTube.", WRONG_USE, code="wrong_use")


def _about(hook: Mapping[str, Any]) -> str:
    return f"{foreign(hook['title'])} ({foreign(hook['reason'])})"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
