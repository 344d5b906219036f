"""Deadlines as an iCalendar file: one all-day entry each, with a UID that stays the same while the due date does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from tracker.model.views import DeadlineRow
from tracker.render import kinds
from tracker.render.safe_text import one_line


def calendar(rows: Iterable[DeadlineRow], at: datetime) -> bytes:
    """The rows as one calendar; ``at`` is when the file was made."""
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", "-//trial-registry-tracker//deadlines//EN")
    made.add("version", "2.0")
    for named in rows:
        row, entry = named.deadline, Event()
        key = f"{row.trial} {row.kind} {row.due.isoformat()}"
        entry.add("uid", f"{hashlib.sha256(key.encode()).hexdigest()[:32]}@trial-registry-tracker")
        entry.add("dtstamp", at)
        entry.add("dtstart", row.due)
        entry.add("dtend", row.due + timedelta(days=1))
        entry.add("summary", one_line(f"{named.name}: {kinds.deadline(row)}", 200))
        entry.add("description", "An estimate from the registry's record, not a legal finding.")
        made.add_component(entry)
    return bytes(made.to_ical())
