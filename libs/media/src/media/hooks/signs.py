"""Which words are signs of what, by language. Data alone; a language that is not here is judged by signs and sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Signs:
    """Words and phrases, in lower case. ``asks`` and ``leans`` count at the beginning of a sentence only; ``leans`` are
    those that refer to what was said before, so that a stranger would not understand."""

    claim: frozenset[str] = frozenset()
    emotion: frozenset[str] = frozenset()
    contrast: frozenset[str] = frozenset()
    number: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    leans: frozenset[str] = frozenset()


NONE = Signs()

SIGNS: Mapping[str, Signs] = {
    "en": Signs(
        claim=_words(
            "nobody, no one, never, always, everyone, everybody, nothing, everything, the only, best, worst, "
            "biggest, fastest, easiest, greatest, most important, secret, the truth, truth is, mistake, "
            "mistakes, wrong, stop, impossible, proven, guaranteed, the reason, changed everything, first time,"
            " must, need to know, myth, lie, here is how, here's how, this is how, this is why, that's why"
        ),
        emotion=_words(
            "love, loved, hate, hated, afraid, fear, scared, terrified, shocked, shocking, surprised, "
            "surprising, amazing, incredible, unbelievable, beautiful, heartbreaking, cried, crying, laughed, "
            "laughing, happy, sad, angry, proud, crazy, insane, awful, terrible, wonderful, excited, worried, "
            "ashamed, lost everything, died, dream, nightmare, wow"
        ),
        contrast=_words(
            "but, however, instead, yet, until, although, except, turns out, even though, not because, on the "
            "contrary, rather than, despite, suddenly, then one day, what if"
        ),
        number=_words(
            "two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, twenty, thirty, forty, "
            "fifty, hundred, thousand, million, millions, billion, half, twice, double, percent, dozen, dozens"
        ),
        asks=_words(
            "why, how, what, who, when, where, which, have you, did you, do you, are you, is it, can you, could"
            " you, would you, should you, what if"
        ),
        leans=_words(
            "and, or, so, because, also, then, he, she, it, they, him, her, them, his, their, its, this, that, "
            "these, those, which, anyway, therefore, as i said, like i said, it's, that's, he's, she's, "
            "they're, there"
        ),
    ),
    "es": Signs(
        claim=_words(
            "nadie, nunca, siempre, todos, todo el mundo, nada, el único, la única, mejor, peor, secreto, la "
            "verdad, error, errores, imposible, demostrado, la razón, por primera vez, así es como, por eso"
        ),
        emotion=_words(
            "amor, amo, odio, miedo, sorpresa, increíble, hermoso, hermosa, terrible, lloré, feliz, triste, "
            "orgulloso, orgullosa, loco, locura, sueño, pesadilla"
        ),
        contrast=_words("pero, sin embargo, en cambio, aunque, hasta que, resulta que, a pesar, de repente, sino"),
        number=_words(
            "dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, cien, mil, millón, millones, mitad, doble"
        ),
        asks=_words("por qué, cómo, qué, quién, cuándo, dónde, cuál, sabías, sabes, alguna vez"),
        leans=_words("y, o, así que, porque, también, entonces, él, ella, ellos, ellas, eso, esto, ese, esa, además"),
    ),
    "fr": Signs(
        claim=_words(
            "personne, jamais, toujours, tout le monde, rien, le seul, la seule, meilleur, meilleure, pire, "
            "secret, vérité, erreur, erreurs, impossible, prouvé, la raison, voici comment, première fois, "
            "c'est pourquoi"
        ),
        emotion=_words(
            "amour, adore, déteste, peur, surprise, incroyable, magnifique, terrible, pleuré, heureux, "
            "heureuse, triste, fier, fière, fou, folle, rêve, cauchemar"
        ),
        contrast=_words("mais, pourtant, cependant, au lieu, bien que, jusqu'à, en fait, malgré, soudain"),
        number=_words(
            "deux, trois, quatre, cinq, six, sept, huit, neuf, dix, cent, mille, million, millions, moitié, double"
        ),
        asks=_words("pourquoi, comment, que, qui, quand, où, quel, quelle, avez-vous, savez-vous, est-ce que"),
        leans=_words("et, ou, donc, parce que, aussi, alors, il, elle, ils, elles, ce, cela, ça, c'est, ensuite"),
    ),
    "de": Signs(
        claim=_words(
            "niemand, nie, niemals, immer, jeder, alle, nichts, alles, der einzige, die einzige, beste, besten,"
            " schlimmste, größte, geheimnis, wahrheit, fehler, falsch, unmöglich, bewiesen, der grund, zum "
            "ersten mal, so geht, deshalb"
        ),
        emotion=_words(
            "liebe, hasse, angst, schock, überrascht, überraschend, unglaublich, wunderschön, furchtbar, "
            "geweint, glücklich, traurig, wütend, stolz, verrückt, traum, albtraum"
        ),
        contrast=_words("aber, jedoch, doch, stattdessen, obwohl, bis, trotzdem, sondern, plötzlich"),
        number=_words(
            "zwei, drei, vier, fünf, sechs, sieben, acht, neun, zehn, hundert, tausend, million, millionen, "
            "hälfte, doppelt"
        ),
        asks=_words(
            "warum, wie, was, wer, wann, wo, welche, welcher, hast du, haben sie, kannst du, weißt du, wusstest"
        ),
        leans=_words("und, oder, also, weil, auch, dann, er, sie, es, das, dies, diese, dieser, ihm, ihr, deswegen"),
    ),
}
