"""The recruitment status of a study, which its record does not state: overrides say it, or else its dates and the day.

The same record therefore reads otherwise on another day. The days on which it does are `turning_days`.
"""

from __future__ import annotations

import datetime as dt
from datetime import timedelta

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.sources.isrctn import words

RECRUITMENT_END = "trial.participants.recruitmentEnd"
_A_DAY = timedelta(days=1)


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says of its status: overrides in the registry's words, and days."""

    overall: str | None = None
    recruitment: str | None = None
    start: str | None = None
    begins: RegistryDate | None = None
    closes: RegistryDate | None = None
    ends: RegistryDate | None = None


def status_on(stated: Stated, day: dt.date) -> tuple[str | None, str | None]:
    """The status on a day, and the registry's own word where an override decides. None where neither tells."""
    for word in (stated.overall, stated.recruitment):
        if word and word in words.LASTING:
            return words.LASTING[word], word
    if stated.overall in words.ENDED:
        return "COMPLETED", stated.overall
    for word in (stated.overall, stated.recruitment):
        if word and word not in _KNOWN:
            return "OTHER", word
    match stated.recruitment:
        case str(word) if word in words.RECRUITED or word in words.ENDED:
            return _closed(stated, day), word
        case str(word) if word in words.UNOPENED:
            return "NOT_YET_RECRUITING", word
        case str(word) if word in words.OPENED:
            return "RECRUITING", word
        case _:
            return _by_dates(stated, day)


def turning_days(record: TrialRecord) -> tuple[dt.date, ...]:
    """The days from which on a record may have another status, though nobody edits it."""
    given = record.rest.get(RECRUITMENT_END)
    closes = RegistryDate(given).last if isinstance(given, str) else None
    ends = record.completion_date.last if record.completion_date else None
    begins = record.start_date.first if record.start_date else None
    after = [day + _A_DAY for day in (closes, ends) if day and day < dt.date.max]
    return tuple(sorted({*after, *([begins] if begins else [])}))


_KNOWN = frozenset({*words.LASTING}) | words.BY_DATES | words.RECRUITED | words.OPENED | words.UNOPENED | words.ENDED


def _by_dates(stated: Stated, day: dt.date) -> tuple[str | None, str | None]:
    begins = stated.begins.first if stated.begins else None
    closes = stated.closes.last if stated.closes else None
    if closes and closes < day:
        return _closed(stated, day), None
    if stated.start in words.UNOPENED:
        return "NOT_YET_RECRUITING", stated.start
    if stated.start in words.OPENED:
        return "RECRUITING", stated.start
    if begins and day < begins:
        return "NOT_YET_RECRUITING", None
    if stated.ends and stated.ends.last and stated.ends.last < day:
        return "COMPLETED", None
    return ("RECRUITING", None) if begins and closes else (None, None)


def _closed(stated: Stated, day: dt.date) -> str:
    """The status of a study that recruits no longer: whether it has ended is said by its end."""
    ends = stated.ends.last if stated.ends else None
    if ends is None:
        return "NOT_RECRUITING_UNSPECIFIED"
    return "COMPLETED" if ends < day else "ACTIVE_NOT_RECRUITING"
