"""Scripts."""

from __future__ import annotations

import codecs

from cli.tests.awkward.cases import (
    MAKE,
    REFUSED,
    SCRIPT,
    WRONG,
    Case,
    reads,
    says,
    words,
)

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
