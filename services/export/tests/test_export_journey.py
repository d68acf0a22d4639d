"""From one video to every platform and a kit, as the orchestrator asks for it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

from contracts.enums import Platform
from contracts.export import KitCompleted, KitFailed, RenditionCompleted, RenditionFailed


async def test_renditions_and_a_kit(start_export: Any, a_source: Any) -> None:
    """Three platforms from one decode, with captions and posters; a kit whose manifest tells the truth."""
    export = await start_export()
    source = await a_source(export)
    orders = [source.rendition(platform) for platform in Platform]
    await export.tell(*orders)
    made = {event.platform: event for event in await export.wait_for(RenditionCompleted, 3)}
    assert export.events(RenditionFailed) == []
    assert {event.rendition_id for event in made.values()} == {order.rendition_id for order in orders}
    assert (made[Platform.TIKTOK].width, made[Platform.TIKTOK].height) == (180, 320)
    assert (made[Platform.YOUTUBE].width, made[Platform.YOUTUBE].height) == (320, 180)
    assert abs(made[Platform.INSTAGRAM].duration - 2.0) < 0.2
    assert set(made[Platform.YOUTUBE].outputs) == {"video", "poster", "srt", "vtt"}
    assert made[Platform.TIKTOK].outputs["video"].sha256 == made[Platform.INSTAGRAM].outputs["video"].sha256
    assert made[Platform.TIKTOK].outputs["video"].key != made[Platform.INSTAGRAM].outputs["video"].key
    captions = await export.store.read(made[Platform.YOUTUBE].outputs["srt"])
    assert b"Hello there" in captions
    assert len(await export.fetch("SELECT DISTINCT work_id FROM renditions")) == 1

    kit = source.kit({event.platform.value: event.outputs["video"] for event in made.values()})
    await export.tell(kit)
    (done,) = await export.wait_for(KitCompleted)
    assert export.events(KitFailed) == []
    archive = zipfile.ZipFile(io.BytesIO(await export.store.read(done.kit)))
    assert tuple(archive.namelist()) == done.files
    manifest = json.loads(archive.read("manifest.json"))
    assert set(manifest["files"]) == set(done.files) - {"manifest.json"}
    for name, about in manifest["files"].items():
        data = archive.read(name)
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (about["sha256"], about["size"]), name
    for platform in Platform:
        names = {name.split("/", 1)[1] for name in done.files if name.startswith(f"{platform}/")}
        assert names >= {
            "video.mp4", "cover.jpg", "captions.srt", "captions.vtt", "caption.txt", "hashtags.txt",
            "instructions.md", "instructions.html", "checklist.md", "settings.json", "prompt.txt", "conformance.json",
        }  # fmt: skip
        conformance = json.loads(archive.read(f"{platform}/conformance.json"))
        rules = {rule["rule"]: rule for rule in conformance["files"]["video.mp4"]}
        assert rules["loudness_lufs"]["holds"], rules["loudness_lufs"]
        # The film has two seconds; Instagram takes none below three.
        assert conformance["conforms"] is (platform != Platform.INSTAGRAM), conformance
    assert {"LICENCES.md", "timeline.otio"} <= set(done.files)
    assert "Hello there" in archive.read("timeline.otio").decode()
    assert "#kettle" in archive.read("tiktok/hashtags.txt").decode()

    await export.tell(source.paid())
    caller = {"Authorization": f"Bearer {source.user_id}"}
    answer = (await export.http.get(f"/api/v1/export/kits/{source.run_id}", headers=caller)).json()
    assert answer["package"]["sha256"] == done.kit.sha256
    assert set(answer["renditions"]) == {platform.value for platform in Platform}
    stranger = {"Authorization": f"Bearer {kit.kit_id}"}
    assert (await export.http.get(f"/api/v1/export/kits/{source.run_id}", headers=stranger)).status_code == 404
