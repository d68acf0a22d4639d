"""How commands end: the one table, shown in ``--help`` and in the reference."""

from __future__ import annotations

FAILED, WRONG_USE, REFUSED, STOPPED = 1, 2, 3, 130

EXITS: dict[int, str] = {
    0: "done",
    FAILED: "failed: a run, a file, or nobody answers",
    WRONG_USE: "the command line is wrong; nothing was sent",
    REFUSED: "the platform said no",
    STOPPED: "stopped by Ctrl-C or SIGTERM; what became of the work is said",
}


def table() -> str:
    """The table, a line each."""
    return "\n".join(f"{code:>4}  {meaning}" for code, meaning in EXITS.items())
