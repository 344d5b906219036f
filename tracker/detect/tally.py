"""What a run is judged by as a whole: counters, ids and examples, never a document or a record.

A run over a whole registry may change every trial, and memory must not grow with what they hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from tracker.detect.verdict import CheckResult
from tracker.events.bulk_edits import BulkEditTally
from tracker.model.staging import NewIssue

MOST_NAMED = 2_000
"""Failures that are named: a host that is down fails as many as are followed."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A trial or search that could not be read, with a sentence that says why. ``watch`` is that of a search."""

    subject: str
    error: str
    watch: str = ""


@dataclass
class RunTally:
    """What a run has met so far, as this process saw it; which trials answered how is staged.

    ``searched`` are the watches whose search was asked, in vain or not; ``older`` were answered with older data.
    ``examples`` name a trial for each thing that answers lost.
    """

    failures: list[Failure] = field(default_factory=list)
    issues: list[NewIssue] = field(default_factory=list)
    searched: set[str] = field(default_factory=set)
    older: list[Failure] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)
    edits: BulkEditTally = field(default_factory=BulkEditTally)

    def add(self, result: CheckResult) -> None:
        """Count the result of one check."""
        check = result.staged.check
        if check.error:
            self.failed(Failure(subject=check.trial, error=check.error))
        if result.older and len(self.older) < MOST_NAMED:
            self.older.append(Failure(subject=check.trial, error=result.older))
        for name in check.emptied:
            self.examples.setdefault(name, check.trial)
        for staged in result.events:
            self.edits.add(staged.event)

    def failed(self, failure: Failure) -> None:
        """Note a failure. Of trials the first are named; how many there are is counted with the checks."""
        if failure.watch or len(self.failures) < MOST_NAMED:
            self.failures.append(failure)
