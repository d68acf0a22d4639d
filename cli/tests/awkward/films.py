"""Films: scripts and folders of pictures."""

from __future__ import annotations

import codecs
from pathlib import Path

from cli.tests.awkward.cases import (
    LATIN,
    WRONG,
    Case,
    picture,
)


def film(*typed: str) -> tuple[str, ...]:
    return ("film", "s.md", "--dry-run", *typed)


def drawn(kind: str, size: tuple[int, int] = (80, 60)) -> bytes:
    return next(iter(picture("x", kind, size)["files"].values()))


def found_on_a_disc(folder: Path) -> None:
    """What macOS, Windows and Linux leave among somebody's pictures."""
    (place := folder / "p").mkdir()
    for name in (".DS_Store", "._a.jpg", "Thumbs.db", "desktop.ini", ".hidden.png", "a.jpg~", "notes.txt"):
        (place / name).write_bytes(b"\x00\x05\x16\x07")
    (place / "folder.jpg").mkdir()
    (place / "a.JPG").write_bytes(drawn("JPEG"))


def leads_nowhere(folder: Path) -> None:
    (folder / "p").mkdir()
    (folder / "p" / "a.jpg").symlink_to("nowhere.jpg")


def in_it(name: str, data: bytes, script: bytes = b"# One\n\nIt begins.") -> dict[str, bytes]:
    return {"s.md": script, f"p/{name}": data}


FILMS = [
    *[
        Case(
            f"a film's script is {what}",
            film(),
            "Nothing was ordered.",
            files={"s.md": data},
            sent=("One", "# One\n\nCafé."),
        )
        for what, data in (
            ("UTF-8", "# One\n\nCafé.".encode()),
            ("UTF-8 with a mark", codecs.BOM_UTF8 + "# One\n\nCafé.".encode()),
            ("UTF-16", codecs.BOM_UTF16_LE + "# One\n\nCafé.".encode("utf-16-le")),
            ("of Windows", "# One\r\n\r\nCafé.".encode()),
        )
    ],
    *[
        Case(f"a film's script is {what}", film(), said, WRONG, files={"s.md": data})
        for what, data, said in (
            ("Latin-1", b"Caf\xe9", "s.md is not UTF-8 (byte 0xe9 at 3). Save it as UTF-8"),
            ("empty", b"", "nothing to say"),
            ("no text", b"a\x00b", "has a NUL"),
            ("marks alone", b"# \n\n---", "nothing to say"),
        )
    ],
    Case("no script of a film", film(), "s.md cannot be read: No such file or directory.", WRONG),
    Case("a folder for a film's script", ("film", ".", "--dry-run"), ". cannot be read: Is a directory.", WRONG),
    Case(
        "a film called as its file",
        ("film", LATIN, "--dry-run"),
        "Nothing was ordered.",
        files={LATIN: b"It begins."},
        sent=("Caf\ufffd", "It begins."),
    ),
    Case(
        "what systems leave among pictures",
        film("--images", "p"),
        "Uploading a.JPG\n",
        unsaid=("._a", ".hidden", "folder.jpg", "Thumbs"),
        files={"s.md": b"It begins."},
        setup=found_on_a_disc,
    ),
    Case(
        "a picture that leads nowhere",
        film("--images", "p"),
        "p/a.jpg cannot be read: No such file or directory.",
        WRONG,
        files={"s.md": b"It begins."},
        setup=leads_nowhere,
    ),
    Case("a picture of nothing", film("--images", "p"), "p/a.jpg is empty.", WRONG, files=in_it("a.jpg", b"")),
    Case(
        "a picture that is too wide",
        film("--images", "p"),
        "The photo is reduced from 5000 x 40",
        files=in_it("a.jpg", drawn("JPEG", (5000, 40))),
    ),
    Case(
        "a picture in AVIF",
        film("--images", "p"),
        "The photo is AVIF; a JPEG is made of it.",
        files=in_it("a.avif", drawn("AVIF")),
    ),
    Case(
        "a picture that is called what it is not",
        film("--images", "p"),
        "Uploading a.heic",
        unsaid="JPEG",
        files=in_it("a.heic", drawn("PNG")),
    ),
    Case(
        "a picture in HEIC",
        film("--images", "p"),
        ("p/a.heic is HEIC", "pip install pillow-heif"),
        WRONG,
        files=in_it("a.heic", b"\0\0\0\x18ftypheic"),
    ),
    *[
        Case(f"a picture {name!r}", film("--images", "p"), f"Uploading {shown}", files=in_it(name, drawn("PNG")))
        for name, shown in (
            (LATIN, "caf\\xe9.jpg"),
            ("[b]o x.png", "[b]o x.png"),
            ("שלום.png", "\u2068שלום.png\u2069"),
            ("a\nb.png", "a\\nb.png"),
        )
    ],
    Case("no pictures", film("--images", "p"), "No picture is in p.", WRONG, files=in_it("a.txt", b"x")),
    Case("no folder of pictures", film("--images", "q"), "q is no folder.", WRONG, files={"s.md": b"It begins."}),
]
