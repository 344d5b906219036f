"""Pre-specified outcomes: added, removed, promoted, demoted, redefined, reworded, regrouped, timed otherwise; and when.

The same edit of many time frames is one thing: the weightiest of the three kinds that has it reports it for all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec

from tracker.events.entries import entries_added, entries_removed
from tracker.events.kinds import Claim, Comparison, Context, Finding, change_kind
from tracker.events.outcome_judging import Verdict, judge
from tracker.events.outcome_matching import (
    FIELDS,
    OutcomeEdit,
    OutcomeMoves,
    about,
    outcome_moves,
    reporting_field,
    time_frame_span,
    time_point_moved,
    time_points_changed,
)
from tracker.events.outcome_regrouping import stated
from tracker.events.windows import Window, window
from tracker.model.details import (
    MeasureRewording,
    OutcomeEntry,
    OutcomesDetails,
    OutcomesRegrouped,
    Redefinition,
    TimeFrameEdit,
)
from tracker.model.event import Change
from tracker.model.vocabulary import Severity
from tracker.text.inline_diff import edit_span
from tracker.text.normalize import same_words
from tracker.text.similarity import similarity

EFFECTS = (
    "added",
    "removed",
    "promoted",
    "demoted",
    "redefined",
    "measure_reworded",
    "regrouped",
    "time_frame",
    "description",
)
_STRONG = frozenset({"added", "removed", "promoted", "demoted", "redefined"})


def _claims(field: str) -> Claim:
    """What this field's kind reports beyond its own field: moves from and to lighter fields, and edits like its own."""

    def claims(comparison: Comparison) -> Iterator[Change]:
        moves = outcome_moves(comparison)
        for edit in _reported_by(field, moves):
            yield from edit.changes

    return claims


def _reported_by(field: str, moves: OutcomeMoves) -> list[OutcomeEdit]:
    """The edits that a field's kind reports."""
    spans = {
        field: {span for edit in moves.edits if reporting_field(edit) == field and (span := time_frame_span(edit))}
        for field in FIELDS
    }
    reported = []
    for edit in moves.edits:
        home = reporting_field(edit)
        span = time_frame_span(edit)
        weightier = next((other for other in FIELDS[: FIELDS.index(home)] if span and span in spans[other]), home)
        if weightier == field:
            reported.append(edit)
    return reported


@change_kind(
    "primary_outcomes_changed",
    owns=("primary_outcomes",),
    claims=_claims("primary_outcomes"),
    effects=EFFECTS,
    description="A primary outcome was added, removed, promoted, demoted, redefined, reworded, regrouped or timed otherwise.",
    weight=80,
)
def _primary_outcomes(context: Context) -> Finding | None:
    return _judge(context, "primary_outcomes")


@change_kind(
    "secondary_outcomes_changed",
    owns=("secondary_outcomes",),
    claims=_claims("secondary_outcomes"),
    effects=EFFECTS,
    description="A secondary outcome was added, removed, moved, redefined, reworded, regrouped or timed otherwise.",
    weight=42,
)
def _secondary_outcomes(context: Context) -> Finding | None:
    return _judge(context, "secondary_outcomes")


@change_kind(
    "other_outcomes_changed",
    owns=("other_outcomes",),
    effects=EFFECTS,
    description="Another pre-specified outcome was added, removed, redefined, reworded, regrouped or timed otherwise.",
    weight=25,
)
def _other_outcomes(context: Context) -> Finding | None:
    return _judge(context, "other_outcomes")


def _judge(context: Context, field: str) -> Finding:
    moves = outcome_moves(context.comparison)
    edits = _reported_by(field, moves)
    added = entries_added([change for change in moves.added if change.path[0] == field], OutcomeEntry)
    removed = entries_removed([change for change in moves.removed if change.path[0] == field], OutcomeEntry)
    parts = [one for one in moves.regrouped if one.field == field]
    regrouped = tuple(OutcomesRegrouped(old=one.old, new=one.new) for one in parts)
    where = window(context.comparison)
    details = _details(field, where, edits, about(context.comparison))
    details = msgspec.structs.replace(details, added=added, removed=removed, regrouped=regrouped)
    effects = tuple(effect for effect in EFFECTS if getattr(details, effect))
    first = bool(added) and not getattr(context.old, field)
    severity, rule = _severity(field, where, details, effects, first=first, timed=_has_other_times(details, edits))
    return Finding(severity=severity, rule=rule, effects=effects, details=details)


def _details(field: str, where: Window, edits: list[OutcomeEdit], trial: str) -> OutcomesDetails:
    """What words and people need of the edits, by effect."""
    reworded = tuple(_rewording(edit, trial) for edit in edits if edit.changed("measure"))
    time_frames = _time_frames(edits)
    redefined: Sequence[MeasureRewording | TimeFrameEdit] = (*reworded, *time_frames)
    return OutcomesDetails(
        window=where.name,
        window_note=where.note or None,
        promoted=tuple(edit.new.get("measure", "") for edit in edits if _step(edit) > 0),
        demoted=tuple(edit.new.get("measure", "") for edit in edits if _step(edit) < 0),
        measure_reworded=reworded,
        time_frame=time_frames,
        description=tuple(edit.new.get("measure", "") for edit in edits if edit.changed("description")),
        redefined=tuple(Redefinition(**msgspec.structs.asdict(edit)) for edit in redefined if edit.redefined),
        also=tuple(sorted({edit.field_new for edit in edits} - {field})),
    )


def _step(edit: OutcomeEdit) -> int:
    """Positive when the measure became weightier (secondary to primary), negative when it became lighter."""
    return FIELDS.index(edit.field_old) - FIELDS.index(edit.field_new)


def _rewording(edit: OutcomeEdit, trial: str) -> MeasureRewording:
    old, new = stated(edit.old, trial), stated(edit.new, trial)
    judgement = judge(old, new)
    return MeasureRewording(
        old=old.measure,
        new=new.measure,
        likeness=round(similarity(old.measure, new.measure), 2),
        redefined=judgement.verdict is Verdict.DIFFERENT,
        spelling=same_words(old.measure, new.measure),
        verdict=judgement.verdict.value,
        reason=judgement.reason,
    )


def _time_frames(edits: list[OutcomeEdit]) -> tuple[TimeFrameEdit, ...]:
    """Edits of time frames, like ones together, the most frequent first."""
    groups: dict[tuple[str, str], list[OutcomeEdit]] = defaultdict(list)
    for edit in edits:
        if texts := edit.changed("time_frame"):
            groups[edit_span(*texts)].append(edit)
    frames = [_time_frame(span, group) for span, group in groups.items()]
    return tuple(sorted(frames, key=lambda frame: -frame.count))


def _time_frame(span: tuple[str, str], edits: list[OutcomeEdit]) -> TimeFrameEdit:
    moves = [time_point_moved(*texts) for edit in edits if (texts := edit.changed("time_frame"))]
    last = moves[-1]
    return TimeFrameEdit(
        old=span[0],
        new=span[1],
        count=len(edits),
        measures=tuple(edit.new.get("measure", "") for edit in edits),
        fields=dict(Counter(edit.field_new for edit in edits)),
        days=last[0] if last else None,
        redefined=any(moved is not None and moved[1] for moved in moves),
    )


def _has_other_times(details: OutcomesDetails, edits: list[OutcomeEdit]) -> bool:
    """Whether an outcome is judged at a time point more or less, although its last one stayed."""
    frames = [texts for edit in edits if (texts := edit.changed("time_frame"))]
    return any(edit.reason == "time_points" for edit in details.measure_reworded) or any(
        time_points_changed(*texts) for texts in frames
    )


def _severity(
    field: str, where: Window, details: OutcomesDetails, effects: tuple[str, ...], *, first: bool, timed: bool
) -> tuple[Severity, str]:
    strong = bool(_STRONG & set(effects)) and not (first and effects == ("added",))
    what = "an outcome was added, removed, moved or redefined" if strong else _harmless(details, effects, first=first)
    if timed and not strong:
        what = "an outcome gained or lost a time point"
    when = {"with_results": "at results posting", "before_start": "before the start"}.get(where.name, "after the start")
    if where.started is None:
        when = "at a time that cannot be told from the start"
    rule = f"{what} {when}"
    if field == "primary_outcomes":
        if strong:
            return ("major" if where.started else "notable"), rule
        return ("minor" if where.started is False or _is_wording(details, effects) else "notable"), rule
    if field == "secondary_outcomes" and (strong or timed) and where.started is not False:
        return "notable", rule
    return "minor", rule


def _harmless(details: OutcomesDetails, effects: tuple[str, ...], *, first: bool) -> str:
    """What happened where no outcome is another one."""
    if first:
        return "the earlier version names no outcome to judge by: outcomes were given"
    if any(edit.reason == "placeholder" for edit in details.measure_reworded):
        return "the earlier text names no outcome to judge by: an outcome was reworded"
    if _is_wording(details, effects):
        return "the same outcomes were worded otherwise"
    return "an outcome was reworded, regrouped or timed otherwise"


def _is_wording(details: OutcomesDetails, effects: tuple[str, ...]) -> bool:
    """Whether nothing but the wording of the same quantities differs."""
    return set(effects) <= {"measure_reworded", "regrouped"} and all(
        edit.verdict == Verdict.SAME for edit in details.measure_reworded
    )
