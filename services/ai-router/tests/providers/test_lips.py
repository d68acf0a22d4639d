"""Lips that follow a recording: who listens to it, in which language, and how long it may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest

from ai_router.providers.local import work
from ai_router.providers.local.every import local_providers
from ai_router.providers.port import FailureClass, Performs, ProviderFailure, ProviderRequest
from chassis.work.process_pool import ProcessPool
from contracts.enums import Capability
from media.animation import talking
from media.ears import listening
from media.errors import NotUsable
from media.images.photos import decode
from media.speech.synthesis import synthesise
from media.types import Made, Word
from simulators.matrix.workspace import FolderWorkspace

PORTRAIT = Path(__file__).parents[4] / "samples" / "portrait.jpg"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesise("Guten Tag zusammen.", tmp_path_factory.mktemp("said") / "it.wav", language="de").path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures of a portrait."""
    path, picture = tmp_path_factory.mktemp("seen") / "it.mp4", decode(PORTRAIT)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = *picture.shape[:2], "yuv420p"
        for _ in range(2):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


async def test_the_ears_that_are_configured_listen(
    processes: ProcessPool, workspace: FolderWorkspace, film: Path, recording: Path, tmp_path: Path
) -> None:
    """An empty folder is no Whisper, and so it is refused; the packaged one would have listened."""
    provider = local_providers(processes, deadline_s=60.0, whisper=tmp_path)["local_stable_video"]
    assert isinstance(provider, Performs)
    inputs = {
        "video": workspace.put(film.read_bytes(), "video/mp4"),
        "audio": workspace.put(recording.read_bytes(), "audio/wav"),
    }
    request = ProviderRequest(UUID(int=1), UUID(int=1), Capability.LIP_SYNC, None, inputs, {}, 60.0)
    with pytest.raises(ProviderFailure) as failure:
        await provider.perform(request, workspace, lambda _: None)
    assert (failure.value.failure, failure.value.vendor_code) == (FailureClass.AUTH, "EARS_UNFIT")


@pytest.mark.parametrize(("language", "is_followed"), [("de", True), ("pl", False)])
def test_a_mouth_speaks_the_language_that_is_heard(
    film: Path, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, is_followed: bool
) -> None:
    """What no voice here speaks has no sounds that a mouth could follow; it follows the loudness then."""
    words = tuple(Word(text, at, at + 0.3) for text, at in (("Guten", 0.2), ("Tag", 0.5), ("zusammen", 0.8)))
    passage = listening.Passage("Guten Tag zusammen", 0.2, 1.1, words, 0.9)
    heard = listening.Transcript((passage,), language, 1.4, "whisper-small")
    asked: dict[str, Any] = {}
    drawn: list[Any] = []

    def render(_photo: Path, speech: Any, out: Path, **_: Any) -> Made:
        drawn.append(speech)
        return Made(out, 512, 512, speech.duration, 0)

    monkeypatch.setattr(listening, "listen", lambda _recording, **options: asked.update(options) or heard)
    monkeypatch.setattr(talking, "render", render)
    work.sync_lips(film, recording, tmp_path / "out.mp4", None, {}, progress=lambda _: None)
    assert asked.get("language") is None
    assert (drawn[0].language, bool(drawn[0].phonemes)) == (language, is_followed)


def test_what_is_too_long_to_be_held_is_refused(
    film: Path, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LONGEST_SPEECH_S", 0.5)
    with pytest.raises(NotUsable) as refused:
        work.sync_lips(film, recording, tmp_path / "out.mp4", None, {}, progress=lambda _: None)
    assert refused.value.code == "TOO_LONG"
