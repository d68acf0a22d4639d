"""What is printed of runs, whole and as it is."""

from __future__ import annotations

from cli.tests.awkward.cases import (
    FAILED,
    LISTED,
    MAKE,
    REFUSED,
    SOMEBODY,
    WRONG,
    Case,
    named,
    photo_of,
    says,
)

ID = "{done}"
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
