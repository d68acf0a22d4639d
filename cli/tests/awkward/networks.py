"""Networks, proxies, servers that are none."""

from __future__ import annotations

from cli.tests.awkward.cases import (
    FAILED,
    MAKE,
    REFUSED,
    WRONG,
    Case,
)

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
