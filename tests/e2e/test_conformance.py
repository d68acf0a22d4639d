"""The API document is what is served: Schemathesis asks every operation, in form and out of it, and compares."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import sys
from pathlib import Path

import httpx
import pytest

from talkingphoto.client import Client, Credentials
from talkingphoto_runner.embedded import EmbeddedPlatform

pytestmark = [pytest.mark.journey, pytest.mark.timeout(3600)]

EXAMPLES = os.environ.get("CONFORMANCE_EXAMPLES", "4")
"""Of each operation and kind; ``make chaos`` asks for more."""

SETTINGS = Path(__file__).with_name("schemathesis.toml")

ENDS_ITS_OWN_SESSION = "^(logout|end_session|end_other_sessions|delete_me)$"
FOR_OPERATORS = (
    "^(get_clock|get_workflow_history|undo_workflow|unpark_workflow|list_files|list_audit|list_users|get_user"
    "|change_user|list_erasures|list_flags|put_flag|remove_flag|list_all_plans|edit_plan|unit_costs|cost_estimate|margins|user_costs|give_credits"
    "|give_money_back)$"
)


async def token_of(platform: EmbeddedPlatform, *, role: str = "user") -> str:
    """The ``Authorization`` header of somebody new."""
    credentials = Credentials(f"asha-{secrets.token_hex(5)}@example.com", "monsoon-42-lamp")
    async with Client(platform.url) as client:
        await client.register(credentials, name="Asha")
        async with platform.databases["users"].connection() as users:
            await users.execute("UPDATE users SET role = $1 WHERE email = $2", role, credentials.email)
        await client.log_in(credentials)
        token: str = client._http.headers["Authorization"]
    return token


@pytest.mark.parametrize(
    ("role", "which"),
    [
        ("user", ("--exclude-operation-id-regex", ENDS_ITS_OWN_SESSION)),
        ("user", ("--include-operation-id-regex", ENDS_ITS_OWN_SESSION)),
        ("admin", ("--include-operation-id-regex", FOR_OPERATORS)),
    ],
    ids=["everything", "sessions", "operators"],
)
async def test_every_operation_does_as_the_document_says(
    unlimited: EmbeddedPlatform, role: str, which: tuple[str, str], tmp_path: Path
) -> None:
    async with httpx.AsyncClient(timeout=60) as http:
        # Put together when it is first asked for: on a slow machine that takes longer than Schemathesis waits.
        (await http.get(f"{unlimited.url}/api/openapi.json")).raise_for_status()
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file",
        str(SETTINGS),
        "run",
        f"{unlimited.url}/api/openapi.json",
        "--header",
        f"Authorization: {await token_of(unlimited, role=role)}",
        "--max-examples",
        EXAMPLES,
        "--seed",
        "1",
        "--continue-on-failure",
        "--no-color",
        *which,
        # It keeps what it finds where it runs.
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, said.decode()[-20_000:]
    asked = re.search(r"Tested: (\d+)", said.decode())
    assert asked is not None and int(asked[1]) >= 3, said.decode()[-20_000:]
