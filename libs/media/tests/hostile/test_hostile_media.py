"""S-20 for sound and video: probing absurd files is bounded in time and memory and reaches nothing outside."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from types import ModuleType

from media.errors import BadMedia, ResourceExceeded
from media.sandbox import parent as sandbox

LONGEST_S = 5.0
SECRET = "canary-of-another-folder"


def test_hostile_media_is_refused_or_bounded(media_corpus: ModuleType, job_dir: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET, encoding="ascii")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        samples = list(media_corpus.hostile_media(str(secret), address))
        assert len(samples) >= 50
        wrong, refused = [], 0
        for name, data in samples:
            (job_dir / name).write_bytes(data)
            started = time.monotonic()
            try:
                answer = repr(
                    sandbox.run("media.video.probe:probe", Path(name), memory_mb=512, cpu_s=4, job_dir=job_dir)
                )
            except (BadMedia, ResourceExceeded):
                refused += 1
            else:
                playlist = name.startswith(("hls", "concat", "dash", "sdp", "smil", "ass"))
                if playlist or SECRET in answer:
                    wrong.append(name)
            if time.monotonic() - started > LONGEST_S:
                wrong.append(f"{name}: too slow")
        assert wrong == []
        assert refused >= 30
        try:
            server.accept()
        except TimeoutError:
            return
    raise AssertionError("something connected to the address in a playlist")
