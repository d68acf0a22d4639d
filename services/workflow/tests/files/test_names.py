"""What a file is called is shown to its owner, in any writing, and is never more than a name."""

from __future__ import annotations

import pytest

from workflow.files.service import plain_name


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("me.jpg", "me.jpg"),
        ("", "unnamed"),
        ("\x00\x01", "unnamed"),
        ("a\x00b.jpg", "ab.jpg"),
        ("two\nlines.jpg", "twolines.jpg"),
        ("\x1b[2Jclear.jpg", "[2Jclear.jpg"),
        ("\u202egpj.exe", "gpj.exe"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\a.jpg", "a.jpg"),
        ("a/", "unnamed"),
        ("שלום.jpg", "שלום.jpg"),
        ("می\u200cخواهم.jpg", "می\u200cخواهم.jpg"),
        ("👩\u200d👧.jpg", "👩\u200d👧.jpg"),
        ("क्\u200dष.jpg", "क्\u200dष.jpg"),
        ("e\u0301.jpg", "e\u0301.jpg"),
        ("caf\ufffd.jpg", "caf\ufffd.jpg"),
        ("#?%&=+.jpg", "#?%&=+.jpg"),
        ("quo\"te'.jpg", "quo\"te'.jpg"),
        ("x" * 300, "x" * 255),
        ("\ud800.jpg", ".jpg"),
    ],
)
def test_a_name_is_shown_as_it_is_without_what_moves_the_cursor(said: str, shown: str) -> None:
    assert plain_name(said) == shown
