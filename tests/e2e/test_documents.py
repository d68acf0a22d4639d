"""Every example of the documents that can run does, in its order on its page, against a platform."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.documents import PAGES, REPOSITORY, blocks, running_at
from tests.e2e.people import PASSWORD

from media.video.clip import Shape, write
from talkingphoto_client import AsyncTalkingPhoto

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

RUN = {
    f"{page.relative_to(REPOSITORY)}, {language}": (page, language)
    for page in PAGES
    for language in ("sh", "python")
    if any(block.runs and block.language == language for block in blocks(page))
}
REFUSED_IS_WRONG = 'set -euo pipefail\ncurl() { command curl --fail-with-body --show-error "$@"; }\n'


def film(target: Path) -> None:
    """Five seconds in which it gets lighter."""
    import av

    shape = Shape(320, 180, Fraction(10))

    def pictures() -> Iterator[Any]:
        for number in range(shape.count(5.0)):
            yield av.VideoFrame.from_ndarray(np.full((180, 320, 3), 40 + number, dtype=np.uint8), format="bgr24")

    times = np.arange(5 * 48_000) / 48_000
    write(target, shape, pictures(), (0.2 * np.sin(2 * np.pi * 220 * times)).astype(np.float32).reshape(-1, 1))


@pytest.mark.parametrize("example", RUN)
async def test_the_examples_of_a_page_run(embedded: Any, portrait: Path, tmp_path: Path, example: str) -> None:
    page, language = RUN[example]
    if language == "sh" and not os.environ.get("CI"):
        for tool in ("curl", "jq"):
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is not installed, which the page says to install")
    asha = f"asha-{secrets.token_hex(5)}@example.com"
    text = "".join(block.text for block in blocks(page) if block.runs and block.language == language)
    text = running_at(embedded.url, text).replace("asha@example.com", asha)
    (tmp_path / "samples").mkdir()
    for name in ("me.jpg", "samples/portrait.jpg"):
        shutil.copyfile(portrait, tmp_path / name)
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error"}
    if "talk.mp4" in text:
        await asyncio.to_thread(film, tmp_path / "talk.mp4")
    if language == "python":
        async with AsyncTalkingPhoto(embedded.url) as client:
            await client.register(asha, PASSWORD, name="Asha")
    command = ["bash", "-c", REFUSED_IS_WRONG + text] if language == "sh" else [sys.executable, "-c", text]
    ran = await asyncio.create_subprocess_exec(
        *command,
        cwd=tmp_path,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await ran.communicate())[0].decode("utf-8", "replace")
    assert ran.returncode == 0, said[-4000:]
