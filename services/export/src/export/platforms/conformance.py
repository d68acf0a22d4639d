"""Whether a finished file is what its platform's row asks for: each rule, what is wanted, what was measured. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from contracts.export import Conformity
from export.platforms.models import Requirements

if TYPE_CHECKING:
    from media.types import Probe

LOUDNESS_TOLERANCE_LU = 1.0
_DURATION_SLACK_S = 0.05
"""The sound may end a frame behind the picture."""
_MEGABYTE = 1_000_000


def conformity(wants: Requirements, found: Probe) -> tuple[Conformity, ...]:
    """What was measured on a file against each rule of a row; a rule that the row does not have is not named."""
    return (*_container(wants, found), *_picture(wants, found), *_sound(wants, found))


def broken(rules: tuple[Conformity, ...]) -> list[Conformity]:
    """The rules that do not hold."""
    return [one for one in rules if not one.holds]


def _container(wants: Requirements, found: Probe) -> Iterator[Conformity]:
    yield _equal("container", wants.format, found.format)
    if wants.format == "mp4":
        yield _equal("index_first", "true", str(bool(found.faststart)).lower())
    size = found.size / _MEGABYTE
    yield _rule("size_mb", f"<= {wants.max_size_mb}", f"{size:.3f}", holds=size <= wants.max_size_mb)
    yield from _between("duration_s", wants.min_duration_s, wants.max_duration_s, found.duration, _DURATION_SLACK_S)
    yield from _between("bit_rate", None, wants.max_bit_rate, found.bit_rate)


def _picture(wants: Requirements, found: Probe) -> Iterator[Conformity]:
    video = next((one for one in found.streams if one.kind == "video"), None)
    yield _equal("video_codec", wants.video_codec, "" if video is None else video.codec)
    if video is None:
        return
    yield _equal("size", f"{wants.width}x{wants.height}", f"{video.width}x{video.height}")
    yield _equal("pixel_format", "yuv420p", video.pixel_format or "")
    rate = video.frame_rate or 0.0
    yield _rule("frame_rate", f"{wants.frame_rate:g}", f"{rate:.3f}", holds=abs(rate - wants.frame_rate) < 0.01)
    yield from _between("frame_rate_taken", wants.frame_rate_min, wants.frame_rate_max, rate)


def _sound(wants: Requirements, found: Probe) -> Iterator[Conformity]:
    audio = next((one for one in found.streams if one.kind == "audio"), None)
    if audio is None:
        return
    yield _equal("audio_codec", wants.audio_codec, audio.codec)
    yield _equal("sample_rate", str(wants.sample_rate), str(audio.sample_rate))
    yield from _between("channels", 1, 2, audio.channels or 0)
    lufs, peak = found.loudness_lufs, found.true_peak_db
    if lufs is None or peak is None or not math.isfinite(lufs):
        return  # Silence has no loudness.
    wanted = f"{wants.loudness_lufs:g} +-{LOUDNESS_TOLERANCE_LU:g}"
    near = abs(lufs - wants.loudness_lufs) <= LOUDNESS_TOLERANCE_LU
    yield _rule("loudness_lufs", wanted, f"{lufs:.2f}", holds=near)
    yield _rule("true_peak_db", f"<= {wants.true_peak_db:g}", f"{peak:.2f}", holds=peak <= wants.true_peak_db)


def _between(
    rule: str, least: float | None, most: float | None, found: float, slack: float = 0.0
) -> Iterator[Conformity]:
    if least is None and most is None:
        return
    wanted = " and ".join(
        [*([f">= {least:g}"] if least is not None else []), *([f"<= {most:.12g}"] if most is not None else [])]
    )
    holds = (least is None or found >= least - slack) and (most is None or found <= most + slack)
    yield _rule(rule, wanted, f"{round(found, 2):.12g}", holds=holds)


def _equal(rule: str, wanted: str, found: str) -> Conformity:
    return _rule(rule, wanted, found, holds=wanted == found)


def _rule(rule: str, wanted: str, found: str, *, holds: bool) -> Conformity:
    return Conformity(rule=rule, wanted=wanted, found=found, holds=holds)
