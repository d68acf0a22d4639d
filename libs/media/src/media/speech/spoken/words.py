"""Which language a text in Latin letters is written in, told by the small words that every sentence has.

The words are the most frequent function words of each language; those that two languages share speak for both.
"""

from __future__ import annotations

from collections import Counter

import regex

NAMES = {
    "en": "English",
    "hi": "Hindi",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "ja": "Japanese",
    "ko": "Korean",
    "zh": "Chinese",
}
"""The languages that are spoken here."""

_WORDS = {
    "en": (
        "a in no me so i am an at the of and to is that it for was with as be by this are from or have an they "
        "which you were all we their been has there what when your how each she do if will about out then them "
        "these some would make like him into time look two more go see could my than first who now people made may "
        "did get its over our i he his at not but had her here can just every where because very only also take "
        "know"
    ),
    "es": (
        "a no me en un de la que el los del las por con una su para es al lo como más pero sus le ya o este sí "
        "porque esta entre cuando muy sin sobre también hasta hay donde quien desde todo nos durante todos uno les "
        "ni contra otros ese eso ante ellos esto antes algunos qué unos yo otro otras él tanto esa estos mucho "
        "nada muchos cual poco ella estar estas hola gracias bienvenidos y en mi tu nuestro nuestra usted ustedes "
        "aquí son está están tiene"
    ),
    "fr": (
        "a me en la de un j l qu le et les des du une que est pour qui dans ce il au pas plus par je avec tout "
        "faire son mettre autre mais nous comme ou si leur elle même y aux ces cette sont vous était être notre "
        "votre très bien sans deux où fait ont peut leurs ici bonjour merci ai suis il elle on ses sur moi "
        "toujours aussi encore chaque depuis"
    ),
    "de": (
        "in so an am der die und den von zu das mit sich des auf für ist dem nicht ein eine auch es er hat dass "
        "sie nach bei einer um am sind noch wie einem über einen so zum aber haben nur oder vor zur bis mehr durch "
        "man sein wurde sei werden wir ich ihr wird kann hier wenn unser unsere ihnen mir mich dich guten heute "
        "jetzt immer schon diese dieser dieses im aus als doch sehr wo was weil"
    ),
}
_OF = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_WORD = regex.compile(r"\p{L}+")
_LEAST_WORDS, _LEAST_FOUND = 4, 3
_CLEARLY = 2.0


def likely_language(text: str, expected: str) -> str | None:
    """The language that ``text`` is clearly written in instead of ``expected``; None where there is no such.

    Only Latin letters are looked at; another writing is told by :func:`media.speech.spoken.writing.wrong_writing`.
    """
    if expected not in _OF:
        return None
    words = set(_WORD.findall(text.lower()))
    found = Counter({language: len(words & known) for language, known in _OF.items()})
    likely, count = found.most_common(1)[0]
    if len(words) < _LEAST_WORDS or count < _LEAST_FOUND or count < _CLEARLY * max(1, found[expected]):
        return None
    return likely
