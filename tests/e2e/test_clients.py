"""The client libraries: true to the API's document, and ten lines from a new folder to a finished video."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from clients.tools.python import PACKAGE, files
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from tests.documents import REPOSITORY, blocks, running_at
from tests.e2e.people import PASSWORD, Person, until

from talkingphoto_client import ApiError, AsyncTalkingPhoto, Invalid, Progress
from talkingphoto_client.generated import calls

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

LEFT_OUT = {
    "POST /api/v1/ai/image/edit/preview",
    "POST /api/v1/ai/audio/preview",
    "GET /api/v1/objects/{key}",
    "GET /api/v1/workflows/{workflow_id}/approvals/{step}/previews/{name}",
    "POST /api/v1/batches",
    "POST /api/v1/files/multipart",
    "PATCH /api/v1/files/multipart/{multipart_id}",
}
"""What is sent or answered there is of a type that the public generator has no words for: any at all, a picture or a
sound, parts of a file, CSV."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def document(embedded: Any) -> dict[str, Any]:
    async with Person(embedded.url) as anybody:

        async def whole() -> dict[str, Any] | None:
            found: dict[str, Any] = (await anybody.ask("GET", "/api/openapi.json")).json()
            return found if "Not answering" not in found["info"]["description"] else None

        return await until(whole, within_s=120)


def test_what_is_committed_is_what_the_api_says_now(document: dict[str, Any]) -> None:
    changed = [
        str(path.relative_to(PACKAGE))
        for path, text in files(document).items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    assert changed == [], "Run `make client`."
    made = set((PACKAGE / "generated").glob("*.py")) | set((PACKAGE / "sync").glob("*.py"))
    assert made - set(files(document)) == {PACKAGE / "generated" / "__init__.py"}


def test_a_public_generator_understands_the_document_too(document: dict[str, Any]) -> None:
    config = Config.from_sources(
        ConfigFile(), MetaType.NONE, Path("openapi.json"), file_encoding="utf-8", overwrite=True, output_path=None
    )
    parsed = GeneratorData.from_dict(document, config=config)
    assert isinstance(parsed, GeneratorData), parsed
    found = [error.header for tag in parsed.endpoint_collections_by_tag.values() for error in tag.parse_errors]
    assert {match[1] for header in found if (match := re.search(r"parsing (\w+ \S+) within", header))} == LEFT_OUT
    assert not parsed.errors


async def test_in_a_new_folder_ten_lines_of_the_quick_start_make_a_video(
    embedded: Any, portrait: Path, tmp_path: Path
) -> None:
    [lines] = [block.text for block in blocks(REPOSITORY / "docs" / "quickstart.md") if block.language == "python"]
    assert len([line for line in lines.splitlines() if line.strip()]) <= 10
    uv = [str(Path(sys.executable).with_name("uv")), "--quiet"]
    here = ["--python", sys.executable]
    wheel = ["build", "--wheel", "--no-build-isolation", *here, "--out-dir", str(tmp_path)]
    await asyncio.to_thread(subprocess.run, [*uv, *wheel, str(REPOSITORY / "clients/python")], check=True)
    [built] = tmp_path.glob("talkingphoto_client-*.whl")
    into = ["pip", "install", "--no-deps", "--offline", *here, "--target", str(tmp_path / "site"), str(built)]
    await asyncio.to_thread(subprocess.run, [*uv, *into], check=True)
    folder = tmp_path / "new folder"
    folder.mkdir()
    (folder / "me.jpg").write_bytes(portrait.read_bytes())
    asha = f"asha-{secrets.token_hex(5)}@example.com"
    program = running_at(embedded.url, lines).replace("asha@example.com", asha)
    (folder / "ten.py").write_text(program, encoding="utf-8")
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        "ten.py",
        cwd=folder,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, wrong = (said.decode() for said in await made.communicate())
    assert made.returncode == 0, wrong[-3000:]
    assert (folder / "hello.mp4").read_bytes()[4:8] == b"ftyp"
    assert "100%" in out
    # What ran is the wheel, and not what is installed beside it to be worked on.
    where = "import talkingphoto_client as it; print(it.__file__)"
    asked = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-c", where], env={"PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True
    )
    assert asked.stdout.startswith(str(tmp_path))


async def test_pictures_lists_and_refusals_by_the_awaited_client(embedded: Any, portrait: Path, tmp_path: Path) -> None:
    told: list[Progress] = []
    async with AsyncTalkingPhoto(embedded.url) as client:
        email = f"asha-{secrets.token_hex(5)}@example.com"
        await client.register(email, PASSWORD, name="Asha")
        client.uploads._piece = 20_000
        photo = await client.uploads.send(portrait, on_progress=told.append)
        assert len(told) > 2 and told[-1].share == 1.0
        assert (await client.uploads.look(photo))["mime_type"] == "image/jpeg"
        job = await client.pictures.edit(portrait, [{"op": "crop", "aspect": "1:1"}])
        await job.wait(told.append, within_s=120)
        assert set(await job.download_all(tmp_path)) == {"image"}
        jobs = [one async for one in client.pages(calls.list_jobs)]
        assert [one["id"] for one in jobs] == [job.id]
        order = {"input_file_id": photo, "script": "Hi.", "target_duration": 0}
        with pytest.raises(Invalid) as caught:
            await client.request("POST", "/api/v1/workflows", order)
        assert "target_duration" in json.dumps(caught.value.fields) and caught.value.request_id

        # Films are another product's, whose account opens a moment after the first login to it.
        await client.log_in(email, PASSWORD, line="filmstudio")

        async def planned() -> Any:
            try:
                return await client.films.plan("A harbour at dawn.\n\nBoats leave.", title="Harbour", duration=1)
            except ApiError:
                return None

        plan = await until(planned)
        assert [shot for scene in plan["scenes"] for shot in scene["shots"]]
