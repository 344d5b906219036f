"""A trial that is served as it was costs a look at its bytes, and its version is not written again."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from tests.world import World, study
from tracker.model.source import Document
from tracker.sources.ctgov import SOURCE

A, B = "NCT00000101", "NCT00000102"


class Counting(type(SOURCE)):  # type: ignore[misc]
    """ClinicalTrials.gov, with a list of the digests and records that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def digest(self, document: Document) -> str:
        self.asked.append(f"digest {document.trial}")
        return super().digest(document)  # type: ignore[no-any-return]


def test_a_trial_served_as_it_was_has_its_digest_computed_once_and_another_one_when_it_changes(
    tmp_path: Path, database: str
) -> None:
    source = Counting()
    with World(tmp_path, database) as world:
        world.studies = {A: study(A), B: study(B)}
        world.sources = {**world.sources, "ctgov": source}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n')
        world.day()
        assert sorted(source.asked) == [f"digest ctgov:{A}", f"digest ctgov:{B}"]
        source.asked.clear()
        assert world.day().counts.unchanged == 2
        assert source.asked == []
        world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
        assert source.asked == [f"digest ctgov:{A}"]
        assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
        source.asked.clear()
        world.day()
        assert source.asked == []


def test_an_unchanged_pass_leaves_the_rows_that_hold_records_as_they_are(tmp_path: Path, database: str) -> None:
    with World(tmp_path, database) as world:
        world.studies = {A: study(A)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
        world.day()
        before = _rows(world)
        world.day()
        assert _rows(world) == before
        (seen,) = world.store.timeline(f"ctgov:{A}")
        assert seen.last_seen_at == world.now
        assert seen.first_seen_at < seen.last_seen_at


def test_a_version_keeps_the_day_on_which_it_was_last_seen_when_another_follows(tmp_path: Path, database: str) -> None:
    with World(tmp_path, database) as world:
        world.studies = {A: study(A)}
        world.configure(f'[[watch]]\nname = "mine"\ntrials = ["{A}"]\n')
        world.day()
        world.day()
        last_seen = world.now
        world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
        old, new = world.store.timeline(f"ctgov:{A}")
        assert (old.last_seen_at, new.last_seen_at) == (last_seen, world.now)
        world.day()
        old, new = world.store.timeline(f"ctgov:{A}")
        assert (old.last_seen_at, new.last_seen_at) == (last_seen, world.now)


def _rows(world: World) -> list[tuple[object, ...]]:
    engine = sa.create_engine(world.settings.store_url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text("SELECT * FROM snapshots ORDER BY id"))]
    finally:
        engine.dispose()
