"""Codes of languages, whatever a listener calls them."""

from __future__ import annotations

import pytest

from media.ears.names import code_of


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("en", "en"), ("english", "en"), (" English ", "en"), ("en-US", "en"), ("pt_BR", "pt"), ("hindi", "hi"),
        ("bengali", "bn"), ("maori", "mi"), ("haitian creole", "ht"), ("myanmar", "my"), ("nynorsk", "nn"),
        ("cantonese", "yue"), ("jw", "jv"), ("klingon, perhaps", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_language_is_its_code_whatever_it_is_called(said: str, code: str) -> None:
    assert code_of(said) == code
