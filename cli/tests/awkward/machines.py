"""Ports, clocks, bytes that are no text."""

from __future__ import annotations

import os

from cli.tests.awkward.cases import (
    FAILED,
    LISTED,
    MAKE,
    REFUSED,
    WRONG,
    Case,
)

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
