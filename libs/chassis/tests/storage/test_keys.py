"""Keys say what an object is, whose, from when, and how long it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis.storage import (
    keys,
)

USER = UUID("0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b")
NOW = datetime(2026, 3, 7, 23, 59, tzinfo=UTC)


def test_keys_say_who_and_when() -> None:
    assert keys.image_key(USER, "jpg", NOW, name="n") == f"images/{USER}/2026/03/07/n.jpg"
    assert keys.video_key(USER, "mp4", NOW, name="n") == f"videos/{USER}/2026/03/07/n.mp4"
    assert keys.temp_key("bin", NOW, name="n") == "temp/2026/03/07/n.bin"
    assert keys.image_key(USER, "jpg", NOW) != keys.image_key(USER, "jpg", NOW)
    for extension in ("", "../x", "JPG", "toolongext"):
        with pytest.raises(ValueError, match="extension"):
            keys.image_key(USER, extension, NOW)
    with pytest.raises(ValueError, match="not an object key"):
        keys.image_key(USER, "jpg", NOW, name="../../x")


def test_temporary_objects_grow_old_after_30_days() -> None:
    made = keys.temp_key("bin", NOW)

    assert not keys.is_stale_temp(made, NOW + timedelta(days=30))
    assert keys.is_stale_temp(made, NOW + timedelta(days=31))
    for other in ("images/2026/03/07/n.jpg", "temp/n.bin", "temp/2026/13/40/n.bin"):
        assert not keys.is_stale_temp(other, NOW + timedelta(days=3650))


def test_how_long_clients_may_keep_an_object() -> None:
    assert keys.cache_control("image/jpeg") == "private, max-age=31536000, immutable"
    assert keys.cache_control("video/mp4") == "private, max-age=2592000, immutable"
    assert keys.cache_control("application/zip") == "private, max-age=3600, immutable"
    assert keys.object_metadata(USER, "enhanced_image", NOW) == {
        "user_id": str(USER),
        "upload_time": "2026-03-07T23:59:00+00:00",
        "file_type": "enhanced_image",
    }
