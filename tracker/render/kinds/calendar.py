"""Days that matter: the same sentence for the event of one and for its row in the list of deadlines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tracker.model.deadline import Deadline
from tracker.model.details import CountedFrom, DueDetails, MilestoneDetails, ResultsDueDetails, VerificationDetails
from tracker.model.event import Event
from tracker.render import times
from tracker.render.kinds.kind_words import kind_words, silent
from tracker.render.phrases import NO_FINDING, days, listed, quote
from tracker.render.vocabulary import field_word, first_capital

_DAYS_A_MONTH = 30.44
_FIRST = "fdaaa_801"
"""The law that sentences on due results do not name: the first there was, and that of most trials."""

ALREADY_TRUE = {
    "legal_duty": (
        "Results of 1 trial are overdue by US law (FDAAA 801: within a year of completion; an estimate, not a legal finding)",
        "Results of {} trials are overdue by US law (FDAAA 801: within a year of completion; an estimate, not a legal finding)",
    ),
    "good_practice": (
        "Results of 1 trial are overdue by good practice (WHO joint statement: within a year of completion; an estimate)",
        "Results of {} trials are overdue by good practice (WHO joint statement: within a year of completion; an estimate)",
    ),
    "registry_practice": (
        "1 trial has no results a year after its completion (estimate, by registry practice)",
        "{} trials have no results a year after their completion (estimate, by registry practice)",
    ),
    "results_due_soon": (
        "Results of 1 trial are due within 30 days, or fell due less than 30 days ago (estimate)",
        "Results of {} trials are due within 30 days, or fell due less than 30 days ago (estimate)",
    ),
    "milestone_passed": (
        "1 trial is past a planned date that is still marked as estimated",
        "{} trials are past a planned date that is still marked as estimated",
    ),
    "verification_lapsed": (
        "1 open trial has not been confirmed by its sponsor for 12 months or more",
        "{} open trials have not been confirmed by their sponsors for 12 months or more",
    ),
    "will_go_unknown": (
        "1 trial was last confirmed almost two years ago: unless its sponsor updates it within 60 days, the registry will say "
        "“unknown” instead of its status",
        "{} trials were last confirmed almost two years ago: unless their sponsors update them within 60 days, the registry "
        "will say “unknown” instead of their status",
    ),
}
"""What is true when a watch begins, of one trial and of several; overdue results by what makes them so."""

BY_LAW = (
    "Results of 1 trial are overdue by {} (an estimate, not a legal finding)",
    "Results of {} trials are overdue by {} (an estimate, not a legal finding)",
)
"""The same for the legal duties of every other law, by its title."""

_TRUE = frozenset({"soon", "grace", "passed"})


def deadline(row: Deadline) -> str:
    """A deadline in one sentence."""
    return first_capital(_sentence(row.kind, row.effects, row.details))


def already_true(rows: Iterable[Deadline]) -> tuple[str, ...]:
    """What is true already, of how many trials: one sentence for each kind of deadline. Rows that are ahead do not count."""
    trials: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.state in _TRUE:
            for key in _counted_as(row):
                trials[key].add(row.trial)
    known = (_how_many(len(trials[key]), words) for key, words in ALREADY_TRUE.items() if key in trials)
    others = (_how_many(len(trials[law]), BY_LAW, law) for law in sorted(trials.keys() - ALREADY_TRUE.keys()))
    return (*known, *others)


def _counted_as(row: Deadline) -> Sequence[str]:
    """Under what a row is counted: overdue results by what makes them so, those by another law than FDAAA 801 by its title."""
    if row.kind != "results_overdue":
        return (row.kind,)
    laws = row.details.laws if isinstance(row.details, ResultsDueDetails) and "legal_duty" in row.effects else ()
    others = [law.title for law in laws if law.rule != _FIRST]
    return others if laws and len(others) == len(laws) else (*row.effects[:1], *others)


def _how_many(count: int, words: tuple[str, str], law: str = "") -> str:
    one, many = words
    named = [law] if law else []
    return one.format(*named) if count == 1 else many.format(f"{count:,}", *named)


def _headline(event: Event, details: DueDetails) -> str:
    return _sentence(event.kind, event.effects, details)


def _sentence(kind: str, effects: Sequence[str], details: DueDetails) -> str:
    match details:
        case ResultsDueDetails() if kind == "results_overdue":
            return _results_overdue(details, effects)
        case ResultsDueDetails():
            return _results_due(details, effects)
        case MilestoneDetails():
            return _milestone(details)
        case VerificationDetails() if kind == "will_go_unknown":
            return _unknown(details)
        case VerificationDetails():
            return _verification(details)
    raise TypeError(f"{type(details).__name__} says nothing of a day that matters.")


def _results_due(details: ResultsDueDetails, effects: Sequence[str]) -> str:
    other = listed([law.title for law in details.laws]) if _names_another(details) else ""
    if details.days >= 0 and "projected" in effects:
        return f"Results projected to be due by {times.plain_day(details.due)}, if the trial ends as planned: {other}"
    due = f"{times.plain_day(details.due)} (estimate{f', {other}' if other else ''})"
    if details.results_state == "SUBMITTED":
        return f"Results submitted to the registry for review; due by {due}"
    if details.results_state == "RETURNED":
        return f"Results returned by the registry for correction; due by {due}"
    if details.days > 0:
        return f"Results due in {days(details.days)}, by {due}"
    return f"Results due today, {due}" if details.days == 0 else f"Results were due by {due}"


def _results_overdue(details: ResultsDueDetails, effects: Sequence[str]) -> str:
    due, counted = times.plain_day(details.due), _counted(details.counted_from)
    if "legal_duty" in effects:
        named = listed([law.title for law in details.laws]) or "FDAAA 801"
        sure = "likely" if details.laws and all(law.likely for law in details.laws) else "estimated"
        return f"Results overdue since {due}, {counted}: {sure} legal duty ({named})"
    if "good_practice" in effects:
        return f"No results by {due}, {counted} (estimate, by good practice: {listed([law.title for law in details.laws])})"
    return f"No results by {due}, {counted} (estimate, by registry practice)"


def _names_another(details: ResultsDueDetails) -> bool:
    """Whether another law than FDAAA 801 asks for the results."""
    return any(law.rule != _FIRST for law in details.laws)


def _counted(start: CountedFrom) -> str:
    if start.field == "delay_certified_on":
        return f"two years after the certified delay of {times.registry_day(start.date)}"
    span = "six months" if start.months else "a year"
    return f"{span} after {field_word(start.field)} {times.registry_day(start.date)}"


def _milestone(details: MilestoneDetails) -> str:
    fields: dict[str, list[str]] = defaultdict(list)
    for field, text in details.dates.items():
        fields[text].append(field_word(field))
    planned = listed([f"{listed(names)} {times.registry_day(text)}" for text, names in fields.items()])
    if details.days >= 0:
        return f"Planned {planned}"
    return f"Planned {planned} {'have' if len(details.dates) > 1 else 'has'} passed, still marked as estimated"


def _verification(details: VerificationDetails) -> str:
    verified = times.registry_day(details.verified_on or "")
    if details.days >= 0:
        return f"Last verified {verified}; to be verified again by {times.plain_day(details.due)}"
    return f"Not verified since {verified} ({12 + int(-details.days / _DAYS_A_MONTH)} months)"


def _unknown(details: VerificationDetails) -> str:
    due = times.plain_day(details.due)
    if details.days > 0:
        return f"Will be shown as unknown from {due} unless updated"
    return f"Due to be shown as unknown since {due}, for lack of updates"


def _lines(_event: Event, details: DueDetails) -> Iterator[str]:
    if details.reasons:
        yield f"Because: {'; '.join(quote(times.restyled(reason), 120) for reason in details.reasons)}"
        if isinstance(details, ResultsDueDetails):
            yield NO_FINDING


kind_words("results_due_soon", ResultsDueDetails, title="Results due", headline=_headline, lines=_lines)
kind_words("results_overdue", ResultsDueDetails, title="Results overdue", headline=_headline, lines=_lines)
kind_words("milestone_passed", MilestoneDetails, title="Planned date passed", headline=_headline, lines=silent)
kind_words("verification_lapsed", VerificationDetails, title="Not verified", headline=_headline, lines=silent)
kind_words("will_go_unknown", VerificationDetails, title="About to be unknown", headline=_headline, lines=_lines)
