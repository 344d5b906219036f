"""What a run is judged by as a whole: counters, ids and examples, never a document or a record.

A run over a whole registry may change every trial, and memory must not grow with what they hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from tracker.detect.listing import ListingDecision
from tracker.detect.verdict import CheckResult
from tracker.events.bulk_edits import BulkEdit, BulkEditTally
from tracker.health import Listing
from tracker.model.staging import NewIssue

UNSURE = frozenset({"aliased", "merged", "still_merged", "doubted", "older"})
"""Check statuses that say nothing of where the trial's own record stands now."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A trial or search that could not be read, with a sentence that says why. ``watch`` is that of a search."""

    subject: str
    error: str
    watch: str = ""


@dataclass
class RunTally:
    """What a run has met so far.

    ``searched`` are the watches whose search was asked, in vain or not.
    ``unsure`` are the trials whose answer is not believed, ``older`` those of them that were answered with older data.
    ``moved`` are the trials for which a new version was staged, ``examples`` name a trial for each thing that answers lost.
    """

    failures: list[Failure] = field(default_factory=list)
    issues: list[NewIssue] = field(default_factory=list)
    searched: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    older: list[Failure] = field(default_factory=list)
    moved: set[str] = field(default_factory=set)
    examples: dict[str, str] = field(default_factory=dict)
    edits: BulkEditTally = field(default_factory=BulkEditTally)

    def add(self, result: CheckResult) -> None:
        """Count the result of one check."""
        check = result.staged.check
        if check.error:
            self.failures.append(Failure(subject=check.trial, error=check.error))
        if result.older:
            self.older.append(Failure(subject=check.trial, error=result.older))
        if check.status in UNSURE:
            self.unsure.add(check.trial)
        elif check.status in ("absent", "removed"):
            self.absent.add(check.trial)
        elif check.status != "failed":
            self.answered.add(check.trial)
        if result.before is not None:
            self.moved.add(check.trial)
        for name in check.emptied:
            self.examples.setdefault(name, check.trial)
        for staged in result.events:
            self.edits.add(staged.event)

    def bulk_edit(self, checked: int) -> tuple[BulkEdit | None, int]:
        """The harmless edit of most records, if there was one, and how many trials changed in nothing else."""
        found = self.edits.found(checked)
        return found, self.edits.trials_with_nothing_else(found) if found else 0

    def listings(self, decisions: Iterable[ListingDecision]) -> list[Listing]:
        """What the searches held, to be judged. A trial that changed or is gone had a reason of its own to leave."""
        explained = self.moved | self.absent | self.unsure
        return [
            Listing(
                watch=one.watch,
                listed=one.listed,
                before=one.before and one.before - sum(trial in explained for trial in one.left),
            )
            for one in decisions
        ]
