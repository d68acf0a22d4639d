"""Folders of results."""

from __future__ import annotations

import os

from cli.tests.awkward.cases import (
    MAKE,
    SOMEBODY,
    WRONG,
    Case,
    dangling,
    folder_in_the_way,
    loop,
)

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
