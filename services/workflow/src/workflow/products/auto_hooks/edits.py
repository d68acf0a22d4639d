"""The edit lists of clips, as an order keeps them: every version of each, and which of them counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from media.clips.edits import EditList, History, Kept
from workflow.products.auto_hooks.input import AutoHooksInput


def history_of(order: AutoHooksInput, number: str, moment: Mapping[str, Any], source: str) -> History:
    """The versions of the clip of a ``moment``; ``source`` is the digest of the video. It begins with the whole moment
    in the order's look."""
    kept = order.edits.get(number)
    if kept is not None:
        return History.read(kept)
    whole = Kept(moment["start"], moment["end"])
    return History.of(EditList(source, (whole,), aspect=order.aspect, layout=order.layout, captions=order.captions))


def parameters_of(edit: EditList) -> dict[str, Any]:
    """What of an edit list a renderer is asked for. What is usual is not said, so that a clip that was never edited is
    asked for as one whose edits were all undone."""
    plain = edit.plain()
    said = {name: plain[name] for name in ("kept", "aspect", "layout", "captions")}
    return said | {name: plain[name] for name in ("rewritten", "title") if plain[name]}
