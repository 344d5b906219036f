"""Which trials of a run are asked for, in the order of their keys and some at a time, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from tracker import log
from tracker.clock import Clock
from tracker.detect import second_opinion
from tracker.errors import FetchError, PassLimitError, StoppedError
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import Answer, Asked, DataVersion, Failed, Fetch, Found, Source
from tracker.sync import asking
from tracker.sync.scope import RunScope

TOGETHER = 2_000
"""Due trials that are in memory at once; a multiple of what registries are asked for in one request."""

BATCH_TRIALS = 200
BATCH_BYTES = 8 * 1024 * 1024

MERGED_ASKED_EVERY = timedelta(days=7)

Progress = Callable[[str, int, int], None]
"""Called with a source's title, the trials done and the trials to do."""

logger = log.get(__name__)


@dataclass(kw_only=True)
class DueTrials:
    """The due trials of one run and how far they were asked for.

    ``stopped``: somebody asked to end. ``cut`` says why the pass ended early, ``error`` why the source did: trials that were
    not asked for have failed for that reason. ``apart`` are watches whose trials are read otherwise. ``offered`` are the trials
    that a file holds; those that it lacks are not asked for.
    """

    scope: RunScope
    clock: Clock
    only: frozenset[str]
    apart: frozenset[str] = frozenset()
    offered: Container[str] | None = None
    full: bool
    progress: Progress
    stop: Callable[[], bool]
    stopped: bool = False
    cut: str = ""
    error: str = ""
    done: int = field(default=0, init=False)
    total: int = field(default=0, init=False)

    def parts(self) -> Iterator[list[TrackedTrial]]:
        """The due trials, some at a time."""
        scope, source = self.scope, self.scope.source.info
        stamp = scope.data.timestamp if scope.data else None
        asked = (scope.run, source.key, stamp)
        self.total = scope.store.count_due(*asked, only=self.only, apart=self.apart, everyone=self.full)
        self.progress(source.title, 0, self.total)
        pages = scope.store.due_trials(*asked, only=self.only, apart=self.apart, everyone=self.full)
        due = (known for page in pages for known in self._due(scope.believed(page)))
        while not (self.stopped or self.cut) and (some := list(islice(due, TOGETHER))):
            yield some

    def answers(self, due: Sequence[TrackedTrial], fetch: Fetch) -> Iterator[list[Answer]]:
        """One answer for each of these trials, in batches that fit into one transaction and into memory."""
        return _batches(self._answers(due, fetch))

    def _due(self, page: Sequence[TrackedTrial]) -> Iterator[TrackedTrial]:
        moving = self.scope.store.moving(self.scope.run, [known.key for known in page])
        for known in page:
            if self.offered is not None and known.key not in self.offered:
                self.total -= 1
            elif self.full or known.key in moving or self._is_due(known, self.scope.data):
                yield known
            else:
                self.total -= 1

    def _is_due(self, known: TrackedTrial, data: DataVersion | None) -> bool:
        """Whether a trial is asked for: once at each data version.

        One that was merged into another is asked for weekly, as the merge may be undone.
        """
        if known.merged_into and known.current and known.checked_at:
            waited = self.clock() - known.checked_at
            if timedelta(0) <= waited < MERGED_ASKED_EVERY:
                return False
        if data is None or known.checked_data_timestamp != data.timestamp:
            return True
        # What waits for a second opinion is asked again as soon as the answer would be one.
        return any(second_opinion.is_second(first, since, data.timestamp, self.clock()) for first, since in known.waiting_since)

    def _answers(self, due: Sequence[TrackedTrial], fetch: Fetch) -> Iterator[Answer]:
        """One answer for each due trial; if the source ends early, the remaining trials have failed for that reason.

        If the pass ends early, they have not: nobody asked for them, and the next pass does.
        """
        source: Source = self.scope.source
        waiting = dict.fromkeys(known.key for known in due)
        try:
            for answer in () if self.error else asking.answers(source, list(map(_asked, due)), fetch, self.scope.data):
                waiting.pop(answer.trial, None)
                self._count(1)
                yield answer
                if source.info.kind == "page" and self.stop():  # each page is a request; a registry answers in batches
                    return
        except StoppedError:
            self.stopped = True
            return
        except PassLimitError as error:
            logger.warning(log.pairs("pass_cut_short", source=source.info.key, unread=self.total - self.done, error=error))
            self.cut = f"{self.done:,} of {self.total:,} trials that were due were read. {error}"
            return
        except FetchError as error:
            logger.error(log.pairs("source_ended_early", source=source.info.key, error=error))
            self.error = str(error)
        if self.error:
            self._count(len(waiting))
            yield from (Failed(trial=trial, error=self.error) for trial in waiting)

    def _count(self, answered: int) -> None:
        self.done += answered
        self.progress(self.scope.source.info.title, self.done, self.total)


def _asked(known: TrackedTrial) -> Asked:
    """What is asked. A trial that was removed or never read comes without validators: a 304 would say nothing about it.

    So does one with a doubted field: only its whole answer can confirm it.
    """
    told = known.validators if known.current and not known.current.doubted else None
    return Asked(trial=known.key, url=known.url, validators=told)


def _batches(answers: Iterable[Answer]) -> Iterator[list[Answer]]:
    batch: list[Answer] = []
    size = 0
    for answer in answers:
        batch.append(answer)
        size += len(answer.document.body) if isinstance(answer, Found) else 0
        if len(batch) >= BATCH_TRIALS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
