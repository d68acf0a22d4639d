"""Where attempts put what they made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from ai_router.jobs.running.workspace import workspace
from chassis import ids
from chassis.storage import FolderStore


async def test_an_attempt_that_is_made_again_after_midnight_leaves_no_second_object(tmp_path: Path) -> None:
    store, user, attempt = FolderStore(tmp_path / "store"), ids.uuid7(), ids.derived(ids.uuid7(), "local_editor", 1)
    made = tmp_path / "made.png"
    for day, content in enumerate((b"before the crash", b"after it")):
        made.write_bytes(content)
        now = datetime.now(UTC) + timedelta(days=day)
        async with workspace(store, user_id=user, attempt_id=attempt, now=now) as space:
            kept = await space.keep(made, "image/png", role="image")
    assert [key async for key in store.list_keys("images/")] == [kept.key]
    assert await store.read(kept) == b"after it"
