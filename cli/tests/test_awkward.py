"""Awkward networks, homes, folders, scripts, photos and terminals: one table. What is typed, what is said, how it ends.

Every row also promises: no traceback, nothing printed that moves the cursor, and one line for an error.
"""

from __future__ import annotations

import codecs
import io
import json
import os
import pwd
import shutil
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from talkingphoto.main import app

OK, FAILED, WRONG, REFUSED = 0, 1, 2, 3
SOMEBODY = "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"
LATIN = os.fsdecode(b"caf\xe9.jpg")


def says(text: str) -> tuple[str, ...]:
    return ("make", "me.jpg", "--script", text)


def reads(name: str) -> tuple[str, ...]:
    return ("make", "me.jpg", "--script-file", name)


def photo_of(name: str) -> tuple[str, ...]:
    return ("make", name, "--script", "Hi.")


MAKE, SCRIPT = says("Hi."), reads("s.txt")


@dataclass(frozen=True)
class Case:
    """What is ``typed`` in a folder with ``files`` and a photo ``me.jpg``: ``said`` is printed, ``unsaid`` is not."""

    name: str
    typed: tuple[str, ...]
    said: str | tuple[str, ...] = ""
    code: int = OK
    unsaid: str | tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    setup: Callable[[Path], None] | None = None
    stdin: bytes = b""
    charset: str = "utf-8"
    spoken: str | None = None
    sent: str | tuple[str, str] | None = None
    server: bool = True


def words(text: bytes, **more: Any) -> dict[str, Any]:
    return {"files": {"s.txt": text}, **more}


def named(name: str) -> dict[str, Any]:
    def copy(folder: Path) -> None:
        shutil.copy(folder / "me.jpg", folder / name)

    return {"setup": copy}


def picture(name: str, kind: str, size: tuple[int, int] = (80, 60), mode: str = "RGB") -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind)
    return {"files": {name: buffer.getvalue()}}


def loop(folder: Path) -> None:
    (folder / "loop").symlink_to("loop")


def dangling(folder: Path) -> None:
    (folder / "link").symlink_to("nowhere")


def folder_in_the_way(folder: Path) -> None:
    (folder / "out" / "tiktok.mp4").mkdir(parents=True)


def home_is_a_file(folder: Path) -> None:
    (folder / "home").write_text("x")


def account_is_a_folder(folder: Path) -> None:
    (folder / "home" / "account.json").mkdir(parents=True)


NETWORK = [
    *[
        Case(f"{name}={value}", ("status",), "No runs yet", env={name: value})
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY")
        for value in ("http://127.0.0.1:9", "socks5://127.0.0.1:9", "nonsense://x", "http://user:pass word@h")
    ],
    Case("a proxy and a film", MAKE, "Done in 7.4 s", env={"HTTP_PROXY": "http://127.0.0.1:9"}),
    Case(
        "localhost by name",
        ("status", "--server", "{localhost}"),
        "No runs yet",
        env={"ALL_PROXY": "http://127.0.0.1:9"},
    ),
    *[
        Case(f"--server {value!r}", ("status", "--server", value), "is no address such as", WRONG)
        for value in (
            *(
                "notaurl",
                "127.0.0.1:8000",
                "ftp://x",
                "http://",
                "http://[::1",
                "",
                " ",
                "http://x:99999",
                "https://x?y=1",
            ),
            *("file:///etc/passwd", "http:/x", "//x", "http://x#y", "http://\x00", "http://x:port"),
        )
    ],
    Case(
        "the environment's server is no address", ("status",), "is no address", WRONG, env={"TALKINGPHOTO_SERVER": "no"}
    ),
    Case("an empty server in the environment is none", ("status",), "No platform runs in home. ", FAILED, server=False),
    Case(
        "nobody there",
        ("status", "--server", "http://127.0.0.1:1"),
        "Error: Nothing answers at http://127.0.0.1:1.",
        FAILED,
    ),
    Case("no such host", ("status", "--server", "http://no.invalid"), "Nothing answers at http://no.invalid.", FAILED),
    Case("a slash at its end", ("status", "--server", "{server}/"), "No runs yet"),
    Case("something else answers", ("status", "--server", "{server}/elsewhere"), "answered 404", REFUSED),
    Case("a page answers", ("status", "--server", "{server}/page"), "is no TalkingPhoto platform", FAILED),
    Case("a redirect answers", ("status", "--server", "{server}/moved"), "is no TalkingPhoto platform", FAILED),
    Case("an odd error answers", ("status", "--server", "{server}/odd"), "answered 500", REFUSED),
    Case(
        "a proxy for elsewhere that is none",
        ("status", "--server", "http://x.invalid"),
        "The proxy that the environment names",
        FAILED,
        env={"HTTP_PROXY": "nonsense://x"},
    ),
]

HOMES = [
    *[
        Case(f"home {name!r}", (*MAKE, "--home", name), "Done", unsaid="\n/")
        for name in (
            "sp ace",
            "quo'te",
            'quo"te',
            "per%cent",
            "[bold]",
            "é",
            "🎉",
            "שלום",
            os.fsdecode(b"\xe9"),
            "a\nb",
        )
    ],
    Case("a home that begins with ~", (*MAKE, "--home", "~/x"), "Done", env={"HOME": "{folder}/me"}),
    Case("the environment's begins with ~", MAKE, "Done", env={"HOME": "{folder}", "TALKINGPHOTO_HOME": "~/x"}),
    Case("a home without a name", ("status", "--home", ""), "That names no folder. Name one", WRONG),
    Case("somebody else's home", ("status", "--home", "~no.such.user/x"), "this user has no home folder", WRONG),
    Case("a home that cannot be", (*MAKE, "--home", "/proc/x"), "Error: /proc/x: No such file", FAILED),
    Case("a home below a file", (*MAKE, "--home", "/dev/null/x"), "Error: /dev/null/x", FAILED),
    Case("a home that is too long", (*MAKE, "--home", "x" * 300), "File name too long", FAILED),
    Case("a home that is a file", MAKE, "home/account.json: Not a directory", FAILED, setup=home_is_a_file),
    Case("an account that is a folder", MAKE, "account.json: Is a directory", FAILED, setup=account_is_a_folder),
    Case(
        "an account that is damaged",
        MAKE,
        "Remove it to begin with a new one",
        FAILED,
        files={"home/account.json": b"{"},
    ),
    Case(
        "an account that is no text",
        MAKE,
        "Remove it to begin with a new one",
        FAILED,
        files={"home/account.json": b"\xff"},
    ),
]

FOLDERS = [
    Case(
        "out is a file",
        (*MAKE, "--out", "f"),
        ("Files cannot be put into f: File exists.", "--out"),
        WRONG,
        files={"f": b""},
    ),
    Case("out is below a file", (*MAKE, "--out", "f/sub"), "into f/sub: ", WRONG, files={"f": b""}),
    Case("out is far below a file", (*MAKE, "--out", "f/a/b"), "into f/a/b: ", WRONG, files={"f": b""}),
    Case("out is a loop", (*MAKE, "--out", "loop"), "into loop: ", WRONG, setup=loop),
    Case("out is in a loop", (*MAKE, "--out", "loop/x"), "into loop/x: ", WRONG, setup=loop),
    Case("out leads nowhere", (*MAKE, "--out", "link"), "into link: ", WRONG, setup=dangling),
    Case("out is too long", (*MAKE, "--out", "x" * 256), "File name too long", WRONG),
    Case("out is far too long", (*MAKE, "--out", "x/" * 3000), "File name too long", WRONG),
    Case("out cannot be made", (*MAKE, "--out", "/proc/talkingphoto"), "into /proc/talkingphoto: ", WRONG),
    Case("out cannot be written", (*MAKE, "--out", "/proc"), "into /proc: ", WRONG),
    Case("out is a device", (*MAKE, "--out", "/dev/null"), "into /dev/null: ", WRONG),
    Case("out has a NUL", (*MAKE, "--out", "a\x00b"), "embedded null byte", WRONG),
    Case("a folder in the way", (*MAKE, "--out", "out"), "out/tiktok.mp4 is a folder", WRONG, setup=folder_in_the_way),
    Case("out as json", (*MAKE, "--out", "f", "--json"), '"code": "wrong_use"', WRONG, files={"f": b""}),
    Case("get into a file", ("get", SOMEBODY, "--out", "f"), "into f: File exists.", WRONG, files={"f": b""}),
    Case("retry into a file", ("retry", SOMEBODY, "--out", "f"), "into f: File exists.", WRONG, files={"f": b""}),
    *[
        Case(f"{command[0]} into {out!r}", (*command, f"--out={out}"), "That names no folder. Name one", WRONG)
        for command in (MAKE, ("demo",), ("get", SOMEBODY), ("retry", SOMEBODY))
        for out in ("", " ", "\t")
    ],
    Case("out is new and deep", (*MAKE, "--out", "a/b/c"), "Files in a/b/c: "),
    Case("out is here", (*MAKE, "--out", "."), "Files in .: "),
    Case("out ends with a slash", (*MAKE, "--out", "o/"), "Files in o: "),
    Case("out has brackets", (*MAKE, "--out", "o/out [red] x"), "Files in o/out [red] x: "),
    Case("out has a style", (*MAKE, "--out", "o/[/red]"), "Files in o/[/red]: "),
    Case("out has an emoji's name", (*MAKE, "--out", ":smile:"), "Files in :smile:: "),
    Case("out turns the terminal red", (*MAKE, "--out", "\x1b[31mred"), "Files in \\x1b[31mred: "),
    Case("out is not UTF-8", (*MAKE, "--out", os.fsdecode(b"\xe9")), "Files in \\xe9: "),
    Case("out is Hebrew", (*MAKE, "--out", "שלום"), "Files in \u2068שלום\u2069: "),
    Case("out begins with a dash", (*MAKE, "--out=-x"), ("Files in -x: ", "open ./-x/video.mp4")),
    *[
        Case(f"out is {out}", (*MAKE, f"--out={out}"), "Files in {folder}/me/o: ", env={"HOME": "{folder}/me"})
        for out in ("~/o", "~//o/")
    ],
    Case("out is somebody else's home", (*MAKE, "--out=~no.such.user/x"), "~no.such.user/x leads nowhere", WRONG),
    Case("out is quoted to be opened", (*MAKE, "--out", "a b"), "open 'a b/video.mp4'"),
]

WORDS = [
    Case("nothing to say", ("make", "me.jpg"), "Error: Give the words with --script or with --script-file.\n", WRONG),
    Case("said twice", (*MAKE, "--script-file", "s.txt"), "not with both", WRONG, files={"s.txt": b"x"}),
    Case("nothing to say, as json", ("make", "me.jpg", "--json"), '"code": "wrong_use"', WRONG),
    *[
        Case(f"--script {text!r}", says(text), "nothing to say", WRONG)
        for text in ("", " ", "\n\t", "...", "🎉", "🎉🎉 !", "\u200b", "\ufeff", "—", "--", "()", "%", "\u0301")
    ],
    *[
        Case(f"a file with {text!r}", SCRIPT, "nothing to say", WRONG, **words(text))
        for text in (b"", b" \r\n", b"\xef\xbb\xbf", b"\xff\xfe", "🎉".encode(), "\ufeff \n".encode("utf-16-le"))
    ],
    Case("only an emoji by demo", ("demo", "--script", "🎉"), "nothing to say", WRONG),
    Case("a NUL", SCRIPT, "has a NUL", WRONG, **words(b"a\x00b")),
    Case("UTF-16 without its mark", SCRIPT, "has a NUL", WRONG, **words("Hi.".encode("utf-16-le"))),
    Case(
        "UTF-16 that is said to be",
        (*SCRIPT, "--encoding", "utf-16-le"),
        "Done",
        **words("Hé.".encode("utf-16-le"), spoken="Hé."),
    ),
    Case(
        "Latin-1",
        SCRIPT,
        ("s.txt is not UTF-8 (byte 0xe9 at 3). Save it as UTF-8", "--encoding cp1252"),
        WRONG,
        **words(b"Caf\xe9"),
    ),
    Case("Latin-1 as json", (*SCRIPT, "--json"), "s.txt is not UTF-8", WRONG, **words(b"Caf\xe9")),
    Case("Latin-1 that is said to be", (*SCRIPT, "--encoding", "latin-1"), "Done", **words(b"Caf\xe9", spoken="Café")),
    Case("Windows' quotes", (*SCRIPT, "--encoding", "cp1252"), "Done", **words(b"\x93Hi\x94", spoken="“Hi”")),
    Case(
        "Shift-JIS",
        (*SCRIPT, "--encoding", "shift_jis"),
        "Done",
        **words("今日は".encode("shift_jis"), spoken="今日は"),
    ),
    Case("not what it is said to be", (*SCRIPT, "--encoding", "ascii"), "is not ASCII", WRONG, **words(b"Caf\xe9")),
    Case("no encoding", (*SCRIPT, "--encoding", "klingon"), "There is no encoding klingon", WRONG, **words(b"x")),
    Case(
        "an encoding of bytes", (*SCRIPT, "--encoding", "base64"), "There is no encoding base64", WRONG, **words(b"x")
    ),
    Case("cut in a letter", SCRIPT, "is not UTF-8", WRONG, **words("é".encode()[:1])),
    Case("half of a pair", SCRIPT, "is not UTF-16", WRONG, **words(b"\xff\xfeH\x00i\x00.")),
    Case("a mark", SCRIPT, "Done", **words(codecs.BOM_UTF8 + "Hé.".encode(), spoken="Hé.")),
    Case("UTF-16, little", SCRIPT, "Done", **words(codecs.BOM_UTF16_LE + "Hé.".encode("utf-16-le"), spoken="Hé.")),
    Case("UTF-16, big", SCRIPT, "Done", **words(codecs.BOM_UTF16_BE + "Hé.".encode("utf-16-be"), spoken="Hé.")),
    Case("UTF-32, little", SCRIPT, "Done", **words(codecs.BOM_UTF32_LE + "Hé.".encode("utf-32-le"), spoken="Hé.")),
    Case("UTF-32, big", SCRIPT, "Done", **words(codecs.BOM_UTF32_BE + "Hé.".encode("utf-32-be"), spoken="Hé.")),
    Case("lines of Windows", SCRIPT, "Done", **words(b"One.\r\nTwo.\r\n", spoken="One.\nTwo.\n")),
    Case("lines of an old Mac", SCRIPT, "Done", **words(b"One.\rTwo.", spoken="One.\nTwo.")),
    Case("no line end", SCRIPT, "Done", **words(b"One.", spoken="One.")),
    Case("too much", SCRIPT, "is too long for a script", WRONG, **words(b"a " * 500_001)),
    Case("standard input", reads("-"), "Done", stdin="Hé.".encode(), spoken="Hé."),
    Case("nothing on standard input", reads("-"), "nothing to say", WRONG),
    Case("Latin-1 on standard input", reads("-"), "standard input is not UTF-8", WRONG, stdin=b"\xe9"),
    Case("a folder", reads("."), ". cannot be read: Is a directory.", WRONG),
    Case("no such file", SCRIPT, "s.txt cannot be read: No such file or directory.", WRONG),
    Case("a script that is no text", says("\udce9"), "--script is not valid UTF-8", WRONG),
    Case("a title of 256 letters", (*MAKE, "--title", "x" * 256), "--title has 256 characters; 255 are taken", WRONG),
    Case("a title of 255 letters", (*MAKE, "--title", "é" * 255), "Done"),
    Case("a title that is no text", (*MAKE, "--title", "\udce9"), "--title is not valid UTF-8", WRONG),
    *[
        Case(f"spoken {text!r}", says(text), "Done", spoken=text)
        for text in (
            "नमस्ते",
            "今天！",
            "안녕",
            "1",
            "שלום",
            "x<y and y>z",
            "$5 today",
            "`ls`",
            "a" * 5000,
            "[bold]",
            "e\u0301",
        )
    ],
    Case("what begins with a dash", ("make", "me.jpg", "--script=-5 degrees"), "Done", spoken="-5 degrees"),
    Case(
        "refused by the platform", says("refused"), "Error: The script is empty.\n  script: is empty [bold]\n", REFUSED
    ),
    Case("more than the plan has", says("limit"), "Error: 3 of 3 videos of this month are used.", REFUSED),
]

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

ID = "{done}"
LISTED = ("status",)
TEXT = [
    *[
        Case(f"ids are whole at {width} columns", LISTED, ID, env={"COLUMNS": width}, setup=lambda _: None)
        for width in ("20", "36", "40", "60", "79", "80", "100", "200")
    ],
    Case("ids are whole where there are no columns", LISTED, (ID, "completed", "[red] :smile: title")),
    Case("the title gives way", LISTED, ID, unsaid="title", env={"COLUMNS": "72"}),
    Case("lines at 40 columns", LISTED, f"{ID}\n  completed, 100 %, 2026-11-29 08:30", env={"COLUMNS": "40"}),
    Case(
        "a film at 40 columns",
        MAKE,
        ("Enhance the photo: 1.2 s, local, score 9.9", "Fit to platforms (tiktok): 2.0 s, local"),
        env={"COLUMNS": "40"},
    ),
    Case("a film at 20 columns", MAKE, "Enhance the photo: 1.2 s, local, score 9.9", unsaid="…", env={"COLUMNS": "20"}),
    Case("a run at 40 columns", ("status", ID), "Enhance the photo\n  done, local, 1.2, 9.9", env={"COLUMNS": "40"}),
    Case("a film at 80 columns", MAKE, "Enhance the photo             1.2 s, local, score 9.9"),
    Case("one credit", MAKE, "Done in 7.4 s. Cost ₹0, 1 credit.", unsaid=("held", "captured", "0.0000")),
    Case("what it cost", says("costly"), "Cost ₹1.539, 1 credit."),
    Case("the summary is listed", MAKE, "summary.json"),
    Case("how to open it", MAKE, "Open it with: "),
    Case(
        "what it would cost",
        (*MAKE, "--dry-run"),
        ("It would cost ₹0 and 1 credit, and take about 14 s.", "2 runs are before it."),
    ),
    Case("warnings of an estimate", (*says("warned"), "--dry-run"), "Warning: Instagram takes no video of 166 s: it"),
    Case(
        "warnings of order and film",
        says("warned"),
        ("Warning: HTML was removed from the script: [red].", "Warning: The overall quality is below"),
    ),
    Case(
        "why it failed",
        says("fails"),
        "Error: Use a photo that shows a face from the [front]. No credits were used.",
        FAILED,
        unsaid="NO_FACE",
    ),
    Case("why it failed, for programs", ("make", "me.jpg", "--script", "fails", "--json"), '"code": "NO_FACE"', FAILED),
    Case(
        "why a run failed",
        ("status", "{failed}"),
        ("Why: Use a photo that shows a face from the [front].", "`talkingphoto retry {failed}"),
    ),
    Case("fetched into ~", ("get", ID, "--out=~/o"), "Files in {folder}/me/o: ", env={"HOME": "{folder}/me"}),
    Case("tried again into ~", ("retry", SOMEBODY, "--out=~x.y/o"), "~x.y/o leads nowhere", WRONG),
    Case("what can be done with it", ("status", ID), "Get its files with `talkingphoto get {done}"),
    Case(
        "no such run", ("status", "0199f0a1-7c1e-7a53-9d0b-6c1f2e3d4a5b"), "Error: There is no such workflow.", REFUSED
    ),
    *[
        Case(f"{command} {name!r}", (command, name), "is no run's id", WRONG)
        for command in ("get", "watch", "cancel", "retry", "status")
        for name in ("x", "", "../files", "01a225d9-a8c6-797", "01a225d9-a8c6-797…", "🎉", f"{SOMEBODY}/cancel")
    ],
    Case("an id in capitals", ("status", SOMEBODY.upper()), "Error: There is no such workflow.", REFUSED),
    Case("an id without dashes", ("status", SOMEBODY.replace("-", "")), "Error: There is no such workflow.", REFUSED),
    Case("the version", ("--version",), "talkingphoto 0.", server=False),
    *[
        Case(f"{' '.join(command)} {flag}", (*command, flag), "Usage: ", server=False, charset="ascii")
        for command in ((), ("make",), ("get",), ("status",), ("dead-letters",), ("dead-letters", "list"), ("trace",))
        for flag in ("-h", "--help")
    ],
    *[
        Case(f"{name}={value}", MAKE, "Done in 7.4 s", unsaid="\x1b", env={name: value})
        for name, value in (
            ("NO_COLOR", "1"),
            ("TERM", "dumb"),
            ("TERM", ""),
            ("TERM", "nonsense"),
            ("COLUMNS", "0"),
            ("COLUMNS", "x"),
            ("LANG", "xx_YY"),
            ("PYTHONIOENCODING", "x"),
        )
    ],
    *[
        Case(f"a film in {charset}", MAKE, f"Cost {rupee}0, 1 credit", charset=charset)
        for charset, rupee in (
            ("ascii", "Rs "),
            ("latin-1", "Rs "),
            ("cp1252", "Rs "),
            ("koi8-r", "Rs "),
            ("shift_jis", "Rs "),
            ("utf-16-le", "₹"),
        )
    ],
    *[
        Case(f"an estimate in {charset}", (*MAKE, "--dry-run"), "It would cost Rs 0 and 1 credit", charset=charset)
        for charset in ("ascii", "latin-1", "cp1252")
    ],
    Case("a title in ascii", ("status", "{hebrew}"), "????", charset="ascii"),
    Case("a photo's name in ascii", photo_of("é写.jpg"), "Uploading e?.jpg", charset="ascii", **named("é写.jpg")),
    Case("json in ascii", ("status", "{hebrew}", "--json"), "\\u05e9", charset="ascii"),
    Case("json in latin-1", ("status", "{hebrew}", "--json"), "\\u05e9", charset="latin-1"),
    Case("json in utf-8", ("status", "{hebrew}", "--json"), "שלום"),
    Case("a title that is Hebrew", LISTED, "\u2068שלום\u2069"),
    Case("a title that clears the screen", LISTED, "\\x1b[2Jgone"),
    Case("no command", ("nonsense",), "nonsense", WRONG),
    *[
        Case(f"no {option}", (*MAKE, option, "xx"), f"Error: Invalid value for '{option}': 'xx' is not one of ", WRONG)
        for option in ("--language", "--voice", "--platform", "--type", "--quality", "--captions", "--when-too-long")
    ],
    Case("choices in capitals", (*MAKE, "--language", "EN", "--voice", "Male", "--platform", "TikTok"), "Done"),
    Case("no option", (*MAKE, "--nonsense"), "--nonsense", WRONG),
]


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

LANGUAGES = [
    *[
        Case(f"said {text!r}", says(text), "Done", spoken=text)
        for text in (
            *(
                "--help",
                "-n 5",
                "@file",
                "=x",
                "%s %d {0} {}",
                "C:\\new\\table",
                "~root",
                "\ta tab",
                " spaces ",
            ),
            *(
                "null",
                "true",
                "0x10",
                "1e400",
                "NaN",
                "１２３",
                "① of ②",
                "ﬁne",
                "½ cup",
                "x² + y²",
                "Ⅻ",
                "™ ok",
                "ß",
                "İstanbul",
                "ı",
            ),
            *(
                "👩\u200d👩\u200d👧 family",
                "🇮🇳 India",
                "1\ufe0f\u20e3 one",
                "نعم ١٢",
                "ไทยไม่มีช่องว่าง",
                "Ελλάδα",
                "ⴰⵣⵓⵍ",
                "𝓗𝓲",
                "Z͑ͫalgo",
            ),
            *(
                "क्\u200dष",
                "می\u200cخواهم",
                "a\u00adb",
                "a\u2060b",
                "a\ufeffb",
                "\u061cx",
                "‘it’s’ “so” «là» „ja“ 「は」",
                "a\u2028b",
                "a\x85b",
            ),
        )
    ],
    *[
        Case(f"a title {title!r}", (*MAKE, f"--title={title}"), "Done")
        for title in ("-x", "\u202eevil", "a\tb", "null", "{0}", "क्षि", "\u200b", "𝓗𝓲 " * 60)
    ],
]

NO_TEXT = os.fsdecode(b"x\xe9")
MACHINES = [
    *[
        Case(f"environment {name}={value}", LISTED, "No runs yet", unsaid="\x1b", env={name: value})
        for name, value in (
            *(
                ("LANG", value)
                for value in ("ar_EG.UTF-8", "he_IL.UTF-8", "tr_TR", "ja_JP.SJIS", "C.UTF-8", "POSIX", "", "\x01")
            ),
            *(("LC_CTYPE", "UTF-8"), ("LC_NUMERIC", "de_DE.UTF-8"), ("LC_ALL", ""), ("LANGUAGE", "tlh")),
            *(("TERM", value) for value in ("linux", "vt52", "xterm-ghostty", "tmux-256color", "unknown", "x" * 300)),
            *(("COLUMNS", value) for value in ("", "20", "-1", "1e9", "८०", "99999999999999999999")),
            *(("NO_COLOR", ""), ("COLORTERM", "truecolor"), ("CI", "true"), ("GITHUB_ACTIONS", "true"), ("PAGER", "")),
            *(
                ("TZ", value)
                for value in ("", "UTC+25", "America/Sao_Paulo", "Asia/Kathmandu", "<-03>3", "\x01", "../../etc/passwd")
            ),
            *(
                ("PATH", ""),
                ("PWD", "/nowhere"),
                ("USER", ""),
                ("LOGNAME", "\udce9"),
                ("SHELL", ""),
                ("IFS", "/"),
                ("HOSTNAME", ""),
            ),
            *(
                ("XDG_CONFIG_HOME", ""),
                ("XDG_CONFIG_HOME", "rel"),
                ("XDG_CONFIG_HOME", "/nowhere"),
                ("XDG_RUNTIME_DIR", "/nowhere"),
            ),
            *(
                ("TALKINGPHOTO_API_KEY", ""),
                ("TALKINGPHOTO_API_KEY", " "),
                ("TALKINGPHOTO_API_KEY", "tp_ok"),
                ("TALKINGPHOTO_PROFILE", ""),
            ),
            *(
                ("NO_PROXY", "[::1"),
                ("no_proxy", "127.0.0.1,,"),
                ("HTTP_PROXY", "127.0.0.1:9"),
                ("ALL_PROXY", "socks4://x"),
                ("REQUEST_METHOD", "GET"),
            ),
        )
    ],
    *[
        Case(f"a home folder {home}", MAKE, said, FAILED, env={"HOME": home, "TALKINGPHOTO_HOME": None})
        for home, said in (
            ("{folder}/me.jpg", "me.jpg/.talkingphoto"),
            ("/dev/null", "/dev/null/.talkingphoto"),
            ("/proc", "/proc/.talkingphoto: No such file"),
            ("/" + "x" * 300, "File name too long"),
        )
    ],
    *[
        Case(f"a home folder {home!r}", MAKE, "Done", env={"HOME": home, "TALKINGPHOTO_HOME": None})
        for home in (
            "{folder}/new/deep",
            "{folder}/a b",
            "{folder}/#%?&",
            "{folder}/שלום",
            "{folder}/\udce9",
            "{folder}/a\nb",
            "{folder}/'\"",
        )
    ],
    *[
        Case(f"out {name!r}", (*MAKE, f"--out={name}"), f"Files in {shown}: ")
        for name, shown in (
            *(
                ("#1", "#1"),
                ("50%", "50%"),
                ("what?", "what?"),
                ("a&b", "a&b"),
                ("a;b", "a;b"),
                ("a,b", "a,b"),
                ("(x)", "(x)"),
                ("{x}", "{x}"),
            ),
            *(
                ("'", "'"),
                ('"', '"'),
                ("a'b\"c", "a'b\"c"),
                ("a\r", "a\\r"),
                ("\x7f", "\\x7f"),
                ("\u202egpj", "\\u202egpj"),
                ("نعم", "\u2068نعم\u2069"),
            ),
            *(
                ("Ａ", "Ａ"),
                ("ﬁ", "ﬁ"),
                ("👩\u200d👧", "👩\u200d👧"),
                ("...", "..."),
                ("a..b", "a..b"),
                ("x/./y/../z", "x/y/../z"),
                ("nul.txt", "nul.txt"),
            ),
        )
    ],
    *[
        Case(
            f"a key {key!r}",
            ("status",),
            "The API key has signs in it that no key has.",
            REFUSED,
            env={"TALKINGPHOTO_API_KEY": key},
        )
        for key in ("é", "tp_\udce9", "a\nb", "tp_\u200b", "\x1b[2J")
    ],
    *[
        Case(f"bytes that are no text: {' '.join(typed[:2])}", (*typed, NO_TEXT), "is not valid UTF-8 (\\xe9)", WRONG)
        for typed in (
            ("config", "set", "title"),
            ("projects", "create"),
            ("keys", "create"),
            ("image",),
        )
    ],
    Case(
        "a password that is no text",
        ("login", "--email", "a@example.com"),
        "is not valid UTF-8",
        WRONG,
        stdin=b"p\xe9\n",
    ),
    Case(
        "settings that are a folder",
        MAKE,
        "config",
        WRONG,
        env={"XDG_CONFIG_HOME": "{folder}/c"},
        files={"c/x": b""},
        setup=lambda folder: (folder / "c" / "talkingphoto" / "config").mkdir(parents=True),
    ),
    *[
        Case(f"--port {port!r}", ("up", f"--port={port}"), "no port", FAILED)
        for port in ("65536", "-1", "99999", "9" * 30)
    ],
    *[
        Case(f"--port {port!r}", ("up", f"--port={port}"), "is not a valid int", WRONG)
        for port in ("", "abc", "0x50", "8e3", "80.5", "http", "८०x")
    ],
]


@pytest.fixture(scope="module")
def fill(fake: Any) -> dict[str, str]:
    """Runs that were made before, and addresses, by the names that cases use."""
    from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse

    async def project(body: dict[str, Any]) -> dict[str, str]:
        fake.projects.append((body["title"], body["script"]))
        return {"id": SOMEBODY}

    fake.projects = []
    fake.app.post("/page/api/v1/auth/login")(lambda: PlainTextResponse("<html>"))
    fake.app.post("/moved/api/v1/auth/login")(lambda: RedirectResponse("/elsewhere", 301))
    fake.app.post("/odd/api/v1/auth/login")(lambda: JSONResponse({"error": "all"}, 500))
    fake.app.post("/api/v1/projects", status_code=201)(project)
    plan = {"advice": [], "scenes": [], "credits": 1, "estimated_time": 9}
    fake.app.post(f"/api/v1/projects/{SOMEBODY}/plan")(lambda: JSONResponse(plan))
    return {"server": fake.url, "localhost": fake.url.replace("127.0.0.1", "localhost")}


def typed(case: Case, folder: Path, names: Mapping[str, str]) -> Result:
    environment: dict[str, str | None] = {
        "TALKINGPHOTO_HOME": "home",
        "TALKINGPHOTO_SERVER": names["server"] if case.server else "",
        **dict.fromkeys(("COLUMNS", "NO_PROXY", "no_proxy", "FORCE_COLOR")),
        **{name: value and value.replace("{folder}", str(folder)) for name, value in case.env.items()},
    }
    arguments = [_filled(argument, names) for argument in case.typed]
    return CliRunner(charset=case.charset).invoke(app, arguments, env=environment, input=case.stdin)


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@pytest.mark.parametrize(
    "case",
    [*NETWORK, *HOMES, *FOLDERS, *WORDS, *PHOTOS, *TEXT, *ODDS, *FILMS, *LANGUAGES, *MACHINES],
    ids=lambda case: ascii(case.name)[1:-1][:60],
)
def test_whatever_is_typed(
    case: Case, fake: Any, fill: dict[str, str], photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.runs.clear()
    fake.uploads.clear()
    fake.projects.clear()
    names = {**fill, "folder": str(tmp_path)}
    if case in TEXT:
        names["done"] = fake.add("Done.", title="[red] :smile: title")
        names["failed"] = fake.add("It fails again.", status="failed")
        names["hebrew"] = fake.add("Done.", title="שלום")
        fake.add("Done.", title="\x1b[2Jgone")
    monkeypatch.chdir(tmp_path)
    for name, content in case.files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    if case.setup is not None:
        case.setup(tmp_path)
    result = typed(case, tmp_path, names)
    printed = result.stdout_bytes.decode(case.charset) + result.stderr_bytes.decode(case.charset)
    assert result.exit_code == case.code, printed
    for part in [case.said] if isinstance(case.said, str) else case.said:
        assert _filled(part, names) in printed
    for part in [case.unsaid] if isinstance(case.unsaid, str) else case.unsaid:
        assert part not in printed
    assert "Traceback" not in printed
    assert "\x1b" not in printed
    if case.code in (FAILED, WRONG):
        assert not fake.uploads or case.code == FAILED
        assert len(result.stderr.splitlines()) <= (1 if result.stderr.startswith("Error") else 4)
    if case.spoken is not None:
        [run] = fake.runs.values()
        assert run.order.script == case.spoken
    if isinstance(case.sent, str):
        assert [name for name, _ in fake.uploads] == [case.sent]
    elif case.sent is not None:
        assert fake.projects == [case.sent]
    if "--json" in case.typed:
        json.loads(result.stdout)


@pytest.mark.parametrize("home", [None, "", " ", ".", "rel/ative", "~"])
def test_what_is_no_home_folder_is_not_used_as_one(
    home: str | None, fake: Any, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = pwd.struct_passwd(("me", "x", os.getuid(), os.getgid(), "", str(tmp_path / "own"), "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    monkeypatch.chdir(tmp_path)
    named = {"HOME": home, "TALKINGPHOTO_HOME": None, "XDG_CONFIG_HOME": None, "TALKINGPHOTO_SERVER": fake.url}
    assert CliRunner().invoke(app, MAKE, env=named).exit_code == 0
    assert CliRunner().invoke(app, ("config", "set", "language", "hi"), env=named).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["me.jpg", "out", "own"]
    assert (tmp_path / "own" / ".talkingphoto" / "account.json").is_file()
    assert (tmp_path / "own" / ".config" / "talkingphoto" / "config").is_file()


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277])
def test_whatever_the_mask_what_is_secret_is_for_its_owner_alone(
    mask: int, fake: Any, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = os.umask(mask)
    try:
        env = {"TALKINGPHOTO_HOME": "deep/home", "TALKINGPHOTO_SERVER": fake.url}
        assert CliRunner().invoke(app, MAKE, env=env).exit_code == 0
    finally:
        os.umask(before)
    account = tmp_path / "deep" / "home" / "account.json"
    assert stat.S_IMODE(account.stat().st_mode) & 0o177 == 0
    assert stat.S_IMODE(account.parent.stat().st_mode) & 0o077 == 0


def test_without_a_home_folder_help_is_there_and_the_rest_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: int) -> Any:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    for arguments, given, code, said in (
        (["--help"], None, 0, "Usage"),
        (["make", "--help"], None, 0, "~/.talkingphoto"),
        (["status"], None, 2, "Name one with --home or TALKINGPHOTO_HOME."),
        (["status"], str(tmp_path), 1, "No platform runs in "),
    ):
        result = CliRunner().invoke(
            app, arguments, env={"HOME": None, "XDG_CONFIG_HOME": None, "TALKINGPHOTO_HOME": given}
        )
        assert (result.exit_code, said in result.output) == (code, True), result.output
