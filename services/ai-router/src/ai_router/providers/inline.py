"""Media inside a JSON answer, taken out without holding the answer in memory."""

from __future__ import annotations

import base64
import binascii
import json
import mmap
import re
from pathlib import Path
from typing import Any

_CHUNK = 3 * 1024 * 1024
"""Characters decoded at a time; a multiple of four."""


class NoMedia(ValueError):
    """The answer is not whole JSON, or the field is not there, or it is not base64."""


def take(answer: Path, field: str, media: Path) -> Any:
    """Decode the first text field named ``field`` of a JSON file into ``media``.

    Returns the decoded JSON with that text empty. Raises :class:`NoMedia`.
    """
    if not answer.stat().st_size:
        raise NoMedia("the answer is empty")
    with answer.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as body:
        begins = re.search(rb'"' + re.escape(field.encode()) + rb'"\s*:\s*"', body)
        if begins is None:
            raise NoMedia(f"no {field} in the answer")
        start = begins.end()
        end = body.find(b'"', start)
        if end < 0:
            raise NoMedia("the answer ends inside the media")
        try:
            rest = json.loads(body[:start] + body[end:])
            with media.open("wb") as out:
                for at in range(start, end, _CHUNK):
                    text = body[at : min(at + _CHUNK, end)].translate(_STANDARD)
                    out.write(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError) as wrong:
            raise NoMedia(str(wrong)) from wrong
    return rest


_STANDARD = bytes.maketrans(b"-_", b"+/")
