"""What a child says beside its log is in ours, and at hand when it has ended."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from structlog.testing import capture_logs

from talkingphoto_runner.words import Words

CHILD = """
import os, sys
sys.stderr.write("free(): invalid pointer\\n")
print('{"message": "leaked"}')
print("no end", end="", flush=True)
if os.fork() == 0:
    os.read(0, 1)  # somebody who has the pipe too, and lives on
"""


async def test_every_line_is_logged_and_the_last_ones_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "export.worker.log"
    file.write_text('{"message": "database.away", "level": "warning", "error": "refused"}\n{"half\n')
    words = Words("export.worker", file)
    with capture_logs() as logged:
        output = await words.hear()
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, stdin=asyncio.subprocess.PIPE, stdout=output, stderr=output
        )
        os.close(output)
        async with asyncio.timeout(5):
            while child.returncode is None:
                await asyncio.sleep(0.01)
        async with asyncio.timeout(5):
            while len(logged) < 2:
                await asyncio.sleep(0.01)
    words.close()
    assert child.stdin is not None
    child.stdin.close()
    await child.wait()
    assert [(line["part"], line["said"]) for line in logged] == [
        ("export.worker", "free(): invalid pointer"),
        ("export.worker", {"message": "leaked"}),
    ]
    assert words.last() == [
        "warning database.away refused",
        '{"half',
        "free(): invalid pointer",
        '{"message": "leaked"}',
    ]
