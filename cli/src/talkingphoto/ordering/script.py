"""The words: from the command line, a file or standard input, in whatever encoding editors write."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from talkingphoto.ordering.length import seconds_of

_LARGEST = 1_000_000  # bytes: a script is a few thousand characters
_LONGEST_TITLE = 255
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before UTF-16, whose mark the one of little-endian UTF-32 begins with.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BadWords(ValueError):
    """The script cannot be read, or says nothing; the text says what to do."""


def words_of(script: str | None, file: Path | None, *, encoding: str | None = None) -> str:
    """The script that was given, with line ends of one kind. Raises :class:`BadWords`."""
    if script is not None and file is not None:
        raise BadWords("Give the words with --script or with --script-file, not with both.")
    if file is not None:
        words = _read(file, encoding)
    elif script is not None:
        words = given("--script", script)
    else:
        raise BadWords("Give the words with --script or with --script-file.")
    if "\x00" in words:
        raise BadWords("The script has a NUL in it, so it is no text. Save it as plain text in UTF-8.")
    if not seconds_of(words, "en"):
        raise BadWords("The script has nothing to say. Write what the photo should say.")
    return words.replace("\r\n", "\n").replace("\r", "\n")


def title_of(title: str) -> str:
    """The title that was given. Raises :class:`BadWords` for one that the platform would not take."""
    if len(title) > _LONGEST_TITLE:
        raise BadWords(f"--title has {len(title)} characters; {_LONGEST_TITLE} are taken. Shorten it.")
    return given("--title", title)


def given(option: str, text: str) -> str:
    """The text of an option. Raises :class:`BadWords` for bytes that the terminal's encoding does not have."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise BadWords(f"{option} is not valid {sys.getfilesystemencoding().upper()}. Put it into a file.") from None
    return text


def _read(file: Path, encoding: str | None) -> str:
    name = "standard input" if file == Path("-") else str(file)
    try:
        if file == Path("-"):
            data = sys.stdin.buffer.read(_LARGEST + 1) if sys.stdin is not None else b""
        else:
            with file.open("rb") as stream:
                data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise BadWords(f"{name} cannot be read: {error.strerror}.") from error
    if len(data) > _LARGEST:
        raise BadWords(f"{name} is too long for a script: more than {_LARGEST:,} bytes.")
    if encoding is None:
        encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        where = f"byte 0x{data[error.start]:02x} at {error.start}"
        raise BadWords(
            f"{name} is not {encoding.removesuffix('-sig').upper()} ({where}). "
            "Save it as UTF-8, or say what it is: --encoding cp1252."
        ) from None
    except (LookupError, UnicodeError):
        raise BadWords(f"There is no encoding {encoding}. Try utf-8, utf-16, cp1252 or latin-1.") from None
