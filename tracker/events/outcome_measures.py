"""Pre-specified outcomes: added, removed, promoted, demoted, redefined, reworded, timed otherwise; and when.

The same edit of many time frames is one thing: the weightiest of the three kinds that has it tells it for all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker.events.kinds import Claim, Comparison, Context, Finding, change_kind
from tracker.events.outcome_matching import (
    FIELDS,
    OutcomeEdit,
    OutcomeMoves,
    measures_otherwise,
    outcome_moves,
    teller,
    time_frame_span,
    time_point_moved,
)
from tracker.events.windows import Window, window
from tracker.model.event import Change
from tracker.model.vocabulary import Severity
from tracker.text.inline_diff import edit_span
from tracker.text.normalize import same_words
from tracker.text.similarity import similarity

EFFECTS = ("added", "removed", "promoted", "demoted", "measure_reworded", "time_frame", "description")
_STRONG = frozenset({"added", "removed", "promoted", "demoted"})


def _claims(field: str) -> Claim:
    """What this field's kind tells beyond its own field: moves from and to lighter fields, and edits like its own."""

    def claims(comparison: Comparison) -> Iterator[Change]:
        moves = outcome_moves(comparison)
        for edit in _told_by(field, moves):
            yield from edit.changes

    return claims


def _told_by(field: str, moves: OutcomeMoves) -> list[OutcomeEdit]:
    """The edits that a field's kind tells."""
    spans = {
        field: {span for edit in moves.edits if teller(edit) == field and (span := time_frame_span(edit))} for field in FIELDS
    }
    told = []
    for edit in moves.edits:
        home = teller(edit)
        span = time_frame_span(edit)
        weightier = next((other for other in FIELDS[: FIELDS.index(home)] if span and span in spans[other]), home)
        if weightier == field:
            told.append(edit)
    return told


@change_kind(
    "primary_outcomes_changed",
    owns=("primary_outcomes",),
    claims=_claims("primary_outcomes"),
    effects=EFFECTS,
    description="A primary outcome was added, removed, promoted, demoted, redefined, reworded or timed otherwise.",
    weight=80,
)
def _primary_outcomes(context: Context) -> Finding | None:
    return _judge(context, "primary_outcomes")


@change_kind(
    "secondary_outcomes_changed",
    owns=("secondary_outcomes",),
    claims=_claims("secondary_outcomes"),
    effects=EFFECTS,
    description="A secondary outcome was added, removed, moved, redefined, reworded or timed otherwise.",
    weight=42,
)
def _secondary_outcomes(context: Context) -> Finding | None:
    return _judge(context, "secondary_outcomes")


@change_kind(
    "other_outcomes_changed",
    owns=("other_outcomes",),
    effects=EFFECTS,
    description="Another pre-specified outcome was added, removed, redefined, reworded or timed otherwise.",
    weight=25,
)
def _other_outcomes(context: Context) -> Finding | None:
    return _judge(context, "other_outcomes")


def _judge(context: Context, field: str) -> Finding:
    moves = outcome_moves(context.comparison)
    edits = _told_by(field, moves)
    added = [change.new for change in moves.added if change.path[0] == field]
    removed = [change.old for change in moves.removed if change.path[0] == field]
    where = window(context.comparison)
    details: dict[str, Any] = {"window": where.name}
    if where.note:
        details["window_note"] = where.note
    details |= _details(field, edits, added, removed)
    effects = tuple(effect for effect in EFFECTS if details.get(effect))
    severity, rule = _severity(field, where, effects, redefined=bool(details.get("redefined")))
    return Finding(severity=severity, rule=rule, effects=effects, details=details)


def _details(
    field: str, edits: list[OutcomeEdit], added: list[dict[str, Any]], removed: list[dict[str, Any]]
) -> dict[str, Any]:
    """What words and people need, by effect; empty parts are left out."""
    reworded = [(edit, texts) for edit in edits if (texts := edit.changed("measure"))]
    details: dict[str, Any] = {
        "added": added,
        "removed": removed,
        "promoted": [edit.new.get("measure", "") for edit in edits if _step(edit) > 0],
        "demoted": [edit.new.get("measure", "") for edit in edits if _step(edit) < 0],
        "measure_reworded": [_rewording(*texts) for _, texts in reworded],
        "time_frame": _time_frames(edits),
        "description": [edit.new.get("measure", "") for edit in edits if edit.changed("description")],
    }
    details["redefined"] = [
        change for name in ("measure_reworded", "time_frame") for change in details[name] if change["redefined"]
    ]
    others = sorted({edit.field_new for edit in edits} - {field})
    details["also"] = others
    return {name: value for name, value in details.items() if value}


def _step(edit: OutcomeEdit) -> int:
    """Positive when the measure became weightier (secondary to primary), negative when it became lighter."""
    return FIELDS.index(edit.field_old) - FIELDS.index(edit.field_new)


def _rewording(old: str, new: str) -> dict[str, Any]:
    return {
        "from": old,
        "to": new,
        "likeness": round(similarity(old, new), 2),
        "redefined": measures_otherwise(old, new),
        "spelling": same_words(old, new),
    }


def _time_frames(edits: list[OutcomeEdit]) -> list[dict[str, Any]]:
    """Edits of time frames, like ones together."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for edit in edits:
        texts = edit.changed("time_frame")
        if texts is None:
            continue
        span = edit_span(*texts)
        moved = time_point_moved(*texts)
        group = groups.setdefault(
            span,
            {"from": span[0], "to": span[1], "count": 0, "measures": [], "fields": {}, "days": None, "redefined": False},
        )
        group["count"] += 1
        group["measures"].append(edit.new.get("measure", ""))
        group["fields"][edit.field_new] = group["fields"].get(edit.field_new, 0) + 1
        group["days"] = moved[0] if moved else None
        group["redefined"] = group["redefined"] or bool(moved and moved[1])
    return sorted(groups.values(), key=lambda group: -group["count"])


def _severity(field: str, where: Window, effects: tuple[str, ...], *, redefined: bool) -> tuple[Severity, str]:
    strong = redefined or bool(_STRONG & set(effects))
    when = {"with_results": "at results posting", "before_start": "before the start"}.get(where.name, "after the start")
    if where.started is None:
        when = "at a time that cannot be told from the start"
    what = "an outcome was added, removed, moved or redefined" if strong else "an outcome was reworded or timed otherwise"
    rule = f"{what} {when}"
    if field == "primary_outcomes":
        if strong:
            return ("major" if where.started else "notable"), rule
        return ("minor" if where.started is False else "notable"), rule
    if field == "secondary_outcomes" and strong and where.started is not False:
        return "notable", rule
    return "minor", rule
