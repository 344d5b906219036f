"""Registry texts made fit to be shown: one line, no control characters, no addresses that do harm."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

# Joiners carry meaning in Persian, Indic and emoji text; every other format character only hides or turns text.
_JOINERS = frozenset("\u200c\u200d")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?\Z")


class _Shown(dict[int, str]):
    """What each character is shown as, for `str.translate`; looked up once, since registry texts are long."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in {"Cc", "Zl", "Zp"}:
            shown = " "
        else:
            shown = "" if category in _HIDDEN and character not in _JOINERS else character
        self[code] = shown
        return shown


_SHOWN = _Shown()


def one_line(text: str, limit: int | None = None) -> str:
    """The text on one line without control, bidirectional-override or lone surrogate characters: fit for any screen or mail.

    ``limit`` is in characters; what is longer ends in an ellipsis at a word's end where there is one.
    """
    # Printable text has no blank but the space and nothing that is left out: most texts are one line already.
    plain = text.isprintable() and "  " not in text
    line = text.strip() if plain else " ".join(text.translate(_SHOWN).split())
    if limit is None or len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head, _, _ = cut.rpartition(" ")
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:") + "…"


def web_link(address: str | None) -> str:
    """The address if it is a plain http or https one, else nothing: registry records can hold anything."""
    if not address or any(c.isspace() or unicodedata.category(c) in _HIDDEN for c in address):
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in {"http", "https"} and parts.netloc else ""


def cell(text: str) -> str:
    """The text for a CSV cell: spreadsheets would run what begins like a formula, so it gets an apostrophe in front."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.match(text) else text


def size(text: str) -> str:
    """How long a text is: ``1.0 MB``, ``20 kB``, ``300 characters``."""
    count = len(text)
    if count < 1_000:
        return plural(count, "character")
    return f"{count / 1e6:,.1f} MB" if count >= 999_500 else f"{round(count / 1e3)} kB"


def plural(count: int, one: str, many: str = "") -> str:
    """The count with its noun: ``1 trial``, ``1,204 trials``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
