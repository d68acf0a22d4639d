"""From words or a picture to a finished picture: the client side of image jobs."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from talkingphoto.client import ApiError, Client, Unreachable
from talkingphoto.command import FAILED, STOPPED, WRONG_USE, Stop
from talkingphoto.folder import Unwritable, check, deliver, reason, staged
from talkingphoto.making import UNFIT
from talkingphoto.ordering.photo import BadPhoto, sendable
from talkingphoto.ordering.placing import placed
from talkingphoto.runs import Where, session
from talkingphoto.settings.loudness import is_quiet
from talkingphoto.show import Printer, print_json

_FINAL = {"completed", "failed", "cancelled"}
_LOOK_EVERY_S = 0.3
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
PICTURE = "picture"
LINE = "pixie"
"""The product line that pictures are sold in."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What picture is wanted. With ``words`` alone it is made; with ``edit`` that file is changed, by the words or by
    the ``recipe``; ``upscale`` enlarges what came of it, or the file itself."""

    words: str | None = None
    edit: Path | None = None
    mask: Path | None = None
    recipe: Sequence[Mapping[str, Any]] = ()
    logo: Path | None = None
    background: Path | None = None
    upscale: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    """``size``, ``seed``, ``model``, ``provider`` of what is made or changed by words."""


def recipe_of(text: str | None, background: str | None) -> list[dict[str, Any]]:
    """The steps of a JSON text, or of a file of that name; ``background``: one more step, ``blur``, ``transparent`` or
    a colour. Raises ``ValueError`` with what to do."""
    steps: list[dict[str, Any]] = []
    if text is not None:
        try:
            content = text if text.lstrip().startswith("[") else Path(text).read_text(encoding="utf-8")
            found = json.loads(content)
        except (OSError, UnicodeError, ValueError) as error:
            raise ValueError(
                f"--recipe is neither a file that can be read nor a JSON list of steps: {error}."
            ) from error
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise ValueError('--recipe is a JSON list of steps, such as [{"op": "crop", "aspect": "4:5"}].')
        steps += found
    if background in ("blur", "transparent"):
        steps.append({"op": "background", "mode": background})
    elif background is not None and background.startswith("#"):
        steps.append({"op": "background", "mode": "colour", "colour": background})
    elif background is not None:
        steps.append({"op": "background", "mode": "picture"})
    return steps


async def image(wish: Wish, out: Path, where: Where, *, as_json: bool) -> None:
    """Make or change a picture and put it into ``out``."""
    say = Printer(stderr=as_json)

    def stage(text: str) -> None:
        if not as_json and not is_quiet():
            say.say(text)

    try:
        check(out, [f"{PICTURE}.{ending}" for ending in _ENDINGS.values()])
    except Unwritable as error:
        raise Stop(f"{error} Choose another folder with --out.", WRONG_USE, code="wrong_use") from error
    async with session(where, stage, line=LINE) as here:
        results = await made(here.client, wish, stage)
        try:
            told = await fetched(here.client, results[-1], out)
        except Unwritable as error:
            raise Stop(str(error), FAILED, code="not_written") from error
    if as_json:
        print_json(told)
        return
    for warning in told["warnings"]:
        say.say(("Note", "yellow"), f": {warning}")
    by = told["model"] or told["provider"]
    Printer().say(f"{', '.join(str(out / name) for name in told['files'])} by {by} ({told['provider']})")


async def made(client: Client, wish: Wish, stage: Any) -> list[dict[str, Any]]:
    """The results of the jobs that the wish takes, the wanted picture's last. Raises :class:`Stop` where one fails."""
    results: list[dict[str, Any]] = []
    source: dict[str, Any] = {}
    if wish.edit is not None:
        source = {"file_id": await _sent(client, wish.edit, stage)}
    if wish.recipe:
        body = {**source, "recipe": list(wish.recipe)}
        for name in ("logo", "background"):
            if (file := getattr(wish, name)) is not None:
                body[f"{name}_file_id"] = await _sent(client, file, stage)
        results.append(await _done(client, "edit", body, stage))
    elif wish.words is not None and wish.edit is not None:
        body = {**source, "prompt": wish.words, **wish.options}
        if wish.mask is not None:
            body["mask_file_id"] = await _sent(client, wish.mask, stage)
        results.append(await _done(client, "edit", body, stage))
    elif wish.words is not None:
        results.append(await _done(client, "generate", {"prompt": wish.words, **wish.options}, stage))
    if wish.upscale is not None:
        if results:
            source = {"job_id": results[-1]["job_id"]}
        results.append(await _done(client, "upscale", {**source, "factor": wish.upscale}, stage))
    return results


async def _sent(client: Client, photo: Path, stage: Any) -> str:
    with ExitStack() as stack:
        try:
            file, done = stack.enter_context(sendable(photo))
        except BadPhoto as error:
            raise Stop(str(error), WRONG_USE, code="wrong_use") from error
        if done is not None:
            stage(done)
        return str((await client.upload(file))["id"])


async def _done(client: Client, what: str, body: Mapping[str, Any], stage: Any) -> dict[str, Any]:
    """The result of one job. Interrupted, it is cancelled, and what was held for it given back."""
    accepted = await placed(client.order_picture(what, body, idempotency_key=secrets.token_hex(16)))
    job_id, said = accepted["job_id"], ""
    try:
        while True:
            status = await client.job(job_id)
            if status["message"] and status["message"] != said:
                said = status["message"]
                stage(said)
            if status["status"] in _FINAL:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()  # type: ignore[union-attr]
        raise Stop(await _given_up(client, job_id), STOPPED, code="stopped") from None
    if status["status"] != "completed":
        raise Stop(status["message"] or f"The job was {status['status']}.", FAILED, code="job_failed")
    return await client.job_result(job_id)


async def _given_up(client: Client, job_id: str) -> str:
    """Cancel a job; what became of it, in a sentence."""
    try:
        await client.remove_job(job_id)
    except ApiError as error:
        return f"Job {job_id} could not be cancelled: {error}"
    except (Unreachable, asyncio.CancelledError):
        return f"Job {job_id} goes on where the platform does."
    return f"Job {job_id} was cancelled, and what was held for it given back."


async def fetched(client: Client, result: Mapping[str, Any], out: Path) -> dict[str, Any]:
    """Put the pictures of a result into ``out``, all or none; what was made, as ``summary.json`` says it."""
    files: dict[str, dict[str, Any]] = {}
    with staged(out, str(result["job_id"])) as beside:
        for role, made_ in result["outputs"].items():
            ending = _ENDINGS.get(made_["mime_type"])
            if ending is None:
                continue
            # A name of the platform's, and a file of ours: it stays in its folder.
            name = f"{PICTURE if role == 'image' else UNFIT.sub('_', role)}.{ending}"
            try:
                digest = await client.download(made_["url"], beside / name)
            except OSError as error:
                raise Unwritable(f"{out / name} cannot be written: {reason(error)}.") from error
            if digest != made_["sha256"]:
                raise Unwritable(f"{out / name} arrived damaged: SHA-256 {digest}, expected {made_['sha256']}.")
            files[name] = {"sha256": digest, "size": made_["size"], "mime_type": made_["mime_type"]}
        summary = {
            "job_id": result["job_id"],
            "provider": result["provider"],
            "model": result["model"],
            "credits": result["credits"],
            "cost": result["cost"],
            "cache_hit": result["cache_hit"],
            "warnings": result["warnings"],
            "data": result["data"],
            "files": files,
        }
        deliver(beside, out, summary)
    return summary
