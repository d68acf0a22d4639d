"""Odd files, links and signs."""

from __future__ import annotations

from pathlib import Path

from cli.tests.awkward.cases import (
    FAILED,
    MAKE,
    OK,
    SCRIPT,
    WRONG,
    Case,
    photo_of,
    picture,
    says,
    words,
)
from PIL import Image


def sideways(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (5000, 40)).save(folder / "s.jpg", exif=exif)


def of_two_pictures(folder: Path) -> None:
    first, second = Image.new("RGB", (80, 60)), Image.new("RGB", (40, 30))
    first.save(folder / "m.jpg", "MPO", save_all=True, append_images=[second])
    for name, kind in (("m.gif", "GIF"), ("m.webp", "WEBP"), ("m.png", "PNG")):
        Image.new("RGB", (80, 60), "red").save(folder / name, kind, save_all=True, append_images=[first])


def linked(folder: Path) -> None:
    (folder / "link.jpg").symlink_to("me.jpg")
    (folder / "o").mkdir()
    (folder / "link").symlink_to("o")


ODDS = [
    *[
        Case(f"environment {name}={value}", MAKE, "Done in 7.4 s", unsaid="\x1b", env={name: value})
        for name, value in (
            ("SSL_CERT_FILE", "/nonexistent"),
            ("SSL_CERT_DIR", "/nonexistent"),
            ("REQUESTS_CA_BUNDLE", "/nonexistent"),
            ("NETRC", "/nonexistent"),
            ("HOME", "/nonexistent"),
            ("TMPDIR", "/nonexistent"),
            ("TZ", "Nonsense/City"),
            ("TZ", ":/etc/passwd"),
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LC_ALL", "C"),
            ("LANGUAGE", "hi:en"),
            ("COLUMNS", "-5"),
            ("COLUMNS", "9999999"),
            ("COLUMNS", "1"),
            ("LINES", "0"),
            ("TERM", "screen"),
            ("CLICOLOR_FORCE", "1"),
            ("HTTP_PROXY", ""),
            ("NO_PROXY", "*"),
            ("PAGER", "false"),
            ("EDITOR", ""),
            ("TALKINGPHOTO_HOME", "a b\nc"),
            ("TALKINGPHOTO_HOME", "%h/$x"),
            ("_TALKINGPHOTO_COMPLETE", ""),
        )
    ],
    *[
        Case(f"out {name!r}", (*MAKE, f"--out={name}"), f"Files in {shown}: ", **more)
        for name, shown, more in (
            ("con", "con", {}),
            ("a:b", "a:b", {}),
            ("*", "*", {}),
            ("a|b", "a|b", {}),
            ("%s{0}", "%s{0}", {}),
            ("$HOME", "$HOME", {}),
            ("`ls`", "`ls`", {}),
            ("a\\b", "a\\b", {}),
            (" lead", " lead", {}),
            ("trail ", "trail ", {}),
            ("../up", "../up", {}),
            ("e\u0301", "e\u0301", {}),
            ("🎉", "🎉", {}),
            ("é" * 127, "é" * 127, {}),
            ("link", "link", {"setup": linked}),
            ("./.hidden", ".hidden", {}),
            ("tab\there", "tab\\there", {}),
        )
    ],
    *[
        Case(f"a photo {name}", photo_of(name), f"Uploading {name}", **more)
        for name, more in (
            ("link.jpg", {"setup": linked}),
            ("m.jpg", {"setup": of_two_pictures}),
            ("m.webp", {"setup": of_two_pictures}),
            ("m.png", {"setup": of_two_pictures}),
            ("grey.png", picture("grey.png", "PNG", mode="LA")),
            ("deep.png", picture("deep.png", "PNG", mode="I;16")),
            ("inks.jpg", picture("inks.jpg", "JPEG", mode="CMYK")),
        )
    ],
    *[
        Case(f"a photo {name} is made a JPEG", photo_of(name), "a JPEG is made of it.", sent=f"{name[0]}.jpg", **more)
        for name, more in (
            ("m.gif", {"setup": of_two_pictures}),
            ("c.tif", picture("c.tif", "TIFF", mode="CMYK")),
            ("d.tif", picture("d.tif", "TIFF", mode="I;16")),
            ("f.tif", picture("f.tif", "TIFF", mode="F")),
            ("b.bmp", picture("b.bmp", "BMP", mode="1")),
            ("l.tif", picture("l.tif", "TIFF", mode="LAB")),
        )
    ],
    Case(
        "keys cannot be logged",
        MAKE,
        "/nonexistent/x, which SSLKEYLOGFILE names, cannot be written: No such file or directory. Unset it.",
        FAILED,
        env={"SSLKEYLOGFILE": "/nonexistent/x"},
    ),
    Case("too wide and on its side", photo_of("s.jpg"), "from 5000 x 40 to 33 x 4096 pixels", setup=sideways),
    Case("nothing by a device", photo_of("/dev/null"), "/dev/null is empty", WRONG),
    *[
        Case(f"a title {title!r}", (*MAKE, "--title", title), "Done")
        for title in ("", " ", "two\nlines", "שלום", "🎉" * 255, "e\u0301" * 127, "<b>x", "%s", "\x1b[31mred")
    ],
    Case("a platform twice", (*MAKE, "--platform", "tiktok", "--platform", "tiktok"), "Done"),
    Case("a voice twice", (*MAKE, "--voice", "male", "--voice", "female"), "Done"),
    Case("Turkish capitals", (*MAKE, "--platform", "TİKTOK"), "is not one of", WRONG),
    *[
        Case(f"in the encoding {name!r}", (*SCRIPT, "--encoding", name), said, code, **words(b"Hi."))
        for name, said, code in (
            ("UTF8", "Done", OK),
            ("utf_7", "Done", OK),
            ("", "There is no encoding", WRONG),
            (" ", "There is no encoding", WRONG),
            ("idna", "Done", OK),
            ("undefined", "There is no encoding", WRONG),
            ("rot13", "There is no encoding", WRONG),
            ("unicode_escape", "Done", OK),
            ("é", "There is no encoding", WRONG),
            ("x" * 5000, "There is no encoding", WRONG),
        )
    ],
    Case("lines of a word processor", says("One.\u2028Two.\u2029Three.\x0bFour."), "Done"),
    Case("what begins with @", says("@me, hello"), "Done", spoken="@me, hello"),
    Case("a right to left override", says("Hi \u202eolleh."), "Done"),
]
