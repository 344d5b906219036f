"""Words of the audit of outcomes: its table in a terminal, its strata, and what an answer does not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.audit import Audited, Finding, Refusal, Summary, TrialAudit
from tracker.model.ids import split_key
from tracker.render.grid import Grid

LIMITS = (
    "Judged by rules; a first reading for two people, no verdict on a trial or a sponsor. "
    "The start is the one that the record states now."
)


def outcomes_grid(rows: Sequence[tuple[TrialAudit, Audited]]) -> Grid:
    """A row for each outcome: what became of it and when."""
    return Grid(
        columns=("Trial", "Against", "Level", "Outcome", "Found", "Match", "When"),
        rows=tuple(_row(trial, one) for trial, one in rows),
        flexible="Outcome",
        widest={"When": 34, "Found": 24},
        optional=("Match", "Level"),
        numbers=frozenset({"Match"}),
    )


def refusals(refused: Sequence[Refusal]) -> Iterator[str]:
    """A sentence for each baseline that is not known."""
    for one in refused:
        yield f"{split_key(one.trial).number} against {one.baseline}: {one.reason}."


def strata_lines(summary: Summary) -> Iterator[str]:
    """The strata, each in a line, and the shares that explain them."""
    for one in summary.strata:
        found = ", ".join(f"{count:,} {word}" for word, count in one.found.items() if count) or "none"
        yield (
            f"Against {one.baseline}, {one.name}: {one.changed_trials:,} of {one.trials:,} trials changed a primary outcome; "
            f"primary outcomes: {found}."
        )
        if one.flagged:
            yield f"  Flagged by the registry: {one.flagged:,}, of these {_share(one.identical, one.flagged)} with equal texts."
    for near in summary.posting:
        if near.changes:
            share = _share(near.near_posting, near.changes)
            yield f"Within 31 days of posting results: {share} of the changes against {near.baseline}."


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.1f} %)"


def _row(trial: TrialAudit, one: Audited) -> tuple[str, ...]:
    finding = one.finding
    return (
        split_key(trial.trial).number,
        trial.baseline,
        _levels(finding),
        _texts(finding),
        f"{finding.found}{f' ({finding.facet})' if finding.facet else ''}",
        "" if finding.score is None else f"{finding.score:.2f}",
        _when(one),
    )


def _levels(finding: Finding) -> str:
    before, now = finding.level_before, finding.level_now
    return f"{before} → {now}" if before and now and before != now else now or before or ""


def _texts(finding: Finding) -> str:
    before, now = (entry.measure if entry else "" for entry in (finding.before, finding.now))
    return f"{before} → {now}" if before and now and before != now else now or before


def _when(one: Audited) -> str:
    if one.changed_by is None:
        return ""
    near = ", near posting" if one.near_posting else ""
    return f"{one.window}{'' if one.certain else ' or earlier'}{near}, by {one.changed_by}"


def audit_json(
    rows: Sequence[tuple[TrialAudit, Audited]],
    audits: Sequence[TrialAudit],
    refused: Sequence[Refusal],
    summary: Summary,
    *,
    sample: int | None,
    seed: int | None,
) -> dict[str, object]:
    """The audit for machines: the trials with their baselines, the outcomes, what is not known, and the strata."""
    trials = [{name: value for name, value in msgspec.structs.asdict(one).items() if name != "outcomes"} for one in audits]
    return {
        "note": LIMITS,
        "sample": None if sample is None else {"outcomes": len(rows), "seed": seed or 0},
        "trials": trials,
        "outcomes": [{"trial": trial.trial, "baseline": trial.baseline, **_values(one)} for trial, one in rows],
        "refused": refused,
        "summary": summary,
    }


def _values(one: Audited) -> dict[str, object]:
    timed = {name: value for name, value in msgspec.structs.asdict(one).items() if name != "finding"}
    return {**msgspec.structs.asdict(one.finding), **timed, "reader_1": None, "reader_2": None, "verdict": None}
