"""What a backfill costs: requests and the time they take at a source's pace, by a clock that only waiting moves."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import httpx
import msgspec

from tests.backfill.builders import EDITS, past
from tests.chaos import EVERYTHING
from tests.fetch.clients import BASE_URL, FakeTime, make_fetcher
from tracker import sources
from tracker.backfill import Asked, Backfilling
from tracker.backfill.keeping import PastSource, keeping
from tracker.backfill.plan import how_long
from tracker.replay import job_of
from tracker.store import Store, migrate

TRIALS = 500 if EVERYTHING else 50


def test_indexes_take_one_request_a_trial_at_the_pace_so_that_500_take_ten_minutes_and_a_half(tmp_path: Path) -> None:
    answer = msgspec.json.encode({"history": past(edits=EDITS[:4]).index()})
    asked: list[str] = []

    def served(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(200, content=answer, headers={"content-type": "application/json"})

    time, url = FakeTime(), f"sqlite:///{tmp_path / 'tracker.db'}"
    migrate(url, now=time.now())
    source = cast(PastSource, sources.load()["ctgov"])
    trials = tuple(f"ctgov:NCT{number:08d}" for number in range(1, TRIALS + 1))
    with Store.open(url) as store, make_fetcher(served, time=time) as fetcher:
        info = msgspec.structs.replace(source.info, hosts=("registry.example",))
        fetch = fetcher.bind(info, base_url=BASE_URL, pace=0.8)
        with keeping(store, source, job_of(url, (), {}), time.now) as keeper:
            backfilling = Backfilling(keeper, fetch, Asked(trials=trials))
            backfilling.read_indexes(backfilling.to_read())
            found = list(backfilling.read_versions(backfilling.to_ask()))
        assert len(store.histories(trials)) == TRIALS
    assert len(asked) == len(found) == TRIALS
    assert (TRIALS - 1) / 0.8 <= time.seconds <= TRIALS / 0.8 + 1
    assert how_long(500, 0.8) == "about 10 min"
