"""What became of each outcome between two versions of a record: the tracker's own rules, told one row per outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from tracker.audit.findings import LEVELS, Facet, Finding, Found, Level
from tracker.compare import compare
from tracker.events.kinds import Comparison, TrialContext
from tracker.events.outcome_judging import Judgement, Verdict, judge
from tracker.events.outcome_matching import (
    FIELDS,
    OutcomeEdit,
    about,
    outcome_moves,
    time_point_moved,
    time_points_changed,
)
from tracker.events.outcome_regrouping import Regrouping, stated
from tracker.model.event import Change, Seen, Version
from tracker.model.record import OutcomeMeasure, TrialRecord
from tracker.model.source import SourceInfo
from tracker.text.normalize import same_words
from tracker.text.similarity import measure_likeness

_LEVEL: Mapping[str, Level] = dict(zip(FIELDS, LEVELS, strict=True))
_FACETS: Mapping[str, Facet] = {"threshold": "threshold", "aggregation": "aggregation", "time_point": "time point"}
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # outcomes are matched without times; the comparison must hold some


def judged(old: TrialRecord, new: TrialRecord, source: SourceInfo) -> tuple[Finding, ...]:
    """One finding per outcome, primary ones first, in the order in which the new version states them, then what went."""
    before = msgspec.structs.replace(new, **{field: getattr(old, field) for field in FIELDS})
    comparison = _comparison(before, new, source)
    moves, trial = outcome_moves(comparison), about(comparison)
    olds, news = _Entries(before), _Entries(new)
    found: list[Finding] = []
    for edit in moves.edits:
        found.append(_edited(edit, olds.take(edit.field_old, edit.old), news.take(edit.field_new, edit.new), trial))
    for regrouping in moves.regrouped:
        found += [_regrouped(regrouping, change, olds, news) for change in regrouping.changes]
    for change in moves.removed:
        found.append(_one_sided("dropped", change, olds.take(change.path[0], change.old)))
    for change in moves.added:
        reason = "none_stated" if not getattr(before, change.path[0]) else ""
        found.append(_one_sided("added", change, news.take(change.path[0], change.new), reason))
    found += [_kept(field, entry) for field, entry in news.left()]
    return tuple(sorted(found, key=lambda one: _place(one, before, new)))


def _comparison(before: TrialRecord, new: TrialRecord, source: SourceInfo) -> Comparison:
    seen = Seen(sha256="", first_seen_at=_EPOCH, last_seen_at=_EPOCH)
    return Comparison(
        before=Version(record=before, seen=seen),
        after=Version(record=new, seen=seen),
        changes=compare(before, new),
        at=_EPOCH,
        origin="backfill",
        known=TrialContext(source=source, label=new.trial),
    )


class _Entries:
    """The outcomes of a record, each given out once: a change may name only the parts of its entry that differ."""

    def __init__(self, record: TrialRecord) -> None:
        self._left = {field: list(getattr(record, field) or ()) for field in FIELDS}

    def take(self, field: str, parts: Mapping[str, Any]) -> OutcomeMeasure:
        """The first outcome left that has these parts."""
        entries = self._left[field]
        entry: OutcomeMeasure
        for place, entry in enumerate(entries):
            if all(getattr(entry, name) == value for name, value in parts.items()):
                del entries[place]
                return entry
        return OutcomeMeasure(**{"measure": "", **parts})

    def left(self) -> list[tuple[str, OutcomeMeasure]]:
        """What no change named, with its field."""
        return [(field, entry) for field in FIELDS for entry in self._left[field]]


def _place(finding: Finding, old: TrialRecord, new: TrialRecord) -> tuple[int, int, int]:
    level, entry, record = finding.level_now, finding.now, new
    if level is None or entry is None:
        level, entry, record = finding.level_before, finding.before, old
    assert level is not None
    entries = getattr(record, f"{level}_outcomes") or ()
    place = next((place for place, other in enumerate(entries) if other == entry), len(entries))
    return LEVELS.index(level), int(record is old), place


def _kept(field: str, entry: OutcomeMeasure) -> Finding:
    level = _LEVEL[field]
    return Finding(found="same", score=1.0, level_before=level, level_now=level, before=entry, now=entry)


def _one_sided(found: Found, change: Change, entry: OutcomeMeasure, reason: str = "") -> Finding:
    level = _LEVEL[change.path[0]]
    if found == "dropped":
        return Finding(found=found, reason=reason, level_before=level, before=entry)
    return Finding(found=found, reason=reason, level_now=level, now=entry)


def _regrouped(regrouping: Regrouping, change: Change, olds: _Entries, news: _Entries) -> Finding:
    """A part that was merged into another outcome, or split from one: reworded, the whole is named on its other side."""
    level = _LEVEL[regrouping.field]
    is_merged = change.new is None
    entry = (olds if is_merged else news).take(change.path[0], change.old if is_merged else change.new)
    whole = OutcomeMeasure(measure=(regrouping.new if is_merged else regrouping.old)[0])
    reason = "repeated" if same_words(entry.measure, whole.measure) else "merged" if is_merged else "split"
    before, now = (entry, whole) if is_merged else (whole, entry)
    return Finding(
        found="reworded",
        reason=reason,
        score=_score(before, now),
        level_before=level,
        level_now=level,
        before=before,
        now=now,
    )


def _edited(edit: OutcomeEdit, old: OutcomeMeasure, new: OutcomeMeasure, trial: str) -> Finding:
    old_level, new_level = _LEVEL[edit.field_old], _LEVEL[edit.field_new]
    judgement = judge(stated(msgspec.structs.asdict(old), trial), stated(msgspec.structs.asdict(new), trial))
    moved = time_point_moved(old.time_frame or "", new.time_frame or "")
    facet: Facet = _FACETS.get(judgement.reason, "measure") if judgement.verdict is Verdict.DIFFERENT else ""
    reason = judgement.reason
    if not facet and moved and moved[1]:
        facet, reason = "time point", "time_frame"
    found = _found(facet, judgement, old, new)
    if found == "reworded" and judgement.reason == "spelling":
        reason = _reason_beside_the_measure(old, new)
    if old_level != new_level:
        found = "promoted" if LEVELS.index(new_level) < LEVELS.index(old_level) else "demoted"
    return Finding(
        found=found,
        facet=facet,
        reason=reason,
        score=_score(old, new),
        level_before=old_level,
        level_now=new_level,
        before=old,
        now=new,
    )


def _found(facet: Facet, judgement: Judgement, old: OutcomeMeasure, new: OutcomeMeasure) -> Found:
    if facet:
        return "redefined"
    if judgement.verdict is Verdict.UNCLEAR:
        return "unclear"
    alike = (
        same_words(getattr(old, part) or "", getattr(new, part) or "") for part in ("measure", "time_frame", "description")
    )
    return "same" if all(alike) else "reworded"


def _reason_beside_the_measure(old: OutcomeMeasure, new: OutcomeMeasure) -> str:
    """What differs where the measure itself is spelt otherwise at most."""
    frames = old.time_frame or "", new.time_frame or ""
    if not same_words(*frames):
        return "time_points" if time_points_changed(*frames) else "time_frame_wording"
    return "description"


def _score(old: OutcomeMeasure, new: OutcomeMeasure) -> float:
    return round(measure_likeness(old.measure, new.measure), 2)
