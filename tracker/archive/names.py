"""The names of trials as a configuration gives them; a page has that of the registry's trial it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tracker.model.ids import split_key
from tracker.model.labels import trial_label
from tracker.model.record import TrialRecord
from tracker.model.source import Source
from tracker.model.watch import Watch


class Names:
    """Names trials by the labels of some watches."""

    def __init__(self, watches: Iterable[Watch], sources: Mapping[str, Source]) -> None:
        self._given = {trial: label for watch in watches for trial, label in watch.labels.items()}
        self._sources = sources

    def name(self, record: TrialRecord) -> str:
        """What people call the trial by."""
        return trial_label(record.trial, record, own=self._own(record), site=self._site(record))

    def label(self, record: TrialRecord) -> str:
        """The user's own name for the trial, or nothing."""
        own = self._own(record)
        return trial_label(record.trial, own=own, site=self._site(record)) if own else ""

    def _own(self, record: TrialRecord) -> str:
        home = self._sources[split_key(record.trial).source].info.home
        return self._given.get(record.trial) or self._given.get(f"{home}:{record.nct_number}") or ""

    def _site(self, record: TrialRecord) -> str:
        info = self._sources[split_key(record.trial).source].info
        return info.title if info.kind == "page" else ""
