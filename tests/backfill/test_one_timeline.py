"""However a trial's past comes together, what was seen first and what was fetched later, the same changes stand in the log."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.backfill.builders import A, KEY, Edits, backfilled, begin, log, past, told, update
from tests.world import World

EDITS: st.SearchStrategy[Edits] = st.one_of(
    st.sampled_from(["RECRUITING", "COMPLETED", "SUSPENDED", "ACTIVE_NOT_RECRUITING"]).map(
        lambda status: {"statusModule__overallStatus": status}
    ),
    st.integers(1, 500).map(lambda count: {"designModule__enrollmentInfo": {"count": count, "type": "ESTIMATED"}}),
    st.integers(2027, 2035).map(
        lambda year: {"statusModule__primaryCompletionDateStruct": {"date": f"{year}-06", "type": "ESTIMATED"}}
    ),
    st.sampled_from(["Pain at rest", "Overall survival < 2 years", "Death & relapse"]).map(
        lambda measure: {"outcomesModule__primaryOutcomes": [{"measure": measure, "timeFrame": "1 year"}]}
    ),
    st.just({}),
)


def lived(folder: Path, before: list[Edits], after: list[Edits], first: bool) -> tuple[World, list[tuple[str, str, Any, Any]]]:
    """A trial with a past, that then is followed from day to day; its backfill comes ``first`` or last."""
    edits = tuple((f"20{10 + place}-05-01", edit) for place, edit in enumerate(before))
    with World(folder) as world:
        begin(world, **{A: past(A, edits)})
        if first:
            backfilled(world, "all", KEY)
        for edit in after:
            world.day(change=lambda edit=edit: update(world, **edit))  # type: ignore[misc]
        present = world.store.followed("ctgov")[0].current
        backfilled(world, "all", KEY)
        now = world.store.followed("ctgov")[0].current
        assert present is not None
        assert now is not None
        assert present.id == now.id
        numbers = [meta.registry_version for meta in world.store.timeline(KEY)]
        assert numbers == sorted(numbers, key=lambda number: -1 if number is None else number)
        said = told(world)
        assert backfilled(world, "all", KEY)[KEY].events == 0
        assert told(world) == said
        return world, said


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(EDITS, min_size=1, max_size=4), st.lists(EDITS, max_size=3))
def test_a_trial_that_is_backfilled_late_has_the_changes_of_one_that_is_backfilled_first(
    before: list[Edits], after: list[Edits]
) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        _, early = lived(Path(one), before, after, first=True)
        _, late = lived(Path(other), before, after, first=False)
    assert early == late


def test_slips_are_counted_from_the_first_version_of_the_registry(tmp_path: Path) -> None:
    def until(date: str) -> Edits:
        return {"statusModule__primaryCompletionDateStruct": {"date": date, "type": "ESTIMATED"}}

    edits = (("2019-04-02", until("2025-01")), ("2020-01-01", until("2026-01")), ("2021-01-01", until("2027-01")))
    with World(tmp_path) as world:
        begin(world, **{A: past(A, edits)})
        backfilled(world, "all", KEY)
        world.day(after=timedelta(days=3), change=lambda: update(world, **until("2028-01")))
        details = [event.details for event in log(world)]
    assert [one.nth for one in details] == [1, 2, 3]  # type: ignore[attr-defined]
    assert details[-1].coverage == "since registration 2019-04-02"  # type: ignore[attr-defined]
