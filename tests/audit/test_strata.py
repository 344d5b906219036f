"""Counts go by stratum: who posts results edits outcomes because of the posting."""

from __future__ import annotations

from tests.builders import measure
from tracker.audit import Audited, Finding, Refusal, TrialAudit, summary
from tracker.audit.findings import Found, Level


def outcome(found: Found, *, near: bool = False, level: Level = "primary") -> Audited:
    finding = Finding(found=found, level_before=level, level_now=level, before=measure("Pain"), now=measure("Pain"))
    return Audited(finding=finding, near_posting=near)


def trial(number: int, *outcomes: Audited, results: bool = False, flagged: int = 0, identical: int = 0) -> TrialAudit:
    return TrialAudit(
        trial=f"ctgov:NCT{number:08d}",
        name="A trial",
        baseline="start",
        has_results=results,
        outcomes=outcomes,
        flagged=flagged,
        identical=identical,
    )


def test_trials_with_and_without_results_and_changes_near_posting_stand_apart() -> None:
    audits = [
        trial(1, outcome("redefined", near=True), outcome("same"), results=True, flagged=3, identical=2),
        trial(2, outcome("added"), results=True),
        trial(3, outcome("reworded"), outcome("dropped", level="secondary")),
    ]
    found = summary(audits, [Refusal(trial="ctgov:NCT00000009", baseline="start", reason="not kept")])
    told = [
        (one.name, one.trials, one.changed_trials, one.primary_outcomes, one.flagged, one.identical) for one in found.strata
    ]
    assert told == [
        ("with posted results", 2, 2, 3, 3, 2),
        ("without posted results", 1, 0, 1, 0, 0),
        ("changes within 31 days of posting", 1, 1, 1, 3, 2),
    ]
    assert [(one.changes, one.near_posting) for one in found.posting] == [(2, 1)]
    assert found.refused == 1


def test_no_stratum_is_of_a_sponsor() -> None:
    assert "sponsor" not in " ".join(summary([trial(1, outcome("same"))], []).strata[0].__struct_fields__)
