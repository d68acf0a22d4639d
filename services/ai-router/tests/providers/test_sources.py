"""Videos of links: what is taken, what is refused and in which words, and that nothing leads inside."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ai_router.providers.local.every import local_providers
from ai_router.providers.port import FailureClass, Performs, ProviderFailure, ProviderRequest, ProviderResult
from ai_router.providers.sources.port import Bounds, SourceRefused, SourceUnreachable
from ai_router.providers.sources.walls import ForbiddenAddress, walls
from ai_router.providers.sources.youtube import YouTube
from chassis.work.process_pool import ProcessPool
from contracts.enums import Capability
from simulators.core.faults import Fault
from simulators.matrix.workspace import FolderWorkspace
from simulators.serve import serving
from simulators.vendors.videos import Video, Videos

SHORT = "shortvideo0"
WAIT_S = 20.0


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Videos, str]]:
    simulator = Videos()
    simulator.videos[SHORT] = Video("A short one", 3.0)
    with serving([simulator]) as found:
        yield simulator, found["videos"].url


@pytest.fixture
def videos(served: tuple[Videos, str]) -> Videos:
    served[0].plan.clear()
    served[0].served.clear()
    return served[0]


@pytest.fixture
def bounds(served: tuple[Videos, str]) -> Bounds:
    return Bounds(max_seconds=300.0, max_bytes=50 << 20, simulator=served[1])


def _link(video_id: str) -> str:
    return f"https://youtu.be/{video_id}"


def test_a_link_is_looked_at_without_a_byte_of_it(videos: Videos, bounds: Bounds) -> None:
    found = YouTube().look(_link("fourminutes"), bounds)
    assert (found.id, found.title, found.seconds) == ("fourminutes", "Four minutes", 240.0)
    assert videos.served == []


@pytest.mark.parametrize(
    ("video_id", "code", "words"),
    [
        ("private0000", "SOURCE_PRIVATE", "private"),
        ("members0000", "SOURCE_MEMBERS_ONLY", "members"),
        ("removed0000", "SOURCE_REMOVED", "removed"),
        ("nothinghere", "SOURCE_REMOVED", "not there any more"),
        ("livestream0", "SOURCE_LIVE", "Wait until it has ended"),
        ("upcoming000", "SOURCE_NOT_BEGUN", "has not begun"),
        ("agelimited0", "SOURCE_AGE_RESTRICTED", "adults"),
        ("regionlock0", "SOURCE_REGION_BLOCKED", "country"),
        ("sixminutes0", "SOURCE_TOO_LONG", "6:00 minutes long, and your plan takes 5:00 minutes"),
        ("threehours0", "SOURCE_TOO_LONG", "3:00:00 hours long"),
    ],
)
def test_each_refusal_has_its_own_words_and_a_next_step(
    videos: Videos, bounds: Bounds, tmp_path: Path, video_id: str, code: str, words: str
) -> None:
    with pytest.raises(SourceRefused) as refused:
        YouTube().fetch(_link(video_id), tmp_path, bounds, lambda _: None)
    assert refused.value.code == code
    assert words in refused.value.advice
    assert videos.served == [], "refused before a byte was asked for"
    assert list(tmp_path.iterdir()) == []


async def test_what_may_work_later_is_no_refusal(
    processes: ProcessPool, workspace: FolderWorkspace, served: tuple[Videos, str], videos: Videos, bounds: Bounds
) -> None:
    with pytest.raises(SourceUnreachable):
        YouTube().look(_link("notabot0000"), bounds)
    for fault in (Fault.SERVER_ERROR, Fault.LINK_EXPIRED, Fault.DROP_AFTER):
        videos.plan.script("download", [fault] * 4)
        with pytest.raises(ProviderFailure) as failed:
            await _done(processes, workspace, served[1], url=_link(SHORT), max_seconds=300)
        assert failed.value.failure is FailureClass.TRANSIENT
        videos.plan.clear()


def test_a_part_behind_its_end_is_refused_before_it_is_brought(videos: Videos, bounds: Bounds, tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="behind its end") as refused:
        YouTube().fetch(_link("fourminutes"), tmp_path, replace(bounds, ends_s=250.0), lambda _: None)
    assert "4:00" in refused.value.advice
    assert videos.served == []


async def test_more_bytes_than_are_taken_are_not_written(
    processes: ProcessPool, workspace: FolderWorkspace, served: tuple[Videos, str], videos: Videos
) -> None:
    with pytest.raises(ProviderFailure) as refused:
        await _done(processes, workspace, served[1], most=100_000, url=_link("fourminutes"), max_seconds=300)
    assert (refused.value.failure, refused.value.vendor_code) == (FailureClass.INPUT, "SOURCE_TOO_LARGE")
    assert sum(file.stat().st_size for file in workspace.directory.rglob("*") if file.is_file()) <= 100_000


def test_inside_the_walls_no_private_address_is_reached_and_no_file_grows_beyond_them(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with walls(1_000):
            with pytest.raises(ForbiddenAddress):
                socket.create_connection(("localhost", port), timeout=1)
            with pytest.raises(OSError, match="too large"), (tmp_path / "file").open("wb", buffering=0) as file:
                file.write(b"x" * 1_000)
                file.write(b"x")
        with walls(1_000, f"http://127.0.0.1:{port}"):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    (tmp_path / "file").write_bytes(b"x" * 2_000)


def test_what_a_page_names_is_not_connected_to(videos: Videos, tmp_path: Path) -> None:
    """Where the library itself is led into private space, the connection does not come about."""
    with pytest.raises((SourceRefused, SourceUnreachable)), walls(1_000_000):
        from yt_dlp import YoutubeDL

        with socket.create_server(("127.0.0.1", 0)) as other, YoutubeDL({"quiet": True, "proxy": ""}) as library:
            try:
                library.urlopen(f"http://127.0.0.1:{other.getsockname()[1]}/")
            except Exception as error:
                other.setblocking(False)
                with pytest.raises(BlockingIOError):
                    other.accept()
                raise SourceUnreachable(str(error)) from error


async def _done(
    processes: ProcessPool,
    workspace: FolderWorkspace,
    simulator: str,
    report: Any = lambda _: None,
    *,
    most: int = 50 << 20,
    **said: Any,
) -> ProviderResult:
    """In a worker process, as everything is fetched: a download that fails leaves its connection to that."""
    provider = local_providers(processes, deadline_s=60.0, source_max_bytes=most, source_simulator=simulator)
    sources = provider["local_sources"]
    assert isinstance(sources, Performs)
    workspace.clear()
    request = ProviderRequest(UUID(int=1), UUID(int=1), Capability.SOURCE_FETCH, None, {}, said, 60.0)
    return await sources.perform(request, workspace, report)


async def test_a_video_comes_whole_or_not_at_all(
    processes: ProcessPool, workspace: FolderWorkspace, served: tuple[Videos, str], videos: Videos
) -> None:
    heard: list[float] = []
    made = await _done(processes, workspace, served[1], heard.append, url=_link(SHORT), max_seconds=300)
    assert made.outputs["video"].mime_type == "video/mp4"
    assert made.data["duration"] == pytest.approx(3.0, abs=0.1)
    assert made.data["title"] == "A short one"
    assert heard[-1] == 1.0
    looked = await _done(processes, workspace, served[1], url=_link(SHORT), max_seconds=300, only_look=True)
    assert (looked.outputs, looked.data["duration"]) == ({}, 3.0)
    for fault in (Fault.TRUNCATED, Fault.WRONG_MEDIA):
        videos.plan.script("download", [fault])
        with pytest.raises(ProviderFailure) as failed:
            await _done(processes, workspace, served[1], url=_link(SHORT), max_seconds=300)
        assert failed.value.failure is FailureClass.TRANSIENT
    with pytest.raises(ProviderFailure) as refused:
        await _done(processes, workspace, served[1], url="https://videos.example/1", max_seconds=300)
    assert (refused.value.failure, refused.value.vendor_code) == (FailureClass.INPUT, "SOURCE_NOT_ALLOWED")


async def test_a_download_is_cancelled_in_its_middle(
    processes: ProcessPool, workspace: FolderWorkspace, served: tuple[Videos, str], videos: Videos
) -> None:
    videos.plan.script("download", [Fault.HANG_AFTER])
    begun = asyncio.Event()
    work = asyncio.create_task(
        _done(
            processes,
            workspace,
            served[1],
            lambda share: begun.set() if share > 0 else None,
            url=_link(SHORT),
            max_seconds=300,
        )
    )
    await asyncio.wait_for(begun.wait(), WAIT_S)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(work, WAIT_S)
