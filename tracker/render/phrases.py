"""Parts of sentences: quoted texts, lists of names, numbers of days and people."""

from __future__ import annotations

from collections.abc import Sequence

from tracker.model.dates import RegistryDate
from tracker.render import times
from tracker.render.safe_text import one_line, plural

LONGEST_QUOTE = 100

NO_FINDING = "An estimate from the public record, not a legal finding"
"""What is said below every deadline of results."""


def quote(text: object, limit: int = LONGEST_QUOTE) -> str:
    """A registry's text on one line, shortened with an ellipsis."""
    return one_line("" if text is None else str(text), limit)


def listed(items: Sequence[object], limit: int = 3) -> str:
    """``a, b and c``; of long lists the first ones and how many more."""
    names = [quote(item, 60) for item in items]
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit} more"
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return names[0] if names else ""


def quoted(items: Sequence[object], limit: int = 2) -> str:
    """Names in quotation marks; of long lists the first ones and how many more."""
    return listed([f"“{quote(item, 50)}”" for item in items], limit)


def days(count: int) -> str:
    """``1 day``, ``184 days``; the sign is left out."""
    return plural(abs(count), "day")


def people(count: int) -> str:
    """``1 person``, ``12 people``."""
    return plural(count, "person", "people")


def percent(value: float) -> str:
    """A percentage without sign, whole (halves up) where that does not make it 0 or 100."""
    size = abs(value)
    return f"{size:.1f}" if size < 1 or 99 < size < 100 else f"{int(size + 0.5):,}"


def on(text: str) -> str:
    """``on 1 Mar 2026`` for a day, ``in Mar 2026`` for a month or year."""
    word = "on" if RegistryDate(text).precision in {"day", "none"} else "in"
    return f"{word} {times.registry_day(text)}"


def day_of(date: RegistryDate | None) -> str:
    """A registry's date without its type; empty where there is none."""
    return times.registry_day(date.date) if date else ""


def whereabouts(city: str | None, km: float | None, *, in_city: bool) -> str:
    """``in Munich`` for the watch's own city, else ``about 56 km (Augsburg)``: kilometres are between the middles of cities."""
    named = quote(city, 40)
    if km is None:
        return named or "place unknown"
    if in_city and named:
        return f"in {named}"
    return f"{away(km)} ({named})" if named else away(km)


def away(km: float) -> str:
    """``about 56 km``, ``under 1 km``."""
    return "under 1 km" if km < 1 else f"about {round(km)} km"
