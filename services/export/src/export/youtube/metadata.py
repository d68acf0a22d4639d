"""Title, description and tags of a video, within what YouTube accepts. Pure.

Limits: developers.google.com/youtube/v3/docs/videos (snippet): a title of 100 characters, a description of 5000 bytes,
tags of 500 characters together, where a tag with a space counts two more and commas count; no ``<`` and ``>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.enums import WorkflowType
from export.kits.suggestions import caption, hashtags, shortened
from export.templates.starting import HASHTAGS

TITLE_CHARACTERS = 100
DESCRIPTION_BYTES = 5000
TAGS_CHARACTERS = 500
_MOST_TAGS = 15
_PEOPLE_AND_BLOGS = "22"
_BRACKETS = str.maketrans({"<": "‹", ">": "›"})


def tag_of(upload_id: UUID) -> str:
    """The tag that an upload's video is found by when its answer was lost. Only the channel's owner sees tags."""
    return f"tp{upload_id.hex}"


def resource(
    upload_id: UUID, *, title: str, script: str, workflow_type: WorkflowType | None, language: str, privacy: str
) -> dict[str, Any]:
    """The video resource of ``videos.insert``, parts ``snippet`` and ``status``."""
    words = hashtags(title, script, HASHTAGS.get(workflow_type, ()) if workflow_type else (), most=_MOST_TAGS)
    # YouTube asks that realistic media made with AI is declared as such.
    status = {"privacyStatus": privacy, "selfDeclaredMadeForKids": False, "containsSyntheticMedia": True}
    snippet = {
        "title": _title(title),
        "description": _description(title, script),
        "tags": _tags([tag_of(upload_id), *(word.removeprefix("#") for word in words)]),
        "categoryId": _PEOPLE_AND_BLOGS,
        "defaultLanguage": language,
    }
    return {"snippet": snippet, "status": status}


def _title(title: str) -> str:
    return shortened(" ".join(title.translate(_BRACKETS).split()), TITLE_CHARACTERS) or "Video"


def _description(title: str, script: str) -> str:
    limit = DESCRIPTION_BYTES
    text = caption(title, script, limit=limit).translate(_BRACKETS)
    while len(text.encode()) > DESCRIPTION_BYTES:
        # Shortened by whole sentences, until the bytes of its script fit.
        limit = min(limit, len(text)) - 50
        text = caption(title, script, limit=limit).translate(_BRACKETS)
    return text


def _tags(wanted: Sequence[str]) -> list[str]:
    kept: list[str] = []
    left = TAGS_CHARACTERS
    for tag in wanted:
        clean = "".join(tag.split()).translate(str.maketrans("", "", '<>,"'))
        if clean and clean not in kept and len(clean) + 1 <= left:
            kept.append(clean)
            left -= len(clean) + 1
    return kept
