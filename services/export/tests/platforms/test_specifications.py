"""Every row of the catalogue: it says where its figures come from, and captions keep off what it reserves."""

from __future__ import annotations

import numpy as np
import pytest

from export.platforms.models import PlatformSpecification
from export.platforms.starting import SPECIFICATIONS
from media.captions.burn import CaptionPainter, SafeArea
from media.types import Cue

WRITINGS = {
    "Latin": "When the morning comes around again,\nwe shall walk down to the sea together",
    "Arabic": "عندما يأتي الصباح مرة أخرى\nسنمشي معا إلى البحر الأزرق",
    "Hebrew": "כשהבוקר יבוא שוב\nנלך ביחד אל הים הכחול",
    "Han": "当清晨再次到来的时候\n我们会一起走到海边去看日出",
    "Devanagari": "जब सुबह फिर से आएगी\nहम साथ में समुद्र तक चलेंगे",
    "no spaces": "https://www.example.com/this/is/a/very/long/address/that/does/not/end?with=query",
}


def _name(row: PlatformSpecification) -> str:
    return f"{row.platform}-{row.variant}"


def test_the_platforms_people_publish_on_are_there() -> None:
    assert {_name(row) for row in SPECIFICATIONS} == {
        "instagram-standard",
        "instagram-feed",
        "instagram-story",
        "tiktok-standard",
        "youtube-standard",
        "youtube-shorts",
        "facebook-standard",
        "x-standard",
        "linkedin-standard",
        "whatsapp-standard",
        "pinterest-standard",
    }


@pytest.mark.parametrize("row", SPECIFICATIONS, ids=_name)
def test_a_row_says_where_its_figures_come_from_and_does_not_contradict_itself(row: PlatformSpecification) -> None:
    wants = row.values
    assert wants.source is not None
    assert wants.source.startswith("https://")
    assert wants.checked is not None
    assert wants.max_duration_source is not None
    assert wants.reserved_source
    assert wants.declarations
    across, down = (int(part) for part in wants.aspect_ratio.split(":"))
    assert wants.width * down == wants.height * across
    assert (wants.frame_rate_min or 0) <= wants.frame_rate <= (wants.frame_rate_max or 1000)
    assert wants.max_duration_s is not None
    assert (wants.min_duration_s or 0) < wants.max_duration_s
    if wants.video_bit_rate is not None:
        most = wants.video_bit_rate + wants.audio_bit_rate
        assert most < (wants.max_bit_rate or most + 1)


def test_a_whole_minute_fits_into_the_file_that_whatsapp_takes() -> None:
    (row,) = (row for row in SPECIFICATIONS if row.platform == "whatsapp")
    wants = row.values
    assert wants.video_bit_rate is not None
    assert wants.max_duration_s is not None
    # The encoder's buffer may hold two seconds' worth more.
    bits = wants.video_bit_rate * (wants.max_duration_s + 2) + wants.audio_bit_rate * wants.max_duration_s
    assert bits / 8 < 0.95 * wants.max_size_mb * 1_000_000


@pytest.mark.parametrize("writing", WRITINGS)
@pytest.mark.parametrize("row", SPECIFICATIONS, ids=_name)
def test_captions_never_touch_what_a_platform_draws_over(row: PlatformSpecification, writing: str) -> None:
    """Neither the letters nor their edges nor the glow behind them."""
    width, height = row.values.width // 4 * 2, row.values.height // 4 * 2
    area = SafeArea(*row.values.reserved.shares())
    painter = CaptionPainter([Cue(WRITINGS[writing], 0.0, 1.0)], width, height, area=area)
    rows, columns = np.nonzero(np.asarray(painter.image(WRITINGS[writing]).getchannel("A")))
    assert len(rows) > 300
    assert columns.min() >= int(width * area.left)
    assert columns.max() < width * (1 - area.right) + 1
    assert rows.min() >= int(height * area.top)
    assert rows.max() < height * (1 - area.bottom)
