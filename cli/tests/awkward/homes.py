"""Homes and accounts."""

from __future__ import annotations

import os

from cli.tests.awkward.cases import (
    FAILED,
    MAKE,
    WRONG,
    Case,
    account_is_a_folder,
    home_is_a_file,
)

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
