"""What happened to each outcome measure: kept, edited, regrouped, come, gone, or moved between primary, secondary and other."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

import msgspec

from tracker.events.kinds import Comparison
from tracker.events.outcome_judging import is_placeholder, moved_far, time_points_differ
from tracker.events.outcome_regrouping import Regrouping, regroup, repeats
from tracker.model.event import Change
from tracker.text.durations import time_point
from tracker.text.inline_diff import edit_span
from tracker.text.limits import beginning
from tracker.text.normalize import normalized, squeeze_whitespace
from tracker.text.pairing import pair_alike, pair_equal, pair_in_turn
from tracker.text.similarity import is_told_in, share_a_phrase

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
        return (before, after) if squeeze_whitespace(before) != squeeze_whitespace(after) else None


class OutcomeMoves(msgspec.Struct, frozen=True, kw_only=True):
    """All that happened to the outcome measures of one update."""

    edits: tuple[OutcomeEdit, ...] = ()
    regrouped: tuple[Regrouping, ...] = ()
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()


class _Once:
    """A comparison as itself: several kinds ask what happened to its outcomes, and it is worked out once."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    def __hash__(self) -> int:
        return id(self.comparison)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and self.comparison is other.comparison


def outcome_moves(comparison: Comparison) -> OutcomeMoves:
    """What happened to the outcome measures of one update."""
    return _moves(_Once(comparison))


@lru_cache(maxsize=2)
def _moves(asked: _Once) -> OutcomeMoves:
    """Match what went with what came: the same words first, then like ones, then parts of one; in one field before across."""
    comparison = asked.comparison
    changes = comparison.changes_of(*FIELDS)
    if not changes:
        return OutcomeMoves()
    removed = [change for change in changes if len(change.path) == 2 and change.new is None]
    added = [change for change in changes if len(change.path) == 2 and change.old is None]
    pairs, gone, came = _paired(removed, added)
    edits = _edited_in_place(changes)
    edits += [
        OutcomeEdit(old=old.old, new=new.new, field_old=field_of(old), field_new=field_of(new), changes=(old, new))
        for old, new in pairs
    ]
    trial = about(comparison)
    again = repeats(gone, comparison.new) + repeats(came, comparison.old)
    told = {id(change) for one in again for change in one.changes}
    parts, gone, came = regroup(
        pairs,
        [change for change in gone if id(change) not in told],
        [change for change in came if id(change) not in told],
        trial,
    )
    return OutcomeMoves(edits=tuple(edits), regrouped=(*again, *parts), added=tuple(came), removed=tuple(gone))


def _paired(removed: list[Change], added: list[Change]) -> tuple[list[tuple[Change, Change]], list[Change], list[Change]]:
    """One to one: the same words, then like ones, then what came in the place of a text that named nothing."""
    matchers = (_equal_in_time, _equal_in_field, _equal, _alike_in_field, _alike, _named, _alone)
    return pair_in_turn(removed, added, matchers)


def _equal_in_time(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    return pair_equal(removed, added, lambda change: (field_of(change), *_words(change), _entry(change).get("time_frame")))


def _equal_in_field(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    """The latest of each side together: of several times of one measure the last is what is compared."""
    return pair_equal(_latest_first(removed), _latest_first(added), lambda change: (field_of(change), *_words(change)))


def _latest_first(changes: list[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: -(time_point(str(_entry(change).get("time_frame") or "")) or 0))


def _equal(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    return pair_equal(removed, added, _words)


def _alike_in_field(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    pairs = []
    for field in FIELDS:
        pairs += _alike(
            [change for change in removed if field_of(change) == field],
            [change for change in added if field_of(change) == field],
        )
    return pairs


def _alike(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    return pair_alike(removed, added, measure_of)


def _named(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    """What a field names now where it only said that there would be an outcome."""
    empty = [change for change in removed if is_placeholder(measure_of(change))]
    return pair_equal(empty, added, lambda change: (field_of(change),))


def _alone(removed: list[Change], added: list[Change]) -> list[tuple[Change, Change]]:
    """The one outcome that a field lost with the one it gained, where a phrase or a description says that they are one."""
    pairs = []
    for field in FIELDS:
        gone = [change for change in removed if field_of(change) == field]
        came = [change for change in added if field_of(change) == field]
        if len(gone) == len(came) == 1 and _name_one_thing(gone[0], came[0]):
            pairs.append((gone[0], came[0]))
    return pairs


def _name_one_thing(old: Change, new: Change) -> bool:
    one, other = measure_of(old), measure_of(new)
    return (
        share_a_phrase(one, other)
        or is_told_in(one, str(_entry(new).get("description") or ""))
        or is_told_in(other, str(_entry(old).get("description") or ""))
    )


def about(comparison: Comparison) -> str:
    """What the trial is about, as its titles and conditions say before and now."""
    records = (comparison.old, comparison.new)
    titles = [title for record in records for title in (record.brief_title, record.official_title) if title]
    return beginning("\n".join([*titles, *(name for record in records for name in record.conditions or ())]))


def field_of(change: Change) -> str:
    """The record's field of a change."""
    return change.path[0]


def _entry(change: Change) -> dict[str, Any]:
    entry: dict[str, Any] = change.old if change.new is None else change.new
    return entry


def measure_of(change: Change) -> str:
    """What is measured; a registry may leave it empty."""
    return str(_entry(change).get("measure", ""))


def _words(change: Change) -> tuple[str, ...]:
    return (normalized(measure_of(change)),)


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


# The number that follows says how long it took or whom it is counted from, not when the outcome is judged.
_OTHER_CLOCK = re.compile(r"\baverage of\b|\bmedian\b|\blast (?:subject|patient|participant)\b", re.IGNORECASE)


# Open at its end: the times within are a schedule, unless a longest time is named too.
_UNTIL_EVENT = re.compile(
    r"^(?!.*\b(?:maximum|max|up to (?:approximately |about |a maximum of )?(?:~ ?)?\d|for up to)).*\b(?:until|up to|to|through)"
    r" (?:the )?(?:time of )?(?:first )?(?:documented )?(?:disease |tumou?r )?"
    r"(?:progression|death|withdrawal|discharge|relapse)\b",
    re.IGNORECASE | re.DOTALL,
)


def time_points_changed(old: str, new: str) -> bool:
    """Whether a time frame names a time point more or less, or another; an average and an event have none."""
    if any(pattern.search(text) for pattern in (_OTHER_CLOCK, _UNTIL_EVENT) for text in (old, new)):
        return False
    return time_points_differ(old, new) or time_points_differ(new, old)


def time_point_moved(old: str, new: str) -> tuple[int, bool] | None:
    """Days by which the latest time point moved, and whether by a fifth or more; None if the two cannot be compared."""
    before, after = (None if _UNTIL_EVENT.search(text) else time_point(text) for text in (old, new))
    if before is None or after is None or bool(_OTHER_CLOCK.search(old)) != bool(_OTHER_CLOCK.search(new)):
        return None
    return round(after - before), moved_far(before, after)
