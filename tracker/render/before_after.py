"""Old and new value of the changes that are one plain value, in words: the pairs a reader compares at a glance.

Lists (outcomes, criteria, sites) and texts that are longer are told line by line by ``words.lines`` instead, with the
edits marked in place.
"""

from __future__ import annotations

import re

import msgspec

from tracker.model.dates import RegistryDate
from tracker.model.event import Change, Event
from tracker.render import words
from tracker.render.privacy import PERSONAL_KINDS
from tracker.render.safe_text import one_line

LONGEST = 160
"""Characters up to which a value is shown as a pair."""

SIDE_BY_SIDE = 60
"""Characters up to which old and new stand on one line."""

_TEXTS = frozenset({"why_stopped", "brief_title", "official_title"})
"""Sentences: once both sides do not fit on one line, a reader wants the words that changed and not two sentences."""

TITLES = {
    "recruitment_status": "Status",
    "last_known_status": "Last known status",
    "why_stopped": "Why stopped",
    "start_date": "Start",
    "primary_completion_date": "Primary completion",
    "completion_date": "Completion",
    "first_posted": "First posted",
    "results_state": "Results",
    "results_first_posted": "Results first posted",
    "delay_certified_on": "Delay certified",
    "enrollment": "Enrollment",
    "lead_sponsor": "Lead sponsor",
    "brief_title": "Brief title",
    "official_title": "Official title",
    "acronym": "Acronym",
    "study_type": "Study type",
    "phases": "Phase",
    "allocation": "Allocation",
    "intervention_model": "Intervention model",
    "primary_purpose": "Primary purpose",
    "masking": "Masking",
    "observational_model": "Observational model",
    "time_perspective": "Time perspective",
    "minimum_age": "Minimum age",
    "maximum_age": "Maximum age",
    "sex": "Sex",
    "healthy_volunteers": "Healthy volunteers",
}

_STATUSES = frozenset({"recruitment_status", "last_known_status"})
_ENUMERATED = frozenset(
    {
        "results_state",
        "study_type",
        "phases",
        "allocation",
        "intervention_model",
        "primary_purpose",
        "masking",
        "observational_model",
        "time_perspective",
        "sex",
        "type",
        "class",
    }
)
_PARTS = frozenset({"date", "type", "count", "name", "class"})
_PHASE = re.compile(r"(EARLY_)?PHASE(\d)\Z")


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One field before and after, in words; an empty side means it was not there."""

    field: str
    old: str
    new: str

    @property
    def long(self) -> bool:
        """Whether the two sides need a line each."""
        return len(self.old) + len(self.new) > SIDE_BY_SIDE


def pairs(event: Event) -> tuple[Pair, ...]:
    """The before and after of each change of the event that is one short value."""
    if event.kind in PERSONAL_KINDS:
        return ()
    found = (_pair(change) for change in event.changes)
    return tuple(dict.fromkeys(pair for pair in found if pair and (pair.old or pair.new not in one_line(event.headline))))


def value(field: str, given: object) -> str | None:
    """A plain JSON value of a record's field in words; None when it is a list or text that a pair cannot show."""
    match given:
        case None:
            return ""
        case bool():
            return "yes" if given else "no"
        case int():
            return f"{given:,}"
        case str() if field in _STATUSES:
            return words.status(given)
        case str():
            return one_line(_word(given) if field in _ENUMERATED else given)
        case {"date": str(day), **others} if not others.keys() - {"type"}:
            kind = others.get("type")
            return words.date(RegistryDate(day, kind if isinstance(kind, str) else None))
        case {"count": int() | None as count, **others} if not others.keys() - {"type"}:
            return _enrollment(count, others.get("type"))
        case {"name": str(name)}:
            return one_line(name)
        case list() | tuple() if given and all(isinstance(item, str) for item in given):
            return ", ".join(one_line(_word(item) if field in _ENUMERATED else item) for item in given)
    return None


def _pair(change: Change) -> Pair | None:
    field, step = change.path[0], change.path[-1]
    if len(change.path) > 2 or step not in TITLES.keys() | _PARTS or not {field, step} & TITLES.keys():
        return None
    old, new = value(step, change.old), value(step, change.new)
    if old is None or new is None or old == new or max(len(old), len(new)) > LONGEST:
        return None
    part = f" ({step})" if step in {"type", "class"} else ""
    pair = Pair(field=TITLES[step if step in TITLES else field] + part, old=old, new=new)
    return None if field in _TEXTS and pair.long and old and new else pair


def _enrollment(count: int | None, kind: object) -> str:
    people = "unknown" if count is None else f"{count:,}"
    return f"{people} ({kind.lower()})" if isinstance(kind, str) and kind else people


def _word(text: str) -> str:
    """An enumeration's value as a word: ``PHASE2`` -> ``Phase 2``, ``SINGLE_GROUP`` -> ``Single group``."""
    if phase := _PHASE.match(text):
        return f"{'Early phase' if phase[1] else 'Phase'} {phase[2]}"
    return "Not applicable" if text == "NA" else text.replace("_", " ").capitalize()
