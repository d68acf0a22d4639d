"""What we ask image models to do, by enhancement type. One place, so that every vendor is asked for the same thing."""

from __future__ import annotations

from collections.abc import Mapping

_KEEP = "Keep the person, the pose, the composition and the framing exactly as they are. Add no text and no watermark."

ENHANCEMENTS: Mapping[str, str] = {
    "standard": "Improve this photograph: correct exposure and white balance, reduce noise, sharpen gently.",
    "portrait": "Improve this portrait: even light on the face, natural skin texture, clear eyes, less noise.",
    "lighting": "Relight this photograph softly from the front as in a studio. Recover shadows and highlights.",
    "restore": "Restore this photograph: remove scratches, dust, stains, fading and compression artefacts.",
    "background": "Replace the background by a plain, softly lit neutral one. Cut the subject out cleanly.",
    "product": "Improve this product photograph: crisp edges, true colours, clean even light.",
}


def enhancement(kind: object) -> str:
    """The instruction for an enhancement type; unknown types get the standard one."""
    return f"{ENHANCEMENTS.get(str(kind), ENHANCEMENTS['standard'])} {_KEEP}"
