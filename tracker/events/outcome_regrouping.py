"""Outcomes that were split or merged while each part is still judged alone, and texts that only stood there twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from tracker.events.outcome_judging import HARMLESS, LONGEST_JUDGED, Said, judge, moved_far
from tracker.events.outcome_wording import list_members, wording
from tracker.model.event import Change
from tracker.model.record import TrialRecord
from tracker.text.durations import durations, time_point
from tracker.text.normalize import normalized
from tracker.text.similarity import head, measure_likeness, measured_words, telling_words

MOST_COMPARED = 12
"""How many outcomes of the other side a left-over one is compared with."""
_SAME_HEAD = 0.5
_ASIDE = re.compile(r"\s?\([^()]*\)")


class Regrouping(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes of one field before and now that are the same in another number, with the changes that say so."""

    field: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    changes: tuple[Change, ...]


def stated(entry: dict[str, object], trial: str = "") -> Said:
    """An entry of a record as a statement to be judged."""
    return Said(
        measure=str(entry.get("measure") or ""),
        time_frame=str(entry.get("time_frame") or ""),
        description=str(entry.get("description") or ""),
        trial=trial,
    )


def repeats(changes: Sequence[Change], record: TrialRecord) -> tuple[Regrouping, ...]:
    """The entries that only repeat one that the other version states too, in the same words and with the same time frame."""
    known = {
        (field, normalized(entry.measure or ""), normalized(entry.time_frame or ""))
        for field in {change.path[0] for change in changes}
        for entry in getattr(record, field) or ()
    }
    return tuple(
        Regrouping(
            field=change.path[0],
            old=(text,) * (2 if change.new is None else 1),
            new=(text,) * (1 if change.new is None else 2),
            changes=(change,),
        )
        for change in changes
        if (change.path[0], normalized(text := _side(change).measure), normalized(_side(change).time_frame)) in known
    )


def regroup(
    pairs: Iterable[tuple[Change, Change]], gone: Sequence[Change], came: Sequence[Change], trial: str
) -> tuple[tuple[Regrouping, ...], list[Change], list[Change]]:
    """Parts of one outcome among what is left: what was split or merged, and what stays alone on either side.

    Only outcomes that went or were reworded can have been split, and only new wordings can hold what was merged.
    """
    whole: dict[str, list[tuple[Change, Change]]] = defaultdict(list)
    for old, new in pairs:
        if old.path[0] == new.path[0]:
            whole[old.path[0]].append((old, new))
    found = []
    for change in [*gone, *came]:
        for old, new in whole[change.path[0]][:MOST_COMPARED]:
            before, after = (change, new) if change.new is None else (old, change)
            whole_text = _side(new if change.new is None else old).measure
            if _is_part(stated(before.old, trial), stated(after.new, trial)) and not _is_composite(whole_text):
                found.append(_regrouping(change, old, new))
                break
    told = {id(change) for one in found for change in one.changes}
    return tuple(found), [one for one in gone if id(one) not in told], [one for one in came if id(one) not in told]


def _regrouping(change: Change, old: Change, new: Change) -> Regrouping:
    one, other, this = (_side(each).measure for each in (old, new, change))
    merged = change.new is None
    return Regrouping(
        field=change.path[0],
        old=(one, this) if merged else (one,),
        new=(other,) if merged else (other, this),
        changes=(change,),
    )


def _side(change: Change) -> Said:
    return stated(change.old if change.new is None else change.new)


def _is_part(old: Said, new: Said) -> bool:
    """Whether two outcomes are one in another number: the same thing first, nothing that makes another outcome of it."""
    if max(len(old.measure), len(new.measure)) > LONGEST_JUDGED:
        return False
    if not (_is_within(old.time_frame, new.time_frame) or _is_within(new.time_frame, old.time_frame)):
        return False
    if _is_quantity_of_one_thing(old.measure, new.measure):
        return judge(old, new).verdict in HARMLESS and judge(new, old).verdict in HARMLESS
    if not measure_likeness(old.measure, new.measure) and not _is_member(old.measure, new.measure):
        return False
    harmless = judge(old, new).verdict in HARMLESS and judge(new, old).verdict in HARMLESS
    return harmless and (_same_head(old.measure, new.measure) or _is_member(old.measure, new.measure))


def _is_within(old: str, new: str) -> bool:
    """Whether the time of a part is that of the whole, or one of the times that the whole spans."""
    before, after = time_point(old), durations(new)
    if before is None or not after or not moved_far(before, max(after)):
        return True
    return len(after) > 1 and min(after) <= before <= max(after)


def _is_quantity_of_one_thing(one: str, other: str) -> bool:
    """Whether both name one quantity of what shares a name: "Cmax of drug 12 when fed", "maximum concentration of drug 12"."""
    quantities, things = [], []
    for text, beside in ((one, other), (other, one)):
        quantity, _, thing = _ASIDE.sub("", text).partition(" of ")
        quantities.append(telling_words(measured_words(quantity, beside)))
        things.append(telling_words(measured_words(head(thing), beside)))
    return _overlap(*quantities) and bool(things[0] & things[1])


def _same_head(one: str, other: str) -> bool:
    return _overlap(
        telling_words(measured_words(head(one), other)),
        telling_words(measured_words(head(other), one)),
    )


def _overlap(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left and right) and len(left & right) >= _SAME_HEAD * len(left | right)


def _is_member(one: str, other: str) -> bool:
    """Whether one text is a member of the list that the other is."""
    for text, whole in ((one, other), (other, one)):
        words = telling_words(measured_words(text, whole))
        members = (telling_words(measured_words(member, text)) for member in list_members(whole))
        if words and any(words == member for member in members):
            return True
    return False


def _is_composite(whole: str) -> bool:
    """Whether a whole is reached by any of its parts: a composite can be positive where no part alone is."""
    text = wording(whole)
    return text.composite or len(list_members(text.text, choice=True)) > 1
