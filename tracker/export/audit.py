"""The audit of outcomes as a table for two readers, and as a sheet for domain 5 of RoB 2."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from tracker.audit import Audited, Refusal, TrialAudit
from tracker.export.table import Column, Table, Value
from tracker.model.ids import split_key
from tracker.model.record import OutcomeMeasure
from tracker.text.similarity import measure_likeness

READERS = ("reader_1", "reader_2", "verdict")
"""Columns that people fill in."""

_OUTCOMES = (
    Column("trial"),
    Column("number"),
    Column("name"),
    Column("baseline"),
    Column("found"),
    Column("facet"),
    Column("reason"),
    Column("match", "number"),
    Column("level_before"),
    Column("level_now"),
    Column("measure_before"),
    Column("measure_now"),
    Column("time_frame_before"),
    Column("time_frame_now"),
    Column("description_before"),
    Column("description_now"),
    Column("window"),
    Column("window_certain", "flag"),
    Column("near_posting", "flag"),
    Column("changed_after", "day"),
    Column("changed_by", "day"),
    Column("changed_in_version", "whole"),
    Column("baseline_version", "whole"),
    Column("baseline_date", "day"),
    Column("baseline_from"),
    Column("version_now", "whole"),
    Column("date_now", "day"),
    Column("start_date"),
    Column("has_results", "flag"),
    Column("link_baseline", "link"),
    Column("link_now", "link"),
    Column("link_comparison", "link"),
    *map(Column, READERS),
)
_ASKED = ("registration", "start")
_ROB2_ANSWERS = ("5.1", "5.2", "5.3", "risk_of_bias")
_ROB2 = (
    Column("trial"),
    Column("number"),
    Column("name"),
    Column("level_now"),
    Column("outcome_now"),
    Column("time_frame_now"),
    Column("registered", "day"),
    Column("start_date"),
    Column("has_results", "flag"),
    *(Column(f"at_{baseline}_{what}") for baseline in _ASKED for what in ("outcome", "found", "why")),
    Column("last_change"),
    Column("others_measured_alike"),
    Column("link_comparison", "link"),
    *(Column(f"{answer}_{reader}") for answer in _ROB2_ANSWERS for reader in ("reader_1", "reader_2")),
    Column("agreed_risk_of_bias"),
    Column("note"),
)
Row = tuple[TrialAudit, Audited]
MOST_LIKENED = 100
"""Outcomes of one trial that are compared with each other."""


def outcomes(rows: Sequence[Row], refused: Sequence[Refusal]) -> Table:
    """A row for each outcome against each baseline, and one for each baseline that is not known, with the reason."""
    values = [_row(trial, one) for trial, one in rows] + [_refused(one) for one in refused]
    return Table(name="outcome audit", columns=_OUTCOMES, rows=values)


def _row(trial: TrialAudit, one: Audited) -> tuple[Value, ...]:
    finding = one.finding
    return (
        trial.trial,
        split_key(trial.trial).number,
        trial.name,
        trial.baseline,
        finding.found,
        finding.facet or None,
        finding.reason or None,
        finding.score,
        finding.level_before,
        finding.level_now,
        *_both("measure", finding.before, finding.now),
        *_both("time_frame", finding.before, finding.now),
        *_both("description", finding.before, finding.now),
        one.window or None,
        one.certain if one.window else None,
        one.near_posting if one.window else None,
        one.changed_after,
        one.changed_by,
        one.changed_number,
        trial.baseline_number,
        trial.baseline_date,
        trial.baseline_from,
        trial.now_number,
        trial.now_date,
        trial.start_date,
        trial.has_results,
        trial.link_baseline or None,
        trial.link_now or None,
        trial.link_comparison or None,
        *(None for _ in READERS),
    )


def _both(part: str, before: OutcomeMeasure | None, now: OutcomeMeasure | None) -> tuple[str | None, str | None]:
    one, other = (getattr(entry, part) if entry else None for entry in (before, now))
    return one or None, other or None


def _refused(one: Refusal) -> tuple[Value, ...]:
    given: dict[str, Value] = {
        "trial": one.trial,
        "number": split_key(one.trial).number,
        "baseline": one.baseline,
        "found": "refused",
        "reason": one.reason,
    }
    return tuple(given.get(column.name) for column in _OUTCOMES)


def rob2(audits: Sequence[TrialAudit], refused: Sequence[Refusal]) -> Table:
    """What the registry tells for the signalling questions of domain 5: a row for each outcome as it stands now.

    Answers are left to people: a registry holds no analysis plan, and says nothing of the analyses that were run.
    """
    return Table(name="RoB 2 domain 5", columns=_ROB2, rows=_rob2_rows(audits, refused))


def _rob2_rows(audits: Sequence[TrialAudit], refused: Sequence[Refusal]) -> Iterator[tuple[Value, ...]]:
    why_not = {(one.trial, one.baseline): one.reason for one in refused}
    by_trial: dict[str, dict[str, TrialAudit]] = defaultdict(dict)
    for audit in audits:
        by_trial[audit.trial][audit.baseline] = audit
    for trial, found in by_trial.items():
        against: dict[tuple[object, ...], dict[str, Row]] = defaultdict(dict)
        for audit in found.values():
            for one in audit.outcomes:
                against[_identity(one)][audit.baseline] = (audit, one)
        now = [one.finding.now for rows in against.values() for _, one in rows.values() if one.finding.now]
        for rows in against.values():
            yield _rob2_row(rows, list(dict.fromkeys(now)), {name: why_not.get((trial, name), "") for name in _ASKED})
    for trial in dict.fromkeys(one.trial for one in refused if one.trial not in by_trial):
        yield _rob2_refused(trial, {name: why_not.get((trial, name), "") for name in _ASKED})


def _identity(one: Audited) -> tuple[object, ...]:
    """What an outcome is by: as it stands now, and one that went as it was."""
    finding = one.finding
    return (finding.level_now, finding.now) if finding.now else ("", finding.level_before, finding.before)


def _rob2_row(rows: Mapping[str, Row], now: Sequence[OutcomeMeasure], why_not: Mapping[str, str]) -> tuple[Value, ...]:
    trial, one = next(iter(rows.values()))
    entry, finding = one.finding.now, one.finding
    days = [str(other.changed_by) for _, other in rows.values() if other.changed_by]
    facts: list[Value] = []
    for baseline in _ASKED:
        facts += _against(rows.get(baseline), why_not[baseline])
    return (
        trial.trial,
        split_key(trial.trial).number,
        trial.name,
        finding.level_now,
        entry.measure if entry else None,
        entry.time_frame if entry else None,
        trial.registered_on,
        trial.start_date,
        trial.has_results,
        *facts,
        max(days, default=None),
        str(_alike(entry, now)) if entry else None,
        trial.link_comparison or None,
        *(None for _ in range(2 * len(_ROB2_ANSWERS) + 2)),
    )


def _rob2_refused(trial: str, why_not: Mapping[str, str]) -> tuple[Value, ...]:
    """A trial of which no baseline is known."""
    given: dict[str, Value] = {"trial": trial, "number": split_key(trial).number}
    for baseline, reason in why_not.items():
        given |= {f"at_{baseline}_found": "refused" if reason else None, f"at_{baseline}_why": reason or None}
    return tuple(given.get(column.name) for column in _ROB2)


def _against(row: Row | None, why_not: str) -> tuple[Value, Value, Value]:
    """The outcome in a baseline, what became of it, and why; of a baseline that is not known the reason."""
    if row is None:
        return None, "refused" if why_not else None, why_not or None
    finding = row[1].finding
    why = finding.facet or finding.reason or None
    return finding.before.measure if finding.before else None, finding.found, why


def _alike(entry: OutcomeMeasure, now: Sequence[OutcomeMeasure]) -> int:
    """How many other outcomes of the trial measure the like: a result may have been chosen among them."""
    others = (other for other in now[:MOST_LIKENED] if other != entry)
    return sum(measure_likeness(entry.measure, other.measure) > 0 for other in others)
