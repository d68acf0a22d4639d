"""What a child says beside its log is in ours, and at hand when it has ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from structlog.testing import capture_logs

from talkingphoto_runner.words import Words

CHILD = """
import os, sys, time
sys.stderr.write("free(): invalid pointer\\n")
heir = os.fork()
if heir == 0:
    time.sleep(600)  # somebody who has the pipe too, and lives on
print('{"heir": %d}' % heir)
print("no end", end="", flush=True)
os._exit(0)
"""


async def test_every_line_is_logged_and_the_last_ones_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "export.worker.log"
    file.write_text('{"message": "database.away", "level": "warning", "error": "refused"}\n{"half\n')
    words = Words("export.worker", file)
    with capture_logs() as logged:
        output = await words.hear()
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stdout=output, stderr=output)
        os.close(output)
        async with asyncio.timeout(10):
            assert await child.wait() == 0
            while len(logged) < 2:
                await asyncio.sleep(0.01)
        heir = logged[1]["said"]["heir"]
        os.kill(heir, signal.SIGKILL)
        async with asyncio.timeout(10):
            while len(logged) < 3:
                await asyncio.sleep(0.01)
    words.close()
    assert [line["part"] for line in logged] == ["export.worker"] * 3
    assert [line["said"] for line in logged] == ["free(): invalid pointer", {"heir": heir}, "no end"]
    assert words.last() == [
        "warning database.away refused",
        '{"half',
        "free(): invalid pointer",
        f'{{"heir": {heir}}}',
        "no end",
    ]
