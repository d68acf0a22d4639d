"""Looking for malicious content: a port, and a local scanner that knows the industry's test pattern (FIL-13)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from contracts.enums import ScanStatus

# In two halves, so that this source is not taken for the test file itself.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test pattern that every scanner reports although it is harmless (EICAR, 2003)."""

_CHUNK = 1 << 20


class Scan(NamedTuple):
    """What a scanner says; ``found`` names what it found."""

    status: ScanStatus
    found: str | None = None


class Scanner(Protocol):
    """Looks at files. A scanner that cannot look answers ``pending``: the file is kept but cannot be used. One that can
    never look at this file answers ``error``: nobody may wait for it.
    """

    async def scan(self, path: Path) -> Scan:
        """Judge the content of ``path``."""
        ...


class PatternScanner:
    """Looks for byte patterns anywhere in a file. It knows only what it is given: by default the test pattern."""

    def __init__(self, patterns: Sequence[tuple[str, bytes]] = (("EICAR-Test-File", EICAR),)) -> None:
        self._patterns = tuple(patterns)
        self._overlap = max(len(pattern) for _, pattern in self._patterns) - 1

    async def scan(self, path: Path) -> Scan:
        """``infected`` when a pattern occurs, else ``clean``; ``pending`` when the file cannot be read."""
        try:
            found = await asyncio.to_thread(self._search, path)
        except OSError:
            return Scan(ScanStatus.PENDING)
        return Scan(ScanStatus.CLEAN) if found is None else Scan(ScanStatus.INFECTED, found)

    def _search(self, path: Path) -> str | None:
        tail = b""
        with path.open("rb") as source:
            while chunk := source.read(_CHUNK):
                window = tail + chunk
                for name, pattern in self._patterns:
                    if pattern in window:
                        return name
                tail = window[-self._overlap :]
        return None
