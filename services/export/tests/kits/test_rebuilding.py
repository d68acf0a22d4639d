"""A kit that is built again has the same bytes: all of its parts, in another process, at another time."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chassis import ids
from chassis.data.leased_work import WorkItem
from contracts.enums import Captions, Platform
from contracts.export import KitCompleted, RenditionCompleted
from export.kits.runner import KitRunner

_BUILD = """
import sys
from pathlib import Path
from uuid import UUID
from contracts.enums import Captions, Platform, WorkflowType
from contracts.export import Conformity, CreateKit
from contracts.objects import StoredObject
from export.kits import archive, contents
from export.kits.contents import Guide, PlatformPart, file_name
from export.platforms.starting import SPECIFICATIONS
from export.provenance.source_type import mark_picture, mark_video

folder = Path(sys.argv[1])
stored = StoredObject(key="videos/x.mp4", sha256="0" * 64, size=1, mime_type="video/mp4")
rows = {row.name: row.values for row in SPECIFICATIONS}
parts = []
for platform, numbers in (("instagram", ("",)), ("tiktok", ("-1", "-2")), ("youtube", ("",))):
    (folder / platform).mkdir()
    files = {}
    for number in numbers:
        for role in ("video", "poster", "srt", "vtt"):
            path = folder / platform / file_name(f"{role}{number}")
            path.write_bytes(f"1\\n00:00:00,000 --> 00:00:01,000\\n{role}{number}\\n".encode())
            files[f"{role}{number}"] = path
    rules = (Conformity(rule="size", wanted="1080x1920", found="1080x1920", holds=True),)
    guide = Guide("How", "<ol><li>Open it.</li><li>Post it.</li></ol>", "{title}: {script}", ("video.mp4",), ("x",), 5)
    parts.append(PlatformPart(platform, rows[platform], files, guide, ("A note.",),
        Captions.BURNED if platform == "tiktok" else Captions.FILES,
        {role: rules for role in files if role.startswith("video")}, "Example" if platform == "tiktok" else None))
order = CreateKit(kit_id=UUID(int=1), run_id=UUID(int=2), user_id=UUID(int=3), product_line="talkingphoto",
    workflow_type=WorkflowType.PRODUCT_DEMO, title="A better kettle", language="en",
    script="This kettle boils in a minute. The kettle switches itself off. Kettle, tea, water, minute, tea, water.",
    platforms=tuple(map(Platform, ("instagram", "tiktok", "youtube"))), image=stored, video=stored,
    renditions={part.platform: stored for part in parts})
image, video = folder / "enhanced.jpg", folder / "original.mp4"
image.write_bytes(b"\\xff\\xd8\\xff\\xd9")
video.write_bytes(b"\\0\\0\\0\\x08ftyp")
mark_picture(image)
mark_video(video)
entries = contents.entries(order, parts, image, video, seconds=3.0, srt=parts[0].files["srt"])
archive.write(entries, contents.about(order, parts), folder / "kit.zip")
"""


def _built(folder: Path, **environment: str) -> bytes:
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder)],
        env={**os.environ, **environment},
        cwd=folder,
        check=True,
        timeout=60,
    )
    return (folder / "kit.zip").read_bytes()


def test_every_part_is_the_same_in_another_process_and_time_zone(tmp_path: Path) -> None:
    """Sets and dictionaries, the clock, the locale, the user's mask: none of it is in the bytes."""
    first = _built(tmp_path / "1", PYTHONHASHSEED="1", TZ="UTC", LANG="C.UTF-8")
    before = os.umask(0o077)
    try:
        again = _built(tmp_path / "another", PYTHONHASHSEED="2", TZ="Asia/Kolkata", LANG="de_DE.UTF-8")
    finally:
        os.umask(before)
    assert hashlib.sha256(again).digest() == hashlib.sha256(first).digest()
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        infos = archive.infolist()
    names = [info.filename for info in infos]
    assert {name.rpartition("/")[2] for name in names} >= {
        "manifest.json", "enhanced.jpg", "original.mp4", "script.txt", "timeline.otio", "LICENCES.md", "PROVENANCE.md",
        "video.mp4", "cover.jpg", "captions.srt", "captions.vtt", "part-1.mp4", "part-2.srt", "caption.txt",
        "hashtags.txt", "settings.json", "conformance.json", "instructions.md", "instructions.html", "prompt.txt",
        "checklist.md",
    }  # fmt: skip
    assert names[0] == "manifest.json"
    assert {(info.date_time, info.external_attr, info.create_system, info.extra) for info in infos} == {
        ((2020, 1, 1, 0, 0, 0), 0o644 << 16, 3, b"")
    }


async def test_an_order_carried_out_again_gives_the_same_archive(
    start_export: Any, a_source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a crash: on another day, when the film has been brought into a platform's shape once more since."""
    export = await start_export()
    source = await a_source(export)
    await export.tell(*(source.rendition(platform) for platform in Platform))
    made = await export.wait_for(RenditionCompleted, 3)
    kit = source.kit({event.platform.value: event.outputs["video"] for event in made})
    await export.tell(kit)
    (first,) = await export.wait_for(KitCompleted)
    with zipfile.ZipFile(io.BytesIO(await export.store.read(first.kit))) as archive:
        provenance = archive.read("PROVENANCE.md").decode()
        assert "no signer is set up" in provenance
        assert b"compositeWithTrainedAlgorithmicMedia" in archive.read("original.mp4")
        assert b"compositeWithTrainedAlgorithmicMedia" in archive.read("enhanced.jpg")

    await export.tell(source.rendition(Platform.TIKTOK, captions=Captions.BURNED))
    await export.wait_for(RenditionCompleted, 4)
    await export.execute("UPDATE kit_orders SET status = 'pending', answer = NULL, completed_at = NULL")
    now = export.database.clock.now()
    monkeypatch.setattr(type(export.database.clock), "now", lambda self: now + timedelta(days=3))
    token = ids.uuid7()
    await export.execute(
        "INSERT INTO work (id, kind, payload, run_after, lease_token, lease_until) "
        "VALUES ($1, 'export.kit', '{}', now(), $2, now() + interval '9 days')",
        kit.kit_id,
        token,
    )
    runner = KitRunner(export.database, export.store, keep_for=timedelta(days=30))
    await runner.run(WorkItem(kit.kit_id, "export.kit", {"context": {}}, 1, token))
    ((again,),) = [tuple(row) for row in await export.fetch("SELECT answer FROM kit_orders")]
    again = KitCompleted.model_validate(again)
    assert again.files == first.files
    assert again.kit == first.kit
