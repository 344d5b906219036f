"""Single characters as HTML reads them, shared by everything that reads a registry's text.

Windows' typographic signs come as the control characters U+0080 to U+009F, raw or as ``&#150;``; browsers show them as
the signs they were meant to be, and so do we. What has no shape is taken out, but never so that two words become one.
"""

from __future__ import annotations

import re

_C1 = range(0x80, 0xA0)
WINDOWS_SIGNS = {code: sign for code in _C1 if (sign := bytes([code]).decode("cp1252", "ignore"))}
"""U+0080 to U+009F as HTML maps them; the five that Windows-1252 does not define are controls and stay out."""

# Control and bidirectional characters, zero-width blanks, soft hyphens and stray surrogates. The joiners U+200C and U+200D
# are spelling in Persian and Indic scripts and stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_ORDINALS = frozenset(["st", "nd", "rd", "th", "er", "re", "e", "ère", "ème", "nde", "o", "º", "ª", "tm", "sm"])
_NUMBER = re.compile(r"[+\-−–]?\s?\d")
_POWER_OF_TEN = re.compile(r"(?:\A|[^\w.,])10\s\Z")
CONTEXT = 4
"""How many characters before a raised or lowered text are looked at."""


def visible(text: str) -> str:
    """The text with Windows' signs in place of control characters, and without characters that have no shape."""
    return _INVISIBLE.sub(_gap, text.translate(WINDOWS_SIGNS))


def _gap(match: re.Match[str]) -> str:
    """What is left of characters without shape: nothing, unless that would make one number or word of two."""
    before, after = match.string[max(0, match.start() - 1) : match.start()], match.string[match.end() : match.end() + 1]
    if not (before.isalnum() and after.isalnum()):
        return ""
    if _CONTROL.search(match[0]):
        return " "
    if not (before.isdigit() or after.isdigit()):
        return ""  # a soft hyphen or a zero-width blank within a word
    return "-" if "\u00ad" in match[0] else " "


def raised(before: str, text: str) -> str:
    """The sign that keeps a raised text apart from what stands before it: ``^`` in 10^9 and m^2, none in 4th and CD4+."""
    text, last = text.strip(), before[-1:]
    if _NUMBER.match(text):
        stands_alone = last.isspace() or last in "([{/-–"  # "[18F]": the mass of an isotope; "" is the text's beginning
        return "" if stands_alone and not _POWER_OF_TEN.search(before) else "^"
    return "^" if last.isalnum() and text[:1].isalpha() and text.lower() not in _ORDINALS else ""


def lowered(before: str, text: str) -> str:
    """The sign that keeps a lowered number apart from a number before it: ``_`` in 10_2, none in H2O and Cmax."""
    return "_" if before[-1:].isdigit() and _NUMBER.match(text.strip()) else ""


def after_script(before: str, after: str) -> str:
    """The blank that keeps a raised or lowered number apart from a number after it."""
    return " " if before[-1:].isdigit() and after[:1].isdigit() else ""
