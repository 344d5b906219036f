"""A record whose dates alone moved."""

from __future__ import annotations

from tracker.model.details import RecordUpdatedDetails
from tracker.model.event import Event
from tracker.render.kinds.kind_words import kind_words, silent
from tracker.render.times import registry_day


def _headline(_event: Event, details: RecordUpdatedDetails) -> str:
    edits = (("updated", details.last_update_posted), ("verified", details.verified_on))
    dates = [f"{word} {registry_day(edit.new)} (was {registry_day(edit.old)})" for word, edit in edits if edit]
    return f"Record {' and '.join(dates)}, nothing else changed"


kind_words(
    "record_updated",
    RecordUpdatedDetails,
    title="Record updated",
    headline=_headline,
    lines=silent,
    tally=lambda _event, _details: "record update(s)",
)
