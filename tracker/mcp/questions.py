"""The questions an assistant can ask, answered from the archive. A wrong one raises UsageError with what to ask instead."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.archive import Archive, DeadlineRow
from tracker.archive.asked import about_asked, moment, require_order, trial_key
from tracker.clock import Clock
from tracker.errors import UsageError
from tracker.mcp import answers, entries
from tracker.mcp.answers import Fields
from tracker.model.event import EventFilter
from tracker.model.snapshot import SnapshotMeta
from tracker.model.views import TrialView
from tracker.model.vocabulary import CALENDAR_KINDS, KIND_NAMES, RECRUITMENT_STATUSES, Severity
from tracker.render import duties

SEVERITIES: tuple[Severity, ...] = ("minor", "notable", "major")
DUE = ("all", "overdue", "ahead")

_NUMBER = re.compile(r"-?[0-9]{1,4}\Z")
_PLACE = re.compile(r"[0-9]{1,9}\Z")
_FARTHEST = 36_500
"""Days that deadlines are looked for ahead."""


@dataclass(frozen=True)
class Questions:
    """What can be asked; each answer is JSON of at most 4 kB."""

    archive: Archive
    clock: Clock

    def watches(self, after: str = "") -> str:
        """The watches, what they follow and since when."""
        found = sorted((one for one in self.archive.watches if one.name > after), key=lambda one: one.name)

        def shown() -> Iterator[tuple[str, Fields]]:
            for watch in found:
                fields: Fields = {"watch": watch.name, "trials": self.archive.count_followed([watch.name])}
                if watch.near:
                    fields |= {"near": watch.near.place, "km": watch.near.km}
                if watch.search or watch.query:
                    fields["search"] = watch.search or dict(watch.query)
                if watch.everything:
                    fields["everything"] = True
                yield watch.name, fields

        return answers.page(self._head(), "watches", shown())

    def trials(self, watch: str = "", status: str = "", near: bool = False, after: str = "") -> str:
        """Followed trials as they stand, by key."""
        word = "_".join(re.findall(r"[A-Z]+", status.upper()))
        if status and word not in RECRUITMENT_STATUSES:
            raise UsageError(f"There is no status {status}.", remedy=f"They are {answers.choices(RECRUITMENT_STATUSES)}.")
        placed = [one.name for one in self.archive.watches if one.near]
        if near and (watch not in placed if watch else not placed):
            raise UsageError("No place is set to be near to.", remedy=f"Watches with a place: {answers.choices(placed)}.")
        rows = self.archive.present(watch=self._watch(watch), status=word or None, near=near, after=after)
        shown = ((row.trial, entries.present(row)) for row in rows)
        return answers.page(self._head(watch=watch), "trials", shown)

    def trial(self, trial: str, part: str = "", after: str = "") -> str:
        """A trial as it stands; with ``part``, one field of its record in full length, page by page."""
        return self._shown(self.archive.trial(self._key(trial)), part, after)

    def trial_at(self, trial: str, at: str, part: str = "", after: str = "") -> str:
        """A trial as it stood at a time, with the version that says so."""
        return self._shown(self.archive.trial(self._key(trial), self._moment(at, end_of_day=True)), part, after)

    def changes(
        self,
        since: str = "",
        until: str = "",
        watch: str = "",
        trial: str = "",
        kind: str = "",
        min_severity: str = "minor",
        about: str | list[str] = "",
        details: bool = False,
        after: str = "",
    ) -> str:
        """The change log, oldest first."""
        severity = _one_of(min_severity, SEVERITIES, "severity")
        begin = self._moment(since) if since else None
        end = self._moment(until, end_of_day=True) if until else None
        require_order(begin, end)
        wanted = EventFilter(
            since=begin,
            until=end,
            watch=self._watch(watch),
            trials=frozenset([self._key(trial)] if trial else []),
            kinds=frozenset([_one_of(kind, sorted(KIND_NAMES), "kind")] if kind else []),
            min_severity=next(one for one in SEVERITIES if one == severity),
            about=about_asked(about.split(",") if isinstance(about, str) and about else about or ()),
        )
        found = self.archive.changes(wanted, after=after or None)
        shown = ((event.id, entries.change(event, details=details)) for event in found)
        return answers.page(self._head(watch=watch, trials=wanted.trials), "changes", shown)

    def compare(self, trial: str, old: str = "-2", new: str = "-1", after: str = "") -> str:
        """What changed between two stored versions, each given by number or by day."""
        key = self._key(trial)
        before, now = self._version(key, old), self._version(key, new)
        found = self.archive.compare(before, now).events
        ids = [event.id for event in found]
        if after and after not in ids:
            raise UsageError(f"There is no change {after} between these versions.", remedy="Begin again without it.")
        rest = found[ids.index(after) + 1 :] if after else found
        head = {**self._head(trials=[key]), "trial": key, "old": entries.version(before), "new": entries.version(now)}
        return answers.page(head, "changes", ((event.id, entries.change(event, details=True)) for event in rest))

    def deadlines(
        self, due: str = "all", within_days: int = 0, sponsor: str = "", watch: str = "", kind: str = "", after: str = ""
    ) -> str:
        """Days that matter, ahead and passed, in their order: estimates, not legal findings."""
        _one_of(due, DUE, "value of due")
        if kind:
            _one_of(kind, sorted(CALENDAR_KINDS), "kind of deadline")
        if not 0 <= within_days <= _FARTHEST:
            raise UsageError(f"within_days is {within_days}.", remedy=f"Give days ahead: 1 to {_FARTHEST:,}, or 0 for all.")
        today = self.clock().date()
        last = today + timedelta(days=within_days) if within_days > 0 else None
        words = sponsor.casefold()

        def wanted(row: DeadlineRow) -> bool:
            found = row.deadline
            if (due == "overdue" and found.due >= today) or (due == "ahead" and found.due < today):
                return False
            if (kind and found.kind != kind) or (last is not None and found.due > last):
                return False
            return words in (row.lead_sponsor or "").casefold()

        rows = self.archive.deadlines(today, watch=self._watch(watch), after=after)
        shown = ((row.cursor, entries.deadline(row)) for row in rows if wanted(row))
        head = {**self._head(watch=watch), "note": "Estimates from the records' own dates, not legal findings."}
        return answers.page(head, "deadlines", shown)

    def health(self, after: str = "") -> str:
        """What is held, unsent or wrong."""
        found = self.archive.health()
        troubles = sorted((one for one in found.incidents if one.name > after), key=lambda one: one.name)
        held = [
            {"run": run.id, "source": self.archive.source_title(run.source), "why": run.verdict.sick} for run in found.held_runs
        ]
        head = {**self._head(), "held_runs": held, "unsent_messages": dict(found.unsent)}
        shown = ((one.name, {"name": one.name, "since": one.since, "quoted": {"message": one.message}}) for one in troubles)
        return answers.page(head, "troubles", shown)

    def _shown(self, view: TrialView, part: str, after: str) -> str:
        record, key = view.record, view.record.trial
        head = {
            **self._head(trials=[key]),
            "version": {"number": view.number, "of": view.versions, **entries.version(view.version)},
        }
        parts = entries.parts(record)
        if not part:
            watches = self.archive.watches_of([key])[key]
            also = self.archive.registrations([key]).get(key, ())
            fields = {**head, **entries.record(record, self.archive.name(record)), "watches": watches, "parts": list(parts)}
            fields |= {"registrations": [entries.registration(one) for one in also]} if also else {}
            owed = self.archive.duties(record, self.clock().date(), also) if view.number == view.versions else None
            fields |= {"results_duties": list(duties.lines(owed.rows, owed.where))} if owed and owed.rows else {}
            return answers.whole(fields)
        if part not in parts:
            raise UsageError(f"The record of {key} has nothing under {part}.", remedy=f"It has {answers.choices(list(parts))}.")
        text = parts[part] if isinstance(parts[part], str) else answers.encoded(parts[part]).decode()
        if after and not _PLACE.match(after):
            raise UsageError(f"{after} is no place to go on from.", remedy="Give the number that stood under more.after.")
        return answers.part({**head, "trial": key}, part, str(text), int(after or 0))

    def _head(self, *, watch: str = "", trials: Collection[str] = ()) -> Fields:
        now = self.clock()
        return {"asked_at": now, "coverage": entries.coverage(self.archive.coverage(watch=watch or None, trials=trials))}

    def _watch(self, name: str) -> str | None:
        known = [one.name for one in self.archive.watches]
        return _one_of(name, known, "watch") if name else None

    def _key(self, trial: str) -> str:
        key = trial_key(trial.strip())
        if not next(self.archive.timeline(key, limit=1), None):
            raise UsageError(f"Nothing is stored of {trial}.", remedy="The tool trials lists what is followed.")
        return key

    def _version(self, key: str, which: str) -> SnapshotMeta:
        if not _NUMBER.match(which):
            return self.archive.version(key, self._moment(which, end_of_day=True))
        number, count = int(which), sum(1 for _ in self.archive.timeline(key))
        if not 1 <= abs(number) <= count:
            raise UsageError(
                f"{key} has {count} stored version{'s' * (count > 1)}, no number {number}.",
                remedy=f"They are 1 (the first) to {count}, or -1 (the latest) to -{count}; a day does too.",
            )
        return self.archive.version(key, number)

    def _moment(self, text: str, *, end_of_day: bool = False) -> datetime:
        return moment(text.strip(), now=self.clock(), end_of_day=end_of_day)


def _one_of(given: str, known: Collection[str], what: str) -> str:
    if given not in known:
        raise UsageError(f"There is no {what} {given}.", remedy=f"There are {answers.choices(list(known), given)}.")
    return given
