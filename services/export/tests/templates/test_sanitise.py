"""What is kept of HTML, and that nothing a browser would run is."""

from __future__ import annotations

import pytest

from export.templates.sanitise import sanitised
from export.templates.starting import TEMPLATES


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<ol><li>Open <b>the app</b>.</li></ol>", "<ol><li>Open <b>the app</b>.</li></ol>"),
        ("<p onclick='x()' style='a'>Hi</p>", "<p>Hi</p>"),
        ("a<script>alert(1)</script>b", "ab"),
        ("a<SCRIPT SRC=//x>alert(1)</SCRIPT >b", "ab"),
        ("a<script><b>c</b>", "a"),
        ("<img src=x onerror=alert(1)>Hi", "Hi"),
        ("<svg><a href='https://x.example'>c</a></svg>d", "d"),
        ("<a href='javascript:alert(1)'>x</a>", "<a>x</a>"),
        ("<a href=' https://x.example'>x</a>", "<a>x</a>"),
        (
            '<a href="https://x.example/?a=1&b=%22" target="_top">x</a>',
            '<a href="https://x.example/?a=1&amp;b=%22" rel="noopener noreferrer">x</a>',
        ),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<b>open", "<b>open</b>"),
        ("</b>x</p>", "x"),
        ("<ol><li>a<li>b</ol>c", "<ol><li>a<li>b</li></li></ol>c"),
        ("a<br/>b", "a<br>b"),
        ("<scr<script>ipt>alert(1)</script>", "ipt&gt;alert(1)"),
        ("<!-- <b> -->x<!doctype html><?php y ?>", "x"),
        ("<iframe src=x></iframe><form action=y><input></form>z", "z"),
    ],
)
def test_only_what_is_harmless_is_kept(given: str, kept: str) -> None:
    assert sanitised(given) == kept
    assert sanitised(kept) == kept


def test_our_own_templates_stay_as_they_are() -> None:
    for template in TEMPLATES:
        assert sanitised(template.instructions_html) == template.instructions_html
