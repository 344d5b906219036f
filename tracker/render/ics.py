"""Deadlines as an iCalendar file: one all-day entry each, with a UID that stays the same while the due date does.

A deadline is a note and no appointment: it leaves its day free.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import msgspec

from tracker.model.deadline import Deadline
from tracker.model.views import DeadlineRow
from tracker.render import kinds
from tracker.render.duties import laws
from tracker.render.safe_text import one_line, web_link
from tracker.render.vocabulary import first_capital

_NAME = "Trial deadlines"
_NO_FINDING = "An estimate from the registry's record, not a legal finding."


def calendar(rows: Iterable[DeadlineRow], *, stamp: datetime | None) -> bytes:
    """The rows as one calendar; ``stamp`` is when the file was made, or each entry's own day where it must not matter.

    An entry reads as it will on its day.
    """
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//trial-registry-tracker//deadlines//EN")
    made.add("version", "2.0")
    made.add("name", _NAME)  # RFC 7986
    made.add("x-wr-calname", _NAME)  # what most programs read instead
    for named in rows:
        row, entry = _on_its_day(named.deadline), Event()
        key = f"{row.trial} {row.kind} {row.due.isoformat()}"
        entry.add("uid", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@trial-registry-tracker")
        entry.add("dtstamp", stamp or datetime.combine(row.due, time(), UTC))
        entry.add("dtstart", row.due)
        entry.add("dtend", row.due + timedelta(days=1))
        entry.add("summary", one_line(f"{named.name}: {kinds.deadline(row)}", 200))
        entry.add("description", _description(row))
        entry.add("transp", "TRANSPARENT")
        if address := web_link(named.url):
            entry.add("url", address)
        made.add_component(entry)
    return bytes(made.to_ical())


def _on_its_day(row: Deadline) -> Deadline:
    return msgspec.structs.replace(row, details=msgspec.structs.replace(row.details, days=0))


def _description(row: Deadline) -> str:
    """Why the day is the one it is, a line for each reason, by which laws, and what it is worth."""
    reasons = (one_line(first_capital(reason), 200) for reason in row.details.reasons)
    by = (f"By {law}" for law in laws(row.details))
    return "\n".join([*reasons, *by, _NO_FINDING])
