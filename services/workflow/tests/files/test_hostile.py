"""S-20 at the front door: a hostile photo is refused or comes out harmless, and no honest one is refused.

Every sample of both corpora goes through the same confined process in the media library's own tests; here each
so many of them come the whole way, so that all kinds do.
"""

from __future__ import annotations

import importlib.util
import io
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from chassis.identity.tokens import Identity
from workflow.files.intake import Intake

REPOSITORY = Path(__file__).parents[4]
CORPORA = REPOSITORY / "libs" / "media" / "tests" / "hostile"
PORTRAIT = REPOSITORY / "samples" / "portrait.jpg"

SLOWEST_S = 15.0
EACH = 7
"""Of the samples, which lie in the order of their kinds."""


def corpus(name: str) -> ModuleType:
    """A builder of the library's tests; the folder is no package, so it is loaded by path."""
    spec = importlib.util.spec_from_file_location(f"front_door_{name}", CORPORA / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def no_opinions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a photo can speak is not asked here: it is what makes an upload of a small picture take its time."""

    async def nothing(*_: Any) -> tuple[tuple[()], list[Any]]:
        return (), []

    monkeypatch.setattr(Intake, "_find", nothing)


def bare(data: bytes) -> bool:
    """A JPEG of which nothing is left but the picture."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.format == "JPEG" and not image.getexif() and "icc_profile" not in image.info


async def test_no_hostile_photo_gets_in_as_it_is(shared: Any, somebody: Identity) -> None:
    module = corpus("corpus")
    everything = list(module.hostile_images(PORTRAIT))
    assert len(everything) >= 200
    samples = everything[::EACH]
    outcomes, wrong, slowest = Counter[str](), [], 0.0
    for sample in samples:
        began = time.monotonic()
        reply = await shared.upload(somebody, sample.data or b" ", sample.name)
        slowest = max(slowest, time.monotonic() - began)
        if reply.status_code == 201:
            prepared = (await shared.http.get(reply.json()["prepared_url"])).content
            outcomes["neutralised"] += 1
            if sample.must_refuse or module.CANARY in prepared or not bare(prepared):
                wrong.append(sample.name)
        elif reply.status_code in (400, 413, 415, 422):
            outcomes[reply.json()["error"]["code"]] += 1
        else:
            wrong.append(f"{sample.name}: {reply.status_code}")
    assert wrong == []
    assert slowest <= SLOWEST_S
    assert outcomes["format_not_accepted"] > 4 and outcomes["image_refused"] > 15, outcomes
    assert (await shared.http.get("/health")).status_code == 200


async def test_every_honest_photo_gets_in(shared: Any, somebody: Identity) -> None:
    everything = list(corpus("corpus").honest_images(PORTRAIT))
    assert len(everything) >= 200
    samples = everything[::EACH]
    refused = []
    for sample in samples:
        reply = await shared.upload(somebody, sample.data, sample.name)
        if reply.status_code != 201:
            refused.append((sample.name, reply.text))
        elif not bare((await shared.http.get(reply.json()["prepared_url"])).content):
            refused.append((sample.name, "says more than its picture"))
    assert refused == []


async def test_no_hostile_sound_or_video_gets_in(shared: Any, somebody: Identity, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("canary", encoding="ascii")
    for name, data in list(corpus("media_corpus").hostile_media(str(secret), "127.0.0.1:9"))[::3]:
        reply = await shared.upload(somebody, data, name)
        if reply.status_code == 201:
            assert b"canary" not in (await shared.http.get(reply.json()["url"])).content, name
        else:
            assert reply.status_code in (400, 413, 415, 422), (name, reply.text)
