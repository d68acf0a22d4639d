"""A file is measured against its row, and each planted fault is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from export.platforms.conformance import broken, conformity
from export.platforms.models import Requirements
from media.types import Probe, Stream

WANTS = Requirements(
    name="Somewhere",
    aspect_ratio="9:16",
    width=1080,
    height=1920,
    frame_rate_min=23.0,
    frame_rate_max=60.0,
    max_bit_rate=25_000_000,
    min_duration_s=3.0,
    max_duration_s=90.0,
    max_size_mb=100,
    caption_length=2200,
    hashtags=3,
)
VIDEO = Stream("video", "h264", 10.0, 5_000_000, 1080, 1920, 30.0, "yuv420p")
AUDIO = Stream("audio", "aac", 10.0, 128_000, sample_rate=48_000, channels=2)
GOOD = Probe("mp4", 10.0, 6_000_000, 4_800_000, (VIDEO, AUDIO), True, -14.1, -1.3)


def test_a_file_that_conforms_says_so_rule_by_rule() -> None:
    rules = conformity(WANTS, GOOD)
    assert broken(rules) == []
    assert {one.rule: one.found for one in rules} == {
        "container": "mp4",
        "index_first": "true",
        "size_mb": "6.000",
        "duration_s": "10",
        "bit_rate": "4800000",
        "video_codec": "h264",
        "size": "1080x1920",
        "pixel_format": "yuv420p",
        "frame_rate": "30.000",
        "frame_rate_taken": "30",
        "audio_codec": "aac",
        "sample_rate": "48000",
        "channels": "2",
        "loudness_lufs": "-14.10",
        "true_peak_db": "-1.30",
    }


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        ("container", {"format": "mov"}),
        ("index_first", {"faststart": False}),
        ("size_mb", {"size": 100_000_001}),
        ("duration_s", {"duration": 90.2}),
        ("duration_s", {"duration": 2.5}),
        ("bit_rate", {"bit_rate": 25_000_001}),
        ("video_codec", {"streams": (replace(VIDEO, codec="hevc"), AUDIO)}),
        ("video_codec", {"streams": (AUDIO,)}),
        ("size", {"streams": (replace(VIDEO, width=1920, height=1080), AUDIO)}),
        ("pixel_format", {"streams": (replace(VIDEO, pixel_format="yuv444p"), AUDIO)}),
        ("frame_rate", {"streams": (replace(VIDEO, frame_rate=29.97), AUDIO)}),
        ("audio_codec", {"streams": (VIDEO, replace(AUDIO, codec="mp3"))}),
        ("sample_rate", {"streams": (VIDEO, replace(AUDIO, sample_rate=44_100))}),
        ("channels", {"streams": (VIDEO, replace(AUDIO, channels=6))}),
        ("loudness_lufs", {"loudness_lufs": -15.1}),
        ("loudness_lufs", {"loudness_lufs": -12.9}),
        ("true_peak_db", {"true_peak_db": -0.9}),
    ],
)
def test_a_fault_is_named_and_nothing_else(rule: str, faults: dict[str, Any]) -> None:
    assert [one.rule for one in broken(conformity(WANTS, replace(GOOD, **faults)))] == [rule]


def test_silence_has_no_loudness_to_miss() -> None:
    rules = conformity(WANTS, replace(GOOD, loudness_lufs=float("-inf"), true_peak_db=float("-inf")))
    assert broken(rules) == []
    assert "loudness_lufs" not in {one.rule for one in rules}
