"""The names of trials as a configuration gives them; a page has that of the registry's trial it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tracker.model.ids import split_key
from tracker.model.labels import trial_label
from tracker.model.record import TrialRecord
from tracker.model.source import Source
from tracker.model.watch import Watch


class OwnWords(NamedTuple):
    """What the owners of watches say of a trial in their ``trials_file``: group, note, and the cell under each own column."""

    group: str = ""
    note: str = ""
    columns: Mapping[str, str] = {}


class Names:
    """Names trials by the labels of some watches."""

    def __init__(self, watches: Iterable[Watch], sources: Mapping[str, Source]) -> None:
        self._watches = tuple(watches)
        self._given = {trial: label for watch in self._watches for trial, label in watch.labels.items()}
        self._sources = sources

    def name(self, record: TrialRecord) -> str:
        """What people call the trial by."""
        return trial_label(record.trial, record, own=self._own(record), site=self._site(record))

    def label(self, record: TrialRecord) -> str:
        """The user's own name for the trial, or nothing."""
        own = self._own(record)
        return trial_label(record.trial, own=own, site=self._site(record)) if own else ""

    def own_words(self, trial: str, record: TrialRecord | None = None) -> OwnWords:
        """What is said of a trial, of several watches the first that says it; notes are put together."""
        keys = (trial, *self._home_keys(record)) if record is not None else (trial,)
        groups = [watch.groups[key] for key in keys for watch in self._watches if key in watch.groups]
        notes = dict.fromkeys(watch.notes[key] for key in keys for watch in self._watches if key in watch.notes)
        columns: dict[str, str] = {}
        for cells in [watch.own[key] for key in keys for watch in self._watches if key in watch.own]:
            for name, cell in cells.items():
                columns.setdefault(name.casefold(), cell)
        return OwnWords(group=next(iter(groups), ""), note="; ".join(notes), columns=columns)

    def _home_keys(self, record: TrialRecord) -> tuple[str, ...]:
        return self._sources[split_key(record.trial).source].info.home_keys(record.trial, record.nct_number)

    def _own(self, record: TrialRecord) -> str:
        return next((given for key in (record.trial, *self._home_keys(record)) if (given := self._given.get(key))), "")

    def _site(self, record: TrialRecord) -> str:
        info = self._sources[split_key(record.trial).source].info
        return info.title if info.kind != "registry" else ""
