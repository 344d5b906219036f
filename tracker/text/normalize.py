"""When are two texts the same? Three answers, from the strictest to the most lenient.

- `squeeze_whitespace` forgives Unicode form, invisible characters and white space: what a record's comparison ignores.
- `normalized` also forgives case, punctuation and "patients" for "participants", but no number and no sign: "Hb > 9"
  and "Hb < 9", "1.5 mg" and "15 mg", "10² cells" and "102 cells" stay apart.
- `fold` compares names, of sites, cities and countries: their letters and digits only, without case and accents.

What a registry serves is cleaned before (`tracker.text.clean`), and words are cut in `tracker.text.tokens`.
"""

from __future__ import annotations

import re
import unicodedata

from tracker.text.characters import visible
from tracker.text.limits import remembered

# Unicode takes é apart into e and an accent, but not these letters. Each is written as its usual transcription in Latin
# letters: a ligature as both its letters, a letter with a stroke as the plain letter.
_UNDECOMPOSED = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ı": "i", "ə": "a"}
)

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_HOUSE_WORDS = re.compile(r"\b(?:patient|participant)(?P<s>s?)\b")
"""Words for those who take part: which one a record uses is the house style of its registry or sponsor."""
_SIGNS = str.maketrans(
    {"≥": ">=", "⩾": ">=", "≤": "<=", "⩽": "<=", "−": "-", "‐": "-", "‑": "-", "–": "-", "—": "-", "⁻": "-", "μ": "u", "µ": "u"}
)
# After a word or a bracket only: "¹⁸F" is "18F". A lowered number is apart from nothing but a number ("H₂O" is "H2O").
_RAISED = re.compile(r"(?<=[\w)\]}])(?<![⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻])(?=[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹])")
_LOWERED = re.compile("(?<=[0-9])(?=[₀₁₂₃₄₅₆₇₈₉])")
# Square and cubic metres are written "m2" as often as "m²" and "m^2".
_SQUARE = re.compile(r"\b([cdkm]?m)\^(?=[23](?!\d))")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
# A number with its decimals; letters; signs of comparison and measure; a minus that stands before a number by itself, at
# the very beginning also with a blank between ("- 5 °C"); the star of an allele ("*2").
# Vowel signs of Indic and other scripts are no letters to ``re`` and stand in the range at the end.
_TOKEN = re.compile(
    r"\d+(?:\.\d+)*|[^\W\d_]+|[<>=≠±+%×÷~^]|(?<![\w)])-(?=\d)|\A-(?=\s\d)|(?<![\w*])\*(?=\d)|[\u0300-\u036f\u0900-\u1aff]"
)


def squeeze_whitespace(text: str) -> str:
    """The text in one Unicode form, without invisible characters, with single blanks for white space of any kind."""
    if text.isascii():
        return " ".join(text.split())
    return " ".join(unicodedata.normalize("NFC", visible(text)).split())


def without_ligatures(text: str) -> str:
    """The text with typographic ligatures as their letters: ``conﬁrmed`` is ``confirmed``."""
    return text if text.isascii() else text.translate(_LIGATURES)


@remembered(16384)
def fold(text: str) -> str:
    """Letters and digits only, without case and accents: ``Chūō-ku`` and ``Chuoku`` are one, ``Ærø`` is ``aero``."""
    plain = text.lower() if text.isascii() else plain_letters(text)
    return "".join(letter for letter in plain if letter.isalnum())


def plain_letters(text: str) -> str:
    """The text in lower case, accented letters taken apart, ligatures and letters with a stroke as plain ones."""
    return unicodedata.normalize("NFKD", text).casefold().translate(_UNDECOMPOSED)


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in case, punctuation and spacing only, and no number or sign is touched."""
    return one == other or normalized(one) == normalized(other)


@remembered(4096)
def normalized(text: str) -> str:
    """The text's words, numbers and signs, without case, punctuation and spacing; adjacent numbers stay apart."""
    parts: list[str] = []
    for token in _TOKEN.findall(plain_signs(text)):
        if parts and parts[-1][-1].isdigit() and token[0].isdigit():
            parts.append(" ")
        parts.append(token)
    return "".join(parts)


def plain_signs(text: str) -> str:
    """The text in lower case, with signs, dashes and numbers in their plain form and one word for those who take part."""
    if not text.isascii():
        text = _LOWERED.sub("_", _RAISED.sub("^", text)).translate(_SIGNS)
        text = unicodedata.normalize("NFKC", text)
    return _HOUSE_WORDS.sub(r"participant\g<s>", _SQUARE.sub(r"\1", _THOUSANDS.sub("", text.casefold())))
