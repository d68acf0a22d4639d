"""A client that a generator makes of the API document: it registers, logs in, uploads, orders and follows."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import secrets
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_asyncio
from httpx_sse import aconnect_sse
from tests.e2e.people import Person, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]

PASSWORD = "monsoon-42-lamp"
PACKAGE = "talkingphoto_generated"

LEFT_OUT = {
    "POST /api/v1/ai/image/edit/preview",
    "GET /api/v1/objects/{key}",
    "GET /api/v1/workflows/{workflow_id}/approvals/{step}/previews/{name}",
    "POST /api/v1/batches",
    "POST /api/v1/files/multipart",
    "PATCH /api/v1/files/multipart/{multipart_id}",
}
"""What is sent or answered there is of a type that the generator has no words for: any at all, a picture or a sound,
parts of a file, CSV."""


class Generated:
    """The package that the generator wrote."""

    def __init__(self, warnings: set[str]) -> None:
        self.warnings = warnings

    def __getattr__(self, name: str) -> ModuleType:
        return importlib.import_module(f"{PACKAGE}.{name.replace('__', '.')}")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def generated(embedded: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Generated]:
    folder = tmp_path_factory.mktemp("generated")
    document = folder / "openapi.json"
    async with Person(embedded.url) as anybody:

        async def whole() -> bytes | None:
            found = (await anybody.ask("GET", "/api/openapi.json")).content
            return found if b"Not answering" not in found else None

        document.write_bytes(await until(whole))
    made = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("openapi-python-client")),
        "generate",
        "--path",
        str(document),
        "--meta",
        "none",
        "--output-path",
        str(folder / PACKAGE),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said = (await made.communicate())[0].decode()
    assert made.returncode == 0, said[-2000:]
    sys.path.insert(0, str(folder))
    try:
        yield Generated(set(re.findall(r"WARNING parsing (\w+ \S+)", said)))
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]


def test_the_generator_understands_the_whole_document(generated: Generated) -> None:
    assert generated.warnings == LEFT_OUT


async def test_it_registers_logs_in_uploads_orders_and_follows(
    embedded: Any, generated: Generated, portrait: Path
) -> None:
    models: Any = generated.models
    person = {"email": f"asha-{secrets.token_hex(5)}@example.com", "password": PASSWORD}
    consents = [{"kind": "terms"}, {"kind": "privacy"}]
    anybody = generated.client.Client(base_url=embedded.url, httpx_args={"trust_env": False})
    async with anybody:
        body = models.UsersRegisterIn.from_dict(person | {"consents": consents})
        account = await generated.api__users__register.asyncio(client=anybody, body=body)
        assert isinstance(account, models.UsersUserOut)
        assert account.email == person["email"]
        wrong = models.UsersLoginIn.from_dict(person | {"password": "wrong-password-1"})
        refused = await generated.api__sessions__login.asyncio(client=anybody, body=wrong)
        assert isinstance(refused, models.Error)
        assert refused.error.code == "wrong_credentials"
        tokens = await generated.api__sessions__login.asyncio(
            client=anybody, body=models.UsersLoginIn.from_dict(person)
        )
        assert isinstance(tokens, models.UsersTokensOut)
    known = generated.client.AuthenticatedClient(
        base_url=embedded.url, token=tokens.access_token, httpx_args={"trust_env": False}
    )
    async with known:
        photo = generated.types.File(payload=BytesIO(portrait.read_bytes()), file_name="me.jpg", mime_type="image/jpeg")
        uploaded = await generated.api__files__upload_file.asyncio(client=known, body=models.UploadFileBody(file=photo))
        assert isinstance(uploaded, models.WorkflowFileOut), uploaded
        order = {
            "input_file_id": str(uploaded.id), "script": "Hi.", "target_platforms": ["tiktok"], "target_duration": 1,
        }  # fmt: skip
        accepted = await generated.api__workflows__create_workflow.asyncio(
            client=known, body=models.WorkflowWorkflowIn.from_dict(order)
        )
        assert isinstance(accepted, models.WorkflowWorkflowAccepted), accepted
        # The generator knows no streams; what is said on one it reads.
        path = f"/api/v1/workflows/{accepted.id}/events"
        async with asyncio.timeout(120), aconnect_sse(known.get_async_httpx_client(), "GET", path) as stream:
            said = [models.NotifyWorkflowEvent.from_dict(json.loads(one.data)) async for one in stream.aiter_sse()]
        assert [update.sequence for update in said] == sorted({update.sequence for update in said})
        assert said[-1].state == "completed"
        status = await generated.api__workflows__get_workflow_status.asyncio(workflow_id=accepted.id, client=known)
        assert isinstance(status, models.WorkflowStatusOut)
        assert status.status == "completed"
        got = await generated.api__workflows__get_workflow.asyncio(workflow_id=accepted.id, client=known)
        assert got.to_dict()["credits"]["captured"] == 1
