"""The registry's own index of versions is kept as it was last read."""

from __future__ import annotations

from datetime import date

from tests.store.builders import A, B, baseline, day
from tracker.model.history import OriginalData, RecordHistory, RegistryVersion, StoredHistory
from tracker.model.record import Enrollment, OutcomeMeasure
from tracker.store import Store

FIRST = RegistryVersion(number=0, date=date(2019, 4, 2), recruitment_status="NOT_YET_RECRUITING", said="NOT_YET_RECRUITING")
SECOND = RegistryVersion(number=1, date=date(2020, 1, 9), said="WITHHELD", touched=("Study Status", "Outcome Measures"))
ORIGINAL = OriginalData(primary_outcomes=(OutcomeMeasure(measure="Death"),), enrollment=Enrollment(count=40, type="ESTIMATED"))


def test_an_index_comes_back_as_it_was_read(store: Store) -> None:
    baseline(store, A, B)
    history = RecordHistory(trial=A, versions=(FIRST, SECOND), original=ORIGINAL)
    store.keep_history(history, day(1))
    assert store.histories([A, B]) == {A: StoredHistory(history=history, read_at=day(1))}


def test_an_index_that_is_read_again_takes_the_place_of_the_older_one(store: Store) -> None:
    baseline(store, A)
    store.keep_history(RecordHistory(trial=A, versions=(FIRST, SECOND)), day(1))
    newer = RecordHistory(trial=A, versions=(FIRST,), original=ORIGINAL)
    store.keep_history(newer, day(2))
    assert store.histories([A]) == {A: StoredHistory(history=newer, read_at=day(2))}
