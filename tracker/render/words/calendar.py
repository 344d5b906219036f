"""Sentences about days that matter: the same for an event that tells of one and for a row in the list of deadlines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tracker.model.deadline import Deadline
from tracker.model.event import Event
from tracker.render.words.basics import days, field_word, first_capital
from tracker.render.words.english import ALREADY_TRUE, CALENDAR
from tracker.render.words.texts import listed, quote

Details = Mapping[str, Any]

_DAYS_A_MONTH = 30.44
_DUTY = "legal_duty"
_TRUE = frozenset({"soon", "grace", "passed"})


def deadline(row: Deadline) -> str:
    """A deadline in one sentence."""
    return first_capital(_SENTENCES[row.kind](row.details, row.effects))


def already_true(rows: Iterable[Deadline]) -> tuple[str, ...]:
    """What is true already, of how many trials: a sentence for each kind of deadline. Rows that are ahead do not count."""
    trials: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.state in _TRUE:
            trials[row.effects[0] if row.kind == "results_overdue" else row.kind].add(row.trial)
    return tuple(
        one if len(trials[key]) == 1 else many.format(count=f"{len(trials[key]):,}")
        for key, (one, many) in ALREADY_TRUE.items()
        if key in trials
    )


def _results_due(details: Details, _effects: tuple[str, ...]) -> str:
    left, due = int(details["days"]), quote(details["due"], 20)
    state = str(details.get("results_state") or "")
    if state in {"SUBMITTED", "RETURNED"}:
        return CALENDAR[f"results_{state.lower()}"].format(due=due)
    key = "results_in" if left > 0 else "results_today" if left == 0 else "results_were_due"
    return CALENDAR[key].format(days=days(left), due=due)


def _results_overdue(details: Details, effects: tuple[str, ...]) -> str:
    key = "overdue_duty" if _DUTY in effects else "overdue_practice"
    return CALENDAR[key].format(due=quote(details["due"], 20), counted=_counted(details.get("counted_from") or {}))


def _counted(start: Details) -> str:
    date = quote(start.get("date"), 20)
    if start.get("field") == "delay_certified_on":
        return CALENDAR["years_after_certification"].format(date=date)
    return CALENDAR["year_after"].format(what=field_word(str(start.get("field"))), date=date)


def _milestone(details: Details, _effects: tuple[str, ...]) -> str:
    fields: dict[str, list[str]] = defaultdict(list)
    for field, text in (details.get("dates") or {}).items():
        fields[text].append(field_word(field))
    what = listed([f"{listed(names)} {quote(text, 20)}" for text, names in fields.items()])
    if int(details["days"]) >= 0:
        return CALENDAR["milestone_ahead"].format(what=what)
    several = len(details.get("dates") or {}) > 1
    return CALENDAR["milestones_passed" if several else "milestone_passed"].format(what=what)


def _verification(details: Details, _effects: tuple[str, ...]) -> str:
    left, verified = int(details["days"]), quote(details.get("verified_on"), 20)
    if left >= 0:
        return CALENDAR["verify_by"].format(verified=verified, due=quote(details["due"], 20))
    return CALENDAR["not_verified"].format(verified=verified, months=12 + int(-left / _DAYS_A_MONTH))


def _unknown(details: Details, _effects: tuple[str, ...]) -> str:
    key = "unknown_from" if int(details["days"]) > 0 else "unknown_since"
    return CALENDAR[key].format(due=quote(details["due"], 20))


def _because(event: Event) -> Iterator[str]:
    reasons = event.details.get("reasons") or ()
    if reasons:
        yield CALENDAR["because"].format(reasons="; ".join(quote(reason, 120) for reason in reasons))
    if reasons and event.kind in {"results_due_soon", "results_overdue"}:
        yield CALENDAR["no_finding"]


_SENTENCES: dict[str, Callable[[Details, tuple[str, ...]], str]] = {
    "results_due_soon": _results_due,
    "results_overdue": _results_overdue,
    "milestone_passed": _milestone,
    "verification_lapsed": _verification,
    "will_go_unknown": _unknown,
}


def _headline(event: Event) -> str:
    return _SENTENCES[event.kind](event.details, event.effects)


CALENDAR_HEADLINES: dict[str, Callable[[Event], str]] = dict.fromkeys(_SENTENCES, _headline)

CALENDAR_LINES: dict[str, Callable[[Event], Iterator[str]]] = {
    "results_due_soon": _because,
    "results_overdue": _because,
    "will_go_unknown": _because,
}
