"""What happened to each outcome measure: kept, edited, come, gone, or moved between primary, secondary and other."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from tracker.events.kinds import Comparison
from tracker.events.spelling import same_words
from tracker.events.wording import edit_span, likeness, paired
from tracker.model.event import Change

FIELDS = ("primary_outcomes", "secondary_outcomes", "other_outcomes")


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
        return (before, after) if " ".join(before.split()) != " ".join(after.split()) else None


class OutcomeMoves(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened to the outcome measures of one update."""

    edits: tuple[OutcomeEdit, ...] = ()
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()


def outcome_moves(comparison: Comparison) -> OutcomeMoves:
    """Match what went with what came, one to one: the same words first, then like ones; at home before elsewhere."""
    changes = comparison.changes_of(*FIELDS)
    if not changes:
        return OutcomeMoves()
    removed = [change for change in changes if len(change.path) == 2 and change.new is None]
    added = [change for change in changes if len(change.path) == 2 and change.old is None]
    edits = _edited_in_place(changes)
    for score in (_same_at_home, _same_elsewhere, _like_at_home, _like_elsewhere):
        for old, new, _ in paired(removed, added, score):
            edits.append(
                OutcomeEdit(old=old.old, new=new.new, field_old=old.path[0], field_new=new.path[0], changes=(old, new))
            )
            removed = [change for change in removed if change is not old]
            added = [change for change in added if change is not new]
    return OutcomeMoves(edits=tuple(edits), added=tuple(added), removed=tuple(removed))


def _same_at_home(old: Change, new: Change) -> float:
    return _same(old, new) if old.path[0] == new.path[0] else 0.0


def _same_elsewhere(old: Change, new: Change) -> float:
    return _same(old, new) if old.path[0] != new.path[0] else 0.0


def _like_at_home(old: Change, new: Change) -> float:
    return likeness(_measure(old.old), _measure(new.new)) if old.path[0] == new.path[0] else 0.0


def _like_elsewhere(old: Change, new: Change) -> float:
    return likeness(_measure(old.old), _measure(new.new)) if old.path[0] != new.path[0] else 0.0


def _same(old: Change, new: Change) -> float:
    """One measure in the same words; of several the one with the same time frame."""
    if not same_words(_measure(old.old), _measure(new.new)):
        return 0.0
    return 1.0 if old.old.get("time_frame") == new.new.get("time_frame") else 0.5


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


def teller(edit: OutcomeEdit) -> str:
    """The field whose kind tells of this measure: the weightier of where it stood and where it stands."""
    return min(edit.field_old, edit.field_new, key=FIELDS.index)
