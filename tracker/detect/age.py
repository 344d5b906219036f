"""How new an answer is, against what was accepted before: older data are never compared, lower dates are doubted. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import cast

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.model.source import DataVersion, Dated, Document, Source, StatedDates

AHEAD = timedelta(days=2)
"""Registries state the day by clocks and zones of their own; a date further ahead of our clock than this is a mistake."""


class RecordDates(msgspec.Struct, frozen=True, kw_only=True):
    """The days of a record's last update, as its source states them."""

    submitted: RegistryDate | None = None
    posted: RegistryDate | None = None
    page: RegistryDate | None = None


_CALLED = {"submitted": "its last update was submitted", "posted": "its last update is", "page": "the page is"}


def stated_dates(source: Source, document: Document) -> StatedDates:
    """What the document says of its own age; empty where the source's documents say nothing of it."""
    # Sources name their abilities as base classes; isinstance would look for each member of the protocol in every call.
    return cast("Dated", source).stated_dates(document) if Dated in type(source).__mro__ else StatedDates()


def record_dates(source: Source, document: Document, record: TrialRecord) -> RecordDates:
    """The dates of a record's last update, those included that the record does not model."""
    submitted = stated_dates(source, document).last_update_submitted
    return RecordDates(
        submitted=RegistryDate(submitted) if submitted else None, posted=record.last_update_posted, page=record.page_date
    )


def is_older_data(stamp: str, accepted: str | None, now: datetime) -> bool:
    """Whether a data version is lower than the accepted one. One from the future was a mistake and outdates nothing."""
    mine, theirs = _moment(stamp), _moment(accepted or "")
    if mine is None or theirs is None or theirs.date() - now.astimezone(UTC).date() > AHEAD:
        return False
    return mine < theirs


def between(earlier: str, later: str) -> timedelta:
    """The time from one data version to another; none where one of them cannot be read."""
    before, after = _moment(earlier), _moment(later)
    return after - before if before and after and after > before else timedelta(0)


def gone_back(before: RecordDates, after: RecordDates) -> str:
    """A sentence about the first date that is certainly lower than it was; empty where none is."""
    for name, what in _CALLED.items():
        old: RegistryDate | None = getattr(before, name)
        new: RegistryDate | None = getattr(after, name)
        if old and new and new.last and old.first and new.last < old.first:
            return f"{what} dated {new.date}, and {old.date} in the version that we have"
    return ""


def claim(dates: RecordDates) -> str:
    """What a record with lower dates says; a second answer that says the same is believed."""
    stated = (dates.submitted, dates.posted, dates.page)
    return f"dated {' '.join(each.date if each else '-' for each in stated)}"


def is_clock_ahead(data: DataVersion | None, now: datetime) -> bool:
    """Whether our clock shows a day that the registry's data are far from: no date is taken to have passed by it."""
    stated = RegistryDate(data.date).first if data else None
    return stated is not None and now.astimezone(UTC).date() - stated > AHEAD


@lru_cache(maxsize=256)
def _moment(stamp: str) -> datetime | None:
    """The time of a data version, UTC where it names no zone; None for one that cannot be read."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        day: date | None = RegistryDate(stamp[:10]).first
        return datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
