"""How the studio is served: its page for every deep link, its files for ever, nothing from outside its folder."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from gateway.studio.endpoints import LIBRARIES
from gateway.studio.files import Files

PAGE = '<html><head><script type="importmap">{}</script></head><body>/studio/here/app.js</body></html>'


@pytest.fixture
def web(gateway: Any, tmp_path: Path) -> Iterator[Path]:
    """A small studio of the test's own, so that nothing has to be installed."""
    folder = tmp_path / "web"
    for name, text in {
        "index.html": PAGE,
        "app.js": 'import { one } from "./core/one.js";\n' + "// long enough to be worth it\n" * 50,
        "core/one.js": "export const one = 1;\n",
        "words/fa/common.json": '{"save": "ذخیره"}',
        "README.md": "how to write a page",
        ".state": "hidden",
        LIBRARIES: "export {};",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "secret.js").write_text("not for you")
    (folder / "outside.js").symlink_to(tmp_path / "secret.js")
    shown = gateway.service.app.state.studio
    gateway.service.app.state.studio = Files(folder)
    yield folder
    gateway.service.app.state.studio = shown


async def asked(gateway: Any, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    url = URL(f"{gateway.url}{path}", encoded=True)
    async with gateway.http.request(
        method, url, headers={"Accept-Encoding": "identity", **headers}, allow_redirects=False
    ) as answer:
        return answer.status, {name.lower(): value for name, value in answer.headers.items()}, await answer.read()


async def test_browsers_are_led_to_the_studio_and_programs_are_not(gateway: Any, web: Path) -> None:
    status, headers, _ = await asked(gateway, "/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (status, headers["location"], "Accept" in headers["vary"]) == (307, "/studio/", True)
    status, headers, body = await asked(gateway, "/", Accept="*/*")
    assert (status, b'"studio":"/studio/"' in body) == (200, True)


@pytest.mark.parametrize("path", ["/studio", "/studio/", "/studio/videos/0199f0a1", "/studio/verify-email?token=a.b"])
async def test_every_deep_link_is_the_page(gateway: Any, web: Path, path: str) -> None:
    status, headers, body = await asked(gateway, path)
    assert (status, headers["content-type"], headers["cache-control"]) == (200, "text/html; charset=utf-8", "no-cache")
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert "unsafe" not in headers["content-security-policy"]
    assert not re.search(r"https?:|\*", headers["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    inline = re.findall(rb"<script[^>]*>(.+?)</script>", body)
    digests = [f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in inline]
    assert policy["script-src"].split() == ["'self'", *digests]
    assert headers["x-content-type-options"] == "nosniff"


async def test_files_of_this_version_may_be_kept_for_ever(gateway: Any, web: Path) -> None:
    _, _, page = await asked(gateway, "/studio/")
    [base] = set(re.findall(rb"/studio/~[0-9a-f]{16}/", page))
    status, headers, _ = await asked(gateway, f"{base.decode()}app.js")
    assert (status, headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
    assert headers["content-type"] == "text/javascript; charset=utf-8"
    assert base + b'core/one.js"' in page, "what the page starts with is asked for at once"

    (web / "core" / "one.js").write_text("export const one = 2;\n")
    status, headers, _ = await asked(gateway, f"{base.decode()}core/one.js")
    assert (status, headers["cache-control"]) == (200, "no-cache"), "another version's name is not kept"
    _, _, page = await asked(gateway, "/studio/")
    assert base not in page


async def test_what_has_not_changed_is_not_sent_again(gateway: Any, web: Path) -> None:
    _, headers, body = await asked(gateway, "/studio/app.js")
    status, again, nothing = await asked(
        gateway, "/studio/app.js", **{"If-None-Match": f'"other", W/{headers["etag"]}'}
    )
    assert (status, again["etag"], nothing) == (304, headers["etag"], b"")
    status, head, nothing = await asked(gateway, "/studio/app.js", method="HEAD")
    assert (status, head["content-length"], nothing) == (200, str(len(body)), b"")


@pytest.mark.parametrize(("accepted", "packed"), [("gzip, br", True), ("gzip;q=0", False), ("identity", False)])
async def test_text_is_sent_compressed_to_who_takes_it(gateway: Any, web: Path, accepted: str, packed: bool) -> None:
    _, headers, body = await asked(gateway, "/studio/app.js", **{"Accept-Encoding": accepted})
    assert (headers.get("content-encoding") == "gzip") is packed
    assert "Accept-Encoding" in headers["vary"]
    assert (gzip.decompress(body) if packed else body) == (web / "app.js").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/studio/../secret.js",
        "/studio/%2e%2e/secret.js",
        "/studio/core/..%2f..%2fsecret.js",
        "/studio/core/%2e%2e/%2e%2e/secret.js",
        "/studio//etc/passwd.js",
        "/studio/outside.js",
        "/studio/.state",
        "/studio/README.md",
        "/studio/nothing.js",
        "/studio/~0123456789abcdef/../../secret.js",
        "/studio/~0123456789abcdef/nothing",
    ],
)
async def test_nothing_else_is_given_out(gateway: Any, web: Path, path: str) -> None:
    status, headers, body = await asked(gateway, path)
    assert (status, b"not for you" in body, headers["content-type"]) == (404, False, "application/json")


async def test_without_its_libraries_the_studio_says_what_is_missing(gateway: Any, web: Path) -> None:
    (web / LIBRARIES).unlink()
    status, headers, body = await asked(gateway, "/studio/videos")
    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert b"make studio" in body
