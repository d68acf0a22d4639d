"""A look at what is made of pictures: by recipes here, and by vendors' simulators with one that fails."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from talkingphoto.account import log_in
from talkingphoto.client import Client
from talkingphoto.images.doing import LINE, Wish, fetched, made
from talkingphoto.sample import sample_portrait
from talkingphoto.show import Printer

_HERE: tuple[tuple[str, str, Wish], ...] = (
    (
        "poster",
        "Straightened, cropped, warmer, the background out of focus, words from right to left",
        Wish(
            recipe=(
                {"op": "straighten", "degrees": -1.5},
                {"op": "crop", "aspect": "4:5"},
                {"op": "adjust", "exposure": 0.2, "contrast": 0.1, "temperature": 0.15},
                {"op": "background", "mode": "blur", "radius": 0.02},
                {"op": "text", "text": "سلام دنیا", "size": 0.11, "y": 0.86},
            )
        ),
    ),
    ("cutout", "The person alone, on nothing", Wish(recipe=({"op": "background", "mode": "transparent"},))),
    ("larger", "Four times as large", Wish(upscale=4)),
)
_PROMPT = "A quiet harbour at dawn, watercolour"


async def demo(
    url: str, home: Path, photo: Path | None, out: Path, printer: Printer, settings: Mapping[str, str] | None
) -> None:
    """Make the pictures and say who made each. ``settings`` lead to the simulators, where they run."""
    portrait = photo or sample_portrait()
    async with Client(url, line=LINE) as client:
        await log_in(client, home)
        for name, words, wish in _HERE:
            await _shown(
                client, out / name, words, printer, Wish(edit=portrait, recipe=wish.recipe, upscale=wish.upscale)
            )
        if settings is None:
            printer.say("Pictures from words take a vendor's key, or the simulators: pip install -e simulators.")
            return
        wish = Wish(words=_PROMPT, options={"provider": "fal_ai"})
        await _shown(client, out / "generated", "Made from words", printer, wish)
        await _fails(settings["FAL_AI_BASE_URL"])
        result = await _shown(client, out / "fallback", "The same words again, and fal fails", printer, wish)
        route = await client.job_route(result["job_id"])
        for call in route["calls"]:
            printer.say(f"    {call['provider']}: {call['failure'] or call['state']}")


async def _shown(client: Client, out: Path, words: str, printer: Printer, wish: Wish) -> dict[str, Any]:
    began = time.monotonic()
    result = (await made(client, wish, lambda _: None))[-1]
    told = await fetched(client, result, out)
    took = time.monotonic() - began
    files = ", ".join(str(out / name) for name in told["files"])
    printer.say(f"{words}: {files} by {told['provider']} in {took:.1f} s, {told['credits']} credits")
    return told


async def _fails(base_url: str) -> None:
    """Have the next job at fal's simulator break."""
    where = urlsplit(base_url)
    async with httpx.AsyncClient(trust_env=False) as http:
        script = {"operation": "submit", "faults": ["job_failed"]}
        answer = await http.post(f"{where.scheme}://{where.netloc}/__simulator__/faults", json=script)
        answer.raise_for_status()
