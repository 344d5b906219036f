"""Asking a registry for the past of trials: indexes first, then the wanted records, each index once more at the end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from tracker.backfill.keeping import Keeper, PastSource
from tracker.backfill.plan import MOST, Versions, goes_on, wanted
from tracker.detect.past import SeenVersion, valid_times
from tracker.errors import AnswerError, BlockedError, SourceError, StatusError, TransientFetchError
from tracker.model.history import RecordHistory
from tracker.model.source import Fetch

TOGETHER = 20
"""Trials whose past is made to count at once."""

IN_A_ROW = 3
"""So many trials in a row without an answer of use, and the history is taken for gone: nothing more is asked."""

TRIES = 2
"""So often a trial is read whose index is not the same before and after."""

Told = Callable[[Literal["index", "versions"], int, int], None]
"""Told what is read, how many requests of it are done, and how many there are."""


def tell_nobody(what: Literal["index", "versions"], done: int, total: int) -> None:
    """Nobody wants to know how far it is."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a backfill is asked for: trials by key, which versions, how many of a trial at most, and kinds by trial."""

    trials: tuple[str, ...]
    versions: Versions = "index"
    most: int = MOST
    kinds: Mapping[str, tuple[str, ...]] = {}

    @property
    def words(self) -> str:
        """What makes two backfills the same one."""
        return msgspec.json.encode(["backfill", self.versions, sorted(self.trials)]).decode()


class Backfilled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one trial.

    ``history`` is its index, None where none could be read, as ``error`` says. ``stored`` versions were added, ``seen`` are
    those that we saw ourselves, ``failed`` those that could not be read, with why; ``left`` are wanted and not asked for yet.
    """

    trial: str
    history: RecordHistory | None = None
    stored: int = 0
    seen: int = 0
    failed: Mapping[int, str] = {}
    left: int = 0
    events: int = 0
    error: str = ""
    unasked: bool = False


class Backfilling:
    """One backfill of one source's trials; ``over`` says why nothing more was asked, if that came to be."""

    def __init__(self, keeper: Keeper, fetch: Fetch, asked: Asked, told: Told = tell_nobody) -> None:
        self._keeper, self._fetch, self._asked, self._told = keeper, fetch, asked, told
        self._source: PastSource = keeper.source
        self._in_a_row = 0
        self.over = ""
        self.histories: dict[str, RecordHistory] = {}
        self._errors: dict[str, str] = {}

    def to_read(self) -> tuple[str, ...]:
        """The trials whose index this backfill has not read yet."""
        began = self._keeper.begin(self._asked.words)
        stored = self._keeper.store.histories(self._asked.trials)
        self.histories = {trial: one.history for trial, one in stored.items() if one.read_at > began}
        return tuple(trial for trial in self._asked.trials if trial not in self.histories)

    def read_indexes(self, trials: Sequence[str]) -> None:
        """Read the index of each of these trials, and keep it."""
        for done, trial in enumerate(trials, start=1):
            if self.over:
                return
            try:
                self.histories[trial] = history = self._index(trial)
                self._in_a_row = 0
                if self._asked.versions == "index":  # else the records tell more surely
                    self._keeper.recognise(trial, history)
            except SourceError as error:
                self._errors[trial] = error.message
                self._note(error)
            self._told("index", done, len(trials))

    def _index(self, trial: str) -> RecordHistory:
        history = self._source.history(trial, self._fetch)
        now = self._keeper.clock()
        if history.versions[-1].date > now.date() + dt.timedelta(days=1):
            raise AnswerError(
                f"{trial}: the index of versions has one of {history.versions[-1].date}, which is still to come.",
                source=self._source.info.key,
                trial=trial,
            )
        self._keeper.store.keep_history(history, now)
        return history

    def _note(self, error: SourceError) -> None:
        """What several trials in a row meet is no fault of theirs."""
        if isinstance(error, (BlockedError, AnswerError, StatusError, TransientFetchError)):
            self._in_a_row += 1
        if self._in_a_row >= IN_A_ROW:
            self.over = f"The history of {self._source.info.title} cannot be read: {error.message}"

    def to_ask(self) -> dict[str, tuple[int, ...]]:
        """The versions that are to be asked for, by trial, newest first; those that are kept already are left out."""
        return {trial: self._missing(trial)[: self._asked.most] for trial in self._asked.trials if trial in self.histories}

    def _missing(self, trial: str) -> tuple[int, ...]:
        if self._asked.versions == "index":
            return ()
        metas = self._keeper.stored(trial)
        have = {meta.registry_version for meta in metas}
        numbers = wanted(
            self.histories[trial],
            self._asked.versions,
            present=next((one.record for one in reversed(seen)), None) if (seen := self._keeper.seen(metas)) else None,
            kinds=self._asked.kinds.get(trial, ()),
            sections=self._source.info.history_sections,
            seen=seen,
        )
        return tuple(number for number in numbers if number not in have)

    def read_versions(self, asked: Mapping[str, Collection[int]]) -> Iterator[Backfilled]:
        """Read and keep these versions; gives what came of each trial of the backfill, some together."""
        total = sum(len(numbers) for numbers in asked.values())
        done = 0
        some: list[Backfilled] = []
        for trial in self._asked.trials:
            numbers = tuple(asked.get(trial, ()))
            some.append(self._versions(trial, numbers))
            done += len(numbers)
            if numbers:
                self._told("versions", done, total)
            if len(some) >= TOGETHER:
                yield from self._settled(some)
                some = []
        yield from self._settled(some)
        self._keeper.end()

    def _settled(self, some: list[Backfilled]) -> Iterator[Backfilled]:
        past = [one.trial for one in some if self._keeper.is_past(one.trial)]
        added = self._keeper.settle(past) if past else {}
        for one in some:
            yield msgspec.structs.replace(one, events=added.get(one.trial, 0))

    def _versions(self, trial: str, numbers: tuple[int, ...]) -> Backfilled:
        history = self.histories.get(trial)
        if history is None:
            return Backfilled(trial=trial, error=self._errors.get(trial, self.over), unasked=trial not in self._errors)
        found = Backfilled(trial=trial, history=history)
        if not numbers and not self._keeper.is_on_its_way(trial):
            return found
        for _ in range(TRIES):
            found = self._read(trial, self.histories[trial], numbers)
            try:
                again = self._index(trial)
            except SourceError as error:
                self._keeper.drop(trial)
                return msgspec.structs.replace(found, stored=0, seen=0, error=error.message)
            before, self.histories[trial] = self.histories[trial], again
            if goes_on(before, again):
                self._keeper.done()
                left = len(self._missing(trial)) - len(found.failed)
                return msgspec.structs.replace(found, history=again, left=max(left, 0))
            self._keeper.drop(trial)
            numbers = self._missing(trial)[: self._asked.most]
        said = f"{trial}: the index of versions was another one each time it was read, so nothing was kept."
        return Backfilled(trial=trial, history=self.histories[trial], failed=found.failed, error=said)

    def _read(self, trial: str, history: RecordHistory, numbers: tuple[int, ...]) -> Backfilled:
        times = valid_times(history)
        by_number = {version.number: version for version in history.versions}
        seen: list[SeenVersion] = self._keeper.seen(self._keeper.stored(trial))
        stored = known = 0
        failed: dict[int, str] = {}
        for number in numbers:
            if number not in by_number or self.over:
                continue
            try:
                document = self._source.past_version(trial, by_number[number], self._fetch)
                further = self._keeper.keep(document, by_number[number], times, seen)
                stored, known = stored + further, known + (not further)
                error, self._in_a_row = "", 0
            except SourceError as refused:
                error = failed[number] = refused.message
                if isinstance(refused, BlockedError):  # what cannot be read is the fault of one version
                    self._note(refused)
            self._keeper.store.note_version_error(trial, number, error)
        return Backfilled(trial=trial, history=history, stored=stored, seen=known, failed=failed)
