"""What happened to each outcome measure: kept, edited, come, gone, or moved between primary, secondary and other."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from tracker.events.kinds import Comparison
from tracker.model.event import Change
from tracker.text.durations import time_point
from tracker.text.inline_diff import edit_span
from tracker.text.normalize import same_words, squeeze_whitespace
from tracker.text.similarity import match_by_section, similarity
from tracker.text.tokens import tokens

FIELDS = ("primary_outcomes", "secondary_outcomes", "other_outcomes")

_AGGREGATIONS = {
    "number": "count",
    "count": "count",
    "incidence": "count",
    "frequency": "count",
    "occurrence": "count",
    "percentage": "share",
    "percent": "share",
    "proportion": "share",
    "rate": "share",
    "mean": "mean",
    "average": "mean",
    "median": "median",
    "change": "change",
}
_NEGATIONS = frozenset({"without", "not", "no", "non"})

MOVED_PERCENT = 20
MOVED_DAYS = 28


class OutcomeEdit(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome measure before and after, the changes that say so, and where it stood and stands."""

    old: dict[str, Any]
    new: dict[str, Any]
    field_old: str
    field_new: str
    changes: tuple[Change, ...]

    def changed(self, part: str) -> tuple[str, str] | None:
        """Old and new text of a part (measure, time_frame, description) that differs, else None."""
        before, after = self.old.get(part) or "", self.new.get(part) or ""
        return (before, after) if squeeze_whitespace(before) != squeeze_whitespace(after) else None


class OutcomeMoves(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened to the outcome measures of one update."""

    edits: tuple[OutcomeEdit, ...] = ()
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()


def outcome_moves(comparison: Comparison) -> OutcomeMoves:
    """Match what went with what came, one to one: the same words first, then like ones; in one field before across fields."""
    changes = comparison.changes_of(*FIELDS)
    if not changes:
        return OutcomeMoves()
    removed = [change for change in changes if len(change.path) == 2 and change.new is None]
    added = [change for change in changes if len(change.path) == 2 and change.old is None]
    edits = _edited_in_place(changes)
    pairs, gone, came = match_by_section(removed, added, section=_field, scores=(_same, _similar))
    edits += [
        OutcomeEdit(old=old.old, new=new.new, field_old=_field(old), field_new=_field(new), changes=(old, new))
        for old, new in pairs
    ]
    return OutcomeMoves(edits=tuple(edits), added=tuple(came), removed=tuple(gone))


def _field(change: Change) -> str:
    return change.path[0]


def _same(old: Change, new: Change) -> float:
    """One measure in the same words; of several the one with the same time frame."""
    if not same_words(_measure(old.old), _measure(new.new)):
        return 0.0
    return 1.0 if old.old.get("time_frame") == new.new.get("time_frame") else 0.5


def _similar(old: Change, new: Change) -> float:
    return similarity(_measure(old.old), _measure(new.new))


def _measure(entry: dict[str, Any]) -> str:
    """What is measured; a registry may leave it empty."""
    return str(entry.get("measure", ""))


def _edited_in_place(changes: tuple[Change, ...]) -> list[OutcomeEdit]:
    """Measures that ``compare`` already found on both sides: their changes are parts."""
    parts: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        if len(change.path) == 3:
            parts[(change.path[0], change.path[1])].append(change)
    edits = []
    for (field, name), found in parts.items():
        # The measure is the key in the path; repeats carry " #2".
        kept = {"measure": name.rsplit(" #", 1)[0] if name.rsplit(" #", 1)[-1].isdigit() else name}
        old = kept | {change.path[2]: change.old for change in found if change.old is not None}
        new = kept | {change.path[2]: change.new for change in found if change.new is not None}
        edits.append(OutcomeEdit(old=old, new=new, field_old=field, field_new=field, changes=tuple(found)))
    return edits


def time_frame_span(edit: OutcomeEdit) -> tuple[str, str] | None:
    """The words of the time frame that differ, if the time frame is all that differs."""
    if edit.changed("measure") or edit.changed("description") or edit.field_old != edit.field_new:
        return None
    frames = edit.changed("time_frame")
    return edit_span(*frames) if frames else None


def reporting_field(edit: OutcomeEdit) -> str:
    """The field whose kind tells of this measure: the weightier of where it stood and where it stands."""
    return min(edit.field_old, edit.field_new, key=FIELDS.index)


def measures_otherwise(old: str, new: str) -> bool:
    """Whether two wordings of a measure aggregate differently (mean for median, share for count) or negate one another."""
    before, after = tokens(old), tokens(new)
    one = {_AGGREGATIONS[word] for word in before if word in _AGGREGATIONS}
    other = {_AGGREGATIONS[word] for word in after if word in _AGGREGATIONS}
    if one and other and not (one <= other or other <= one):
        return True
    return (_NEGATIONS & set(before)) != (_NEGATIONS & set(after))


def time_point_moved(old: str, new: str) -> tuple[int, bool] | None:
    """Days by which the latest time point moved, and whether by a fifth and four weeks or more; None if unknown."""
    before, after = time_point(old), time_point(new)
    if before is None or after is None:
        return None
    moved = after - before
    far = abs(moved) >= MOVED_DAYS and 100 * abs(moved) >= MOVED_PERCENT * before
    return round(moved), far
