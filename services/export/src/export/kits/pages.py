"""Pages of a kit that are read in a browser, and the licences of its parts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from export.provenance.source_type import SOURCE_TYPE

_STYLE = (
    "body{max-width:42em;margin:2em auto;padding:0 1em;font:1.05em/1.5 system-ui,sans-serif;"
    "color-scheme:light dark}li{margin:.5em 0}.note{border-inline-start:.25em solid;padding-inline-start:1em}"
    "textarea{width:100%;font:inherit}"
)


def instructions_page(
    title: str,
    lead: str,
    notes: Sequence[str],
    steps: Sequence[str],
    caption: str,
    declarations: Sequence[str],
) -> str:
    """The instructions of a platform as one page that loads nothing; all it is given is text, not HTML."""
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>{escape(lead)}</p>",
        *(f'<p class="note">{escape(note)}</p>' for note in notes),
        "<ol>",
        *(f"<li>{escape(step)}</li>" for step in steps),
        "</ol>",
        "<h2>To be declared</h2>" if declarations else "",
        *(f"<p>{escape(line)}</p>" for line in declarations),
        "<h2>Text to paste</h2>",
        # Its language is the script's, so a browser finds the direction.
        f'<textarea rows="8" dir="auto" readonly>\n{escape(caption)}</textarea>',
    ]
    body = "\n".join(filter(None, parts))
    return (
        f'<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def provenance(claims: Mapping[str, str | None]) -> str:
    """How the files say that they were made with AI. ``claims``: who signed those of each platform; None: nobody."""
    signed = [f"- `{platform}/`: signed by {name}" for platform, name in claims.items() if name is not None]
    unsigned = [platform for platform, name in claims.items() if name is None]
    lines = [
        "# How these files came to be",
        "",
        f"Videos, covers and pictures (MP4, JPEG, PNG) state the IPTC digital source type `{SOURCE_TYPE}` as XMP: made "
        "from your photo by a model.",
        "",
        "## C2PA claims (Content Credentials)",
        "",
        *signed,
    ]
    if unsigned:
        where = ", ".join(f"`{platform}/`" for platform in unsigned)
        lines.append(f"- {where}: no claim, because no signer is set up where they were made")
    lines += [
        "- `original.mp4`, `enhanced.*`: no claim",
        "",
        "## When a platform removes all that",
        "",
        "`POST /api/v1/verify` and `talkingphoto verify FILE` recognise copies of these videos by their pictures.",
    ]
    return "\n".join(lines) + "\n"


def licences(*, burned: bool) -> str:
    """What may be done with each part, by whose right."""
    rows = [
        (
            "enhanced.*",
            "Your photo, improved. Rights in the photo stay with whoever has them; you said you may use it.",
        ),
        ("original.mp4, */video.mp4, */part-*.mp4, */cover.jpg", "Made for you with AI from your photo and script."),
        ("script.txt, */captions.*, */caption.txt, */prompt.txt", "Your words, timed or shortened."),
        ("*/instructions.*, */checklist.md, */settings.json", "Texts of this software: Apache-2.0, like its source."),
        ("timeline.otio, PROVENANCE.md, manifest.json, */conformance.json", "Facts about the other files: nobody's."),
    ]
    if burned:
        rows.append(
            (
                "letters drawn into pictures",
                "Drawn with an installed font under the SIL Open Font License 1.1 or the Bitstream Vera licence, which "
                "let it be used in pictures and ask for nothing in return.",
            )
        )
    lines = ["# Licences of the parts", "", "| files | licence |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{files}` | {terms} |" for files, terms in rows)]) + "\n"
