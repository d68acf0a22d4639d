"""What is printed: for people, on any terminal, in any locale. Foreign text is shown as it is, and is never markup."""

from __future__ import annotations

import codecs
import errno
import json
import os
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console

_PLAIN = {
    **{"₹": "Rs ", "…": "...", "✓": "*", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "×": "x"},
    **dict.fromkeys("\u2068\u2069\u200e\u200f\u200b\ufeff", ""),
    **dict.fromkeys("━╸╺─", "-"),
}
"""What stands for a sign where the output's encoding has none."""

_OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_NARROWEST = 8  # cells: below that, a column that gives way is left out


class Printer(Console):
    """A console that takes nothing for markup, and breaks no line: terminals do, and an id or a path stays whole."""

    def __init__(self, *, stderr: bool = False, file: Any = None, **options: Any) -> None:
        # No columns at all is no width: nothing would be printed.
        environment = {name: value for name, value in os.environ.items() if (name, value) != ("COLUMNS", "0")}
        super().__init__(
            stderr=stderr, file=file, markup=False, emoji=False, highlight=False, _environ=environment, **options
        )

    def say(self, *parts: str | tuple[str, str]) -> None:
        """One line; a part is text, or text and its style."""
        for part in parts[:-1]:
            self._part(part, end="")
        self._part(parts[-1], end="\n")

    def _part(self, part: str | tuple[str, str], *, end: str) -> None:
        text, style = part if isinstance(part, tuple) else (part, None)
        self.print(text, style=style, end=end, soft_wrap=True)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, gives_way: bool = False) -> None:
        """Rows under their heads, without the columns that are empty; where they do not fit, lines instead.

        ``gives_way``: the last column may be cut, or left out.
        """
        kept = [number for number, _ in enumerate(heads) if any(row[number] for row in rows)]
        lines = [[heads[number] for number in kept], *([row[number] for number in kept] for row in rows)]
        widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
        room = self.width if self.is_terminal or "COLUMNS" in os.environ else sys.maxsize
        if gives_way and kept[-1:] == [len(heads) - 1]:
            left = room - sum(widths[:-1]) - 2 * len(widths[:-1])
            widths[-1] = min(widths[-1], left)
            if left < _NARROWEST:
                lines, widths = [line[:-1] for line in lines], widths[:-1]
        if sum(widths) + 2 * (len(widths) - 1) <= room:
            for line in lines:
                cells = zip(line, widths, strict=True)
                self.say("  ".join(set_cell_size(cell, width) for cell, width in cells).rstrip())
            return
        for first, *others in lines[1:]:
            self.say(first)
            if any(others):
                self.say("  " + ", ".join(filter(None, others)))


def foreign(text: str) -> str:
    """``text`` of somebody else's making as one harmless piece: control signs escaped, right-to-left kept to itself."""
    shown = "".join(_escaped(sign) if _moves_the_cursor(sign) else sign for sign in text)
    if any(unicodedata.bidirectional(sign) in ("R", "AL", "AN") for sign in shown):
        return f"\u2068{shown}\u2069"
    return shown


def _moves_the_cursor(sign: str) -> bool:
    return unicodedata.category(sign) in ("Cc", "Zl", "Zp") or sign in _OVERRIDES


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode("ascii")


def print_json(value: object) -> None:
    """One JSON value on standard output, in signs that its encoding has."""
    _print_json(value, indent=2)


def print_line(value: object) -> None:
    """One JSON value on a line of its own: for what comes one by one."""
    _print_json(value, indent=None)


def _print_json(value: object, *, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=indent)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class _Unheard:
    """A standard stream that goes on when nobody can read it any more; ``trouble`` is why, unless a reader has left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.trouble: OSError | None = None

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError as error:
            self._leave(error)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            self._leave(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _leave(self, error: OSError) -> None:
        if error.errno != errno.EPIPE:
            self.trouble = self.trouble or error
        # What is still in the buffer has to go somewhere when the process ends.
        with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())


@contextmanager
def legible() -> Iterator[None]:
    """While a command runs: what is printed fits the output's encoding, and an output that is gone ends nothing.

    Exits with 1 when something else than the reader's leaving kept it from being printed.
    """
    codecs.register_error("legible", _replaced)
    before = sys.stdout, sys.stderr
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(number))
        stream = getattr(sys, name)
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="legible")
    sys.stdout, sys.stderr = out, _ = _Unheard(sys.stdout), _Unheard(sys.stderr)
    try:
        yield
    finally:
        out.flush()
        sys.stdout, sys.stderr = before
        if out.trouble is not None:
            Printer(stderr=True).say(("Error", "red"), f": What was to be printed is lost: {out.trouble.strerror}.")
            raise SystemExit(1)


def _nowhere(number: int) -> TextIO:
    # The place is taken, so that no file or socket of ours is opened in it and written to as if it were the output.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
    return open(number, "w", encoding="utf-8", closefd=False)


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_plain, error.object[error.start : error.end])), error.end


def _plain(sign: str) -> str:
    if sign in _PLAIN:
        return _PLAIN[sign]
    if "\udc80" <= sign <= "\udcff":
        return f"\\x{ord(sign) & 0xFF:02x}"
    base = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode("ascii")
    return base or ("" if unicodedata.combining(sign) else "?")
