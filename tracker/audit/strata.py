"""Counts of findings by stratum, never by sponsor: who posts results edits outcomes because of the posting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from tracker.audit.findings import FOUND, Audited, Refusal, TrialAudit

UNCHANGED = frozenset({"same", "reworded"})
"""What is the same outcome, in whatever words."""


class Stratum(msgspec.Struct, frozen=True, kw_only=True):
    """Trials of one kind against one baseline, and what became of their primary outcomes.

    ``changed_trials`` have at least one primary outcome that is neither the same nor reworded; ``flagged`` and ``identical``
    are of the registry's own flags (see `TrialAudit`).
    """

    baseline: str
    name: str
    trials: int
    changed_trials: int
    primary_outcomes: int
    found: dict[str, int]
    flagged: int
    identical: int


class NearPosting(msgspec.Struct, frozen=True, kw_only=True):
    """How many changes there are against a baseline, and how many of them within 31 days of posting."""

    baseline: str
    changes: int
    near_posting: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """All strata of an audit, how many changes fall near posting, and how many baselines are not known."""

    strata: tuple[Stratum, ...]
    posting: tuple[NearPosting, ...]
    refused: int


def summary(audits: Sequence[TrialAudit], refused: Sequence[Refusal]) -> Summary:
    """What is said at the end of an audit; changes are of primary outcomes, reworded ones left out."""
    return Summary(strata=tuple(_strata(audits)), posting=tuple(_posting(audits)), refused=len(refused))


def _posting(audits: Sequence[TrialAudit]) -> Iterable[NearPosting]:
    for baseline in dict.fromkeys(audit.baseline for audit in audits):
        changes = [one for audit in audits if audit.baseline == baseline for one in _changes(audit)]
        yield NearPosting(baseline=baseline, changes=len(changes), near_posting=sum(one.near_posting for one in changes))


def _strata(audits: Sequence[TrialAudit]) -> Iterable[Stratum]:
    for baseline in dict.fromkeys(audit.baseline for audit in audits):
        of_baseline = [audit for audit in audits if audit.baseline == baseline]
        for name, results in (("with posted results", True), ("without posted results", False)):
            yield _stratum(baseline, name, [audit for audit in of_baseline if audit.has_results is results], lambda _: True)
        yield _stratum(
            baseline,
            "changes within 31 days of posting",
            [audit for audit in of_baseline if any(one.near_posting for one in audit.outcomes)],
            lambda one: one.near_posting,
        )


def _stratum(baseline: str, name: str, audits: Sequence[TrialAudit], counted: Callable[[Audited], bool]) -> Stratum:
    primary = [one for audit in audits for one in audit.outcomes if one.finding.is_primary and counted(one)]
    found = Counter(one.finding.found for one in primary)
    return Stratum(
        baseline=baseline,
        name=name,
        trials=len(audits),
        changed_trials=sum(any(counted(one) for one in _changes(audit)) for audit in audits),
        primary_outcomes=len(primary),
        found={word: found[word] for word in FOUND},
        flagged=sum(audit.flagged for audit in audits),
        identical=sum(audit.identical for audit in audits),
    )


def _changes(audit: TrialAudit) -> list[Audited]:
    return [one for one in audit.outcomes if one.finding.is_primary and one.finding.found not in UNCHANGED | {"unclear"}]
