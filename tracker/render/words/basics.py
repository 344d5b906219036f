"""Single values in words: statuses, dates, numbers, names of kinds, effects and fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tracker.model.dates import RegistryDate
from tracker.model.vocabulary import Severity
from tracker.render.safe_text import one_line
from tracker.render.words.english import DATE_TYPE, EFFECT, FIELD, KIND, REST_FIELD, SEVERITY, STATUS, STATUS_BEFORE, VALUE, S

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def status(word: str | None) -> str:
    """A recruitment status for people; a word we do not know is read as it stands."""
    return STATUS.get(word or "", _plain(word or "OTHER").capitalize())


def status_before(word: str | None) -> str:
    """What a status was, in brackets behind the news."""
    return STATUS_BEFORE.get(word or "OTHER", status(word).lower())


def date(value: RegistryDate) -> str:
    """A registry's date as given, with its kind where the registry states one: ``2026-09 (estimated)``."""
    kind = DATE_TYPE.get(value.type or "", "")
    return f"{one_line(value.date, 60)} ({kind})" if kind else one_line(value.date, 60)


def kind_title(kind: str) -> str:
    """A kind's name as a heading."""
    return KIND.get(kind, _plain(kind.removesuffix("_changed")).capitalize())


def effect_word(effect: str) -> str:
    """An effect in words."""
    return EFFECT.get(effect, _plain(effect))


def severity_word(severity: Severity) -> str:
    """A severity in words."""
    return SEVERITY[severity]


def field_word(field: str) -> str:
    """A field's name inside a sentence; a source's own path is told by its last step, a text as it stands."""
    if any(letter.isspace() for letter in field):
        return one_line(field, 60)
    own = field.rstrip(".[]").rsplit(".", 1)[-1].removesuffix("[]")
    return FIELD.get(own) or REST_FIELD.get(own) or _plain(_CAMEL.sub(" ", own))


def enumerated(word: str) -> str:
    """A word of an enumeration for people: ``NO_INTERVENTION`` -> ``no intervention``."""
    return VALUE.get(word, _plain(word))


def first_capital(text: str) -> str:
    """The text with its first letter large, the rest as it is."""
    return text[:1].upper() + text[1:]


def days(count: int) -> str:
    """``1 day``, ``184 days``; the sign is left out."""
    return S["day"] if abs(count) == 1 else S["days"].format(count=f"{abs(count):,}")


def people(count: int | None) -> str:
    """``1 person``, ``12 people``."""
    return S["person"] if count == 1 else S["people"].format(count=f"{count or 0:,}")


def percent(value: float) -> str:
    """A percentage without sign, whole (halves up) where that does not make it 0 or 100."""
    size = abs(value)
    return f"{size:.1f}" if size < 1 or 99 < size < 100 else f"{int(size + 0.5):,}"


def on(text: str) -> str:
    """``on 2026-03-01`` for a day, ``in 2026-03`` for a month or year."""
    return S["on" if RegistryDate(text).precision in {"day", "none"} else "in"].format(date=one_line(text, 60))


def date_text(value: Mapping[str, Any] | None) -> str:
    """The bare date of a date as JSON."""
    return one_line(str((value or {}).get("date") or ""), 60)


def _plain(word: str) -> str:
    return one_line(word.replace("_", " ").lower(), 60)
