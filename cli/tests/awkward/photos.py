"""Photos."""

from __future__ import annotations

from cli.tests.awkward.cases import (
    LATIN,
    WRONG,
    Case,
    loop,
    named,
    photo_of,
    picture,
)

PHOTOS = [
    Case("a name that is not UTF-8", photo_of(LATIN), "Uploading caf\\xe9.jpg", sent="caf�.jpg", **named(LATIN)),
    *[
        Case(f"a name {name!r}", photo_of(name), f"Uploading {shown}", **named(name))
        for name, shown in (
            ("me [final] [bold]x.jpg", "me [final] [bold]x.jpg"),
            ("[red].jpg", "[red].jpg"),
            (":heart:.jpg", ":heart:.jpg"),
            ("a b.jpg", "a b.jpg"),
            ("quo\"te'.jpg", "quo\"te'.jpg"),
            ("new\nline.jpg", "new\\nline.jpg"),
            ("\x1b[2Jclear.jpg", "\\x1b[2Jclear.jpg"),
            ("\u202egpj.exe", "\\u202egpj.exe"),
            ("שלום.jpg", "\u2068שלום.jpg\u2069"),
            ("写真.jpg", "写真.jpg"),
            ("🎉.jpg", "🎉.jpg"),
            ("no ending", "no ending"),
            ("x" * 251 + ".jpg", "x" * 251 + ".jpg"),
        )
    ],
    Case(
        "a name that begins with a dash",
        ("make", "--script", "Hi.", "--", "-x.jpg"),
        "Uploading -x.jpg",
        **named("-x.jpg"),
    ),
    Case("no photo", photo_of("none.jpg"), "none.jpg", WRONG),
    Case("a dash", photo_of("-"), "does not exist", WRONG),
    Case("a folder", photo_of("."), "is a directory", WRONG),
    Case("a loop", photo_of("loop"), "loop", WRONG, setup=loop),
    Case("an empty photo", photo_of("e.jpg"), "e.jpg is empty. Choose the photo again.", WRONG, files={"e.jpg": b""}),
    Case("demo with an empty photo", ("demo", "--photo", "e.jpg"), "e.jpg is empty.", WRONG, files={"e.jpg": b""}),
    Case("what is no photo is the platform's to judge", photo_of("t.jpg"), "Uploading t.jpg", files={"t.jpg": b"text"}),
    Case(
        "what is broken is the platform's to judge",
        photo_of("t.jpg"),
        "Uploading t.jpg",
        files={"t.jpg": b"\xff\xd8\xff"},
    ),
    Case("a PNG", photo_of("p.png"), "Uploading p.png", unsaid="JPEG", **picture("p.png", "PNG")),
    *[
        Case(
            f"a {kind}",
            photo_of("p.x"),
            f"The photo is {kind}; a JPEG is made of it.",
            sent="p.jpg",
            **picture("p.x", kind),
        )
        for kind in ("GIF", "BMP", "TIFF", "AVIF")
    ],
    Case(
        "HEIC",
        photo_of("i.heic"),
        ("i.heic is HEIC", "pip install pillow-heif"),
        WRONG,
        files={"i.heic": b"\0\0\0\x18ftypheic"},
    ),
    Case(
        "a broken AVIF",
        photo_of("i.avif"),
        "i.avif cannot be opened",
        WRONG,
        files={"i.avif": b"\0\0\0\x18ftypavif" + bytes(99)},
    ),
    Case(
        "too wide",
        photo_of("w.jpg"),
        "The photo is reduced from 5000 x 40 to 4096 x 33 pixels.",
        **picture("w.jpg", "JPEG", (5000, 40)),
    ),
    Case(
        "too tall",
        photo_of("t.png"),
        "reduced from 40 x 4097 to 40 x 4096",
        sent="t.jpg",
        **picture("t.png", "PNG", (40, 4097)),
    ),
    Case("too wide and see-through", photo_of("w.png"), "to 4096 x 8", **picture("w.png", "PNG", (5000, 10), "RGBA")),
    Case("too wide and in CMYK", photo_of("w.jpg"), "to 4096 x 8", **picture("w.jpg", "JPEG", (5000, 10), "CMYK")),
    Case("too wide and of 16 bits", photo_of("w.png"), "to 4096 x 8", **picture("w.png", "PNG", (5000, 10), "I;16")),
    Case("too wide and of two colours", photo_of("w.png"), "to 4096 x 8", **picture("w.png", "PNG", (5000, 10), "1")),
    Case(
        "too wide and with a palette",
        photo_of("w.gif"),
        "a JPEG of 4096 x 8 pixels is made",
        **picture("w.gif", "GIF", (5000, 10), "P"),
    ),
    Case(
        "just small enough",
        photo_of("w.png"),
        "Uploading w.png",
        unsaid="reduced",
        **picture("w.png", "PNG", (4096, 4)),
    ),
]
