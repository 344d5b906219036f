"""The grammar of ``[schedule]``: an interval or a cron expression that the scheduler reads as people mean it."""

from __future__ import annotations

import calendar

from tracker.config.settings import DAYS, interval

_MONTHS = tuple(calendar.month_abbr[number].lower() for number in range(1, 13))
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("a minute", 0, 59, ()),
    ("an hour", 0, 23, ()),
    ("a day of the month", 1, 31, ()),
    ("a month", 1, 12, _MONTHS),
    ("a day of the week", 0, 6, DAYS),
)

_LONGEST = 200
"""Characters of a schedule that anybody means."""


def schedule_problem(text: str) -> str:
    """What is wrong with a schedule, as a sentence; empty when it is good."""
    fields = text.split() if len(text) <= _LONGEST else []
    if len(fields) == 1 and interval(text):
        return ""
    if len(fields) != len(_FIELDS):
        return 'Write an interval such as "30m", "6h" or "1d", or a cron expression of five fields such as "0 6 * * mon-fri".'
    for field, (name, least, most, names) in zip(fields, _FIELDS, strict=True):
        for part in field.split(","):
            wrong = _part_problem(part, name, least, most, names)
            if wrong:
                return wrong
    return ""


def _part_problem(part: str, name: str, least: int, most: int, names: tuple[str, ...]) -> str:
    span, slash, step = part.partition("/")
    first, dash, last = span.partition("-")
    if slash and not (step.isascii() and step.isdigit() and 1 <= int(step) <= most - least):
        return f'"{part}" is not {name}: the step after / must be from 1 to {most - least}.'
    if span == "*":
        return ""
    if names and {first.lower(), (last if dash else first).lower()} <= set(names):
        if slash:
            return f'"{part}" is not {name}: a step goes with * or numbers, not with names.'
        in_order = not dash or names.index(first.lower()) <= names.index(last.lower())
        return "" if in_order else f'"{part}" runs backwards. Write it as a list, such as "{first},{last}".'
    if names is DAYS:  # programs disagree whether 0 or 1 is Monday, so a number would run on the wrong day somewhere
        return f'"{part}" is not {name} understood here. Write {", ".join(DAYS)}, a span such as mon-fri, or *.'
    bounds = (first, last) if dash else (first,)
    if not all(bound.isascii() and bound.isdigit() and least <= int(bound) <= most for bound in bounds):
        return f'"{part}" is not {name}. Give numbers from {least} to {most}, a span such as {least}-{most}, or *.'
    if dash and int(first) > int(last):
        return f'"{part}" runs backwards. Write the smaller number first.'
    if slash and (not dash or int(step) > int(last) - int(first)):
        return f'"{part}" is not {name}: a step goes with * or a span that is longer than the step.'
    return ""
