"""The words of in-app messages, by kind and language; English where a language has none (NTF-08, NTF-09)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """Title and body with ``{placeholders}``."""

    title: str
    body: str


TEMPLATES: dict[str, dict[str, Template]] = {
    "welcome": {
        "en": Template("Welcome, {name}", "Upload a photo, write a sentence, and watch it speak."),
        "hi": Template("स्वागत है, {name}", "एक फ़ोटो अपलोड करें, एक वाक्य लिखें और उसे बोलते देखें।"),
        "es": Template("Te damos la bienvenida, {name}", "Sube una foto, escribe una frase y mírala hablar."),
    },
    "registration_repeated": {
        "en": Template(
            "Somebody registered with your address",
            "If that was you, log in instead: you have an account. If not, nobody got in, and you need do nothing.",
        ),
        "hi": Template(
            "किसी ने आपके पते से पंजीकरण किया",
            "अगर वह आप थे, तो लॉग इन करें: आपका खाता पहले से है। अगर नहीं, तो कोई अंदर नहीं आया; कुछ करने की ज़रूरत नहीं।",
        ),
        "es": Template(
            "Alguien se registró con tu dirección",
            "Si fuiste tú, inicia sesión: ya tienes una cuenta. Si no, nadie ha entrado y no tienes que hacer nada.",
        ),
    },
    "workflow_completed": {
        "en": Template("Your video is ready", "It took {seconds} s and cost {credits} credit(s)."),
        "hi": Template("आपका वीडियो तैयार है", "इसमें {seconds} सेकंड और {credits} क्रेडिट लगे।"),
        "es": Template("Tu vídeo está listo", "Tardó {seconds} s y costó {credits} crédito(s)."),
    },
    "workflow_failed": {
        "en": Template("Your video could not be made", "{reason} {refund}"),
        "hi": Template("आपका वीडियो नहीं बन सका", "{reason} {refund}"),
        "es": Template("No se pudo crear tu vídeo", "{reason} {refund}"),
    },
    "workflow_cancelled": {
        "en": Template("Your video was cancelled", "{refund}"),
        "hi": Template("आपका वीडियो रद्द किया गया", "{refund}"),
        "es": Template("Tu vídeo fue cancelado", "{refund}"),
    },
}

REFUNDS = {
    "en": ("Your credits are back in your account.", "No credits were used."),
    "hi": ("आपके क्रेडिट वापस आपके खाते में हैं।", "कोई क्रेडिट ख़र्च नहीं हुआ।"),
    "es": ("Tus créditos han vuelto a tu cuenta.", "No se usaron créditos."),
}
"""Returned; none used."""


LONGEST_TITLE = 255


def render(kind: str, language: str, **values: object) -> tuple[str, str]:
    """Title and body of a message. Values are plain text: whoever shows them in HTML escapes them."""
    by_language = TEMPLATES[kind]
    template = by_language.get(language, by_language["en"])
    return _shortened(template.title.format(**values)), template.body.format(**values)


def _shortened(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def refund(language: str, *, returned: bool) -> str:
    """One sentence on what happened to the credits."""
    sentences = REFUNDS.get(language, REFUNDS["en"])
    return sentences[0] if returned else sentences[1]
