"""Dates as trial pages write them, kept at the precision that was given."""

from __future__ import annotations

import re

from tracker.model.dates import RegistryDate

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"  # noqa: E501  # fmt: skip
_YEAR = r"(?P<year>\d{4})"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
# Numeric dates such as 9/12/2017 are left out on purpose: nobody can tell the day from the month.
_FORMS = tuple(
    re.compile(form + r"\Z", re.IGNORECASE)
    for form in (
        rf"{_YEAR}(?:-(?P<month>\d{{2}})(?:-(?P<day>\d{{2}})(?:[T ]\d{{2}}:\d{{2}}\S*)?)?)?",
        rf"{_DAY}[ -]{_MONTH},?[ -]{_YEAR}",
        rf"{_MONTH} {_DAY},? {_YEAR}",
        rf"{_MONTH},? {_YEAR}",
    )
)


def read_date(text: str, kind: str | None = None) -> RegistryDate:
    """The date with the precision given; a text that is no date comes back verbatim with precision ``none``.

    Understood: ``2025-08-28`` (with or without a time), ``2025-08``, ``2025``, ``28 August 2025``, ``Aug. 28, 2025``,
    ``August 2025``. ``kind`` is ACTUAL, ESTIMATED or None.
    """
    given = " ".join(text.split())
    for form in _FORMS:
        match = form.match(given)
        if match:
            date = RegistryDate(_iso(match.groupdict()), kind)
            return date if date.precision != "none" else RegistryDate(given, kind)
    return RegistryDate(given, kind)


def _iso(parts: dict[str, str | None]) -> str:
    month, day = parts.get("month"), parts.get("day")
    date = parts["year"] or ""
    if month:
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
        date += f"-{number:02d}"
    if day:
        date += f"-{int(day):02d}"
    return date
