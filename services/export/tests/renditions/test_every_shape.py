"""Each specification from each shape of source: what comes out is measured by FFmpeg and satisfies its row.

Sides are a sixth: what is made counts, not its pixels. All rows share a source, and so one decoding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.filter import Graph

from export.platforms.conformance import broken
from export.platforms.models import PlatformSpecification, Requirements
from export.platforms.starting import SPECIFICATIONS
from export.renditions.work import Wanted, render

SHAPES = {
    "tall": (180, 320, 15, 4.4),
    "wide": (320, 180, 25, 4.2),
    "square": (240, 240, 30, 4.3),
    "portrait": (240, 320, 24, 5.1),
    "almost wide": (322, 242, 10, 4.0),
    "panorama": (480, 160, 60, 4.1),
}
"""Width, height, pictures a second, seconds."""


def _small(row: PlatformSpecification) -> Wanted:
    wants = row.values
    sides = {"width": wants.width // 12 * 2, "height": wants.height // 12 * 2}
    return Wanted(f"{row.platform}-{row.variant}", Requirements.model_validate(wants.model_dump() | sides))


@dataclass(frozen=True)
class Facts:
    """What FFmpeg says of a file: its streams as ffprobe shows them, its loudness by the filter ``ebur128``."""

    container: str
    video: str
    audio: str
    pixels: str
    size: tuple[int, int]
    rate: Fraction
    sample_rate: int
    seconds: float
    loudness: float
    true_peak_db: float


def facts_of(path: Path) -> Facts:
    """None of this is ours."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        meter = Graph()
        source = meter.add_abuffer(template=audio)
        ebur128, sink = meter.add("ebur128", "peak=true:metadata=1"), meter.add("abuffersink")
        source.link_to(ebur128)
        ebur128.link_to(sink)
        meter.configure()
        told: dict[str, str] = {}
        for frame in (*container.decode(audio), None):
            source.push(frame)
            while True:
                try:
                    told = sink.pull().metadata or told
                except (av.error.BlockingIOError, av.error.EOFError):
                    break
        return Facts(
            container.format.name,
            video.codec_context.name,
            audio.codec_context.name,
            video.codec_context.pix_fmt,
            (video.width, video.height),
            video.average_rate,
            audio.sample_rate,
            float(container.duration / av.time_base),
            float(told["lavfi.r128.I"]),
            20 * math.log10(float(told["lavfi.r128.true_peak"])),
        )


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_made_satisfies_its_row(shape: str, tmp_path: Path, write_video: Callable[..., None]) -> None:
    width, height, rate, seconds = SHAPES[shape]
    write_video(source := tmp_path / "source.mp4", seconds, rate, width, height)
    wanted = [_small(row) for row in SPECIFICATIONS]
    (out := tmp_path / "out").mkdir()
    made = render(source, None, "en", wanted, out, 1, progress=lambda _: None)
    assert [one.platform for one in made] == [one.platform for one in wanted]
    measured: dict[Path, Facts] = {}
    for one, asked in zip(made, wanted, strict=True):
        (piece,) = one.pieces
        assert broken(piece.conformance) == []
        assert one.warnings == ()
        # Platforms that want the same share a file.
        if piece.video not in measured:
            measured[piece.video] = facts_of(piece.video)
        found, wants = measured[piece.video], asked.requirements
        assert wants.format in found.container.split(","), asked.platform
        assert (found.video, found.audio, found.pixels) == ("h264", wants.audio_codec, "yuv420p"), asked.platform
        assert (found.size, found.rate) == ((wants.width, wants.height), Fraction(wants.frame_rate)), asked.platform
        assert found.sample_rate == wants.sample_rate
        assert found.seconds == pytest.approx(seconds, abs=0.15), asked.platform
        assert (wants.min_duration_s or 0) <= found.seconds + 0.05
        assert found.seconds <= (wants.max_duration_s or math.inf)
        assert found.loudness == pytest.approx(wants.loudness_lufs, abs=1.0), asked.platform
        assert found.true_peak_db <= wants.true_peak_db, asked.platform
        size = piece.video.stat().st_size
        assert size <= wants.max_size_mb * 1_000_000
        assert 8 * size / found.seconds <= (wants.max_bit_rate or math.inf)
