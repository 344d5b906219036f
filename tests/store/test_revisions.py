"""A database of each earlier release becomes one of this release, and nothing of it is lost."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

from tests.store.builders import A, Pass, check, day, snapshot
from tests.store.revisions import EARLIER, REVISIONS, SOME_EARLIER, TOLD, as_of, columns, furnish, rows, without_headlines
from tracker.model.event import EventFilter
from tracker.store import Store, migrate, schema_state
from tracker.store import tables as t
from tracker.store.database import WRITING, make_engine, parse_url
from tracker.store.schema import head_revision

PROCESSES = 3


def test_there_are_rows_in_every_table(store: Store, store_url: str) -> None:
    """Else the tests below would prove little; a new table wants a line in `furnish`."""
    furnish(store)
    found = rows(store_url, columns(store_url))
    assert [table for table, kept in found.items() if not kept] == []


@pytest.mark.parametrize("revision", EARLIER)
def test_a_database_of_each_earlier_revision_upgrades_without_loss(
    revision: str, store: Store, store_url: str, url_beside: str
) -> None:
    furnish(store)
    as_of(revision, store_url, url_beside)
    assert schema_state(url_beside) == "behind"
    held = columns(url_beside)
    before = rows(url_beside, held)
    report = migrate(url_beside, now=day(9))
    assert (report.before, report.after) == (revision, head_revision())
    after = rows(url_beside, held)
    assert without_headlines(held, after) == without_headlines(held, before)
    assert all("News of" not in str(row) for table in TOLD for row in after[table])
    if report.backup:
        copied = rows(f"sqlite:///{report.backup}", held)
        assert copied.pop("leases") == []
        assert copied == {table: kept for table, kept in before.items() if table != "leases"}
    with Store.open(url_beside) as upgraded:
        assert upgraded.integrity() == []
        assert upgraded.events(EventFilter()) == store.events(EventFilter())
        assert upgraded.timeline(A) == store.timeline(A)
        assert upgraded.outbox() == store.outbox()
        upgraded.acquire_lease("source:ctgov", "next", day(9), day(1) - day(0))


def test_what_was_listed_before_was_listed_by_clinicaltrials_gov(store: Store, store_url: str, url_beside: str) -> None:
    """So no watch begins anew after the upgrade, and the end of a search's trouble is told under its old name."""
    furnish(store)
    store.open_incident("search:lupus", "It could not be read.", day(3))
    as_of("0016", store_url, url_beside)
    engine = make_engine(parse_url(url_beside))
    with engine.begin() as connection:
        words = "UPDATE watches SET listing_digest = 'd', last_complete_listing_at = created_at WHERE name = 'lupus'"
        connection.execute(text(words))
    engine.dispose()
    migrate(url_beside, now=day(9))
    with Store.open(url_beside) as upgraded:
        states = upgraded.watch_states("ctgov")
        assert (states["lupus"].listing_digest, states["lupus"].last_complete_listing_at) == ("d", states["lupus"].created_at)
        assert states["else"].listing_digest is None
        assert upgraded.watch_states("ctis")["lupus"].last_complete_listing_at is None
        assert "search:ctgov:lupus" in {one.name for one in upgraded.incidents()}


def test_a_long_log_loses_its_headlines_to_the_last_row(store: Store, store_url: str, url_beside: str) -> None:
    furnish(store)
    as_of("0002", store_url, url_beside)
    engine = make_engine(parse_url(url_beside))
    with engine.connect().execution_options(**WRITING) as connection, connection.begin():
        then = [column for column in t.events.c if column.name != "packed"]
        row = dict(connection.execute(select(*then).where(t.events.c.id == "e2")).mappings().one())
        copies = [
            row | {"id": f"{number}", "body": f'{{"id":"{number}","headline":"Größe","rest":0.1}}'} for number in range(2500)
        ]
        connection.execute(insert(t.events), copies)
    engine.dispose()
    migrate(url_beside, now=day(9))
    with Store.open(url_beside) as upgraded, upgraded.reading() as connection:
        bodies = set(connection.scalars(select(t.events.c.body).where(t.events.c.id.not_in(["e1", "e2", "e3"]))))
    assert bodies == {f'{{"id":"{number}","rest":0.1}}' for number in range(2500)}


def test_a_version_of_an_earlier_revision_is_valid_since_it_was_first_seen(
    store: Store, store_url: str, url_beside: str
) -> None:
    furnish(store)
    as_of("0002", store_url, url_beside)
    migrate(url_beside, now=day(9))
    with Store.open(url_beside) as upgraded:
        timeline = upgraded.timeline(A)
        assert len(timeline) > 1
        assert [meta.valid_from for meta in timeline] == [meta.first_seen_at for meta in timeline]


def test_numbers_of_versions_that_are_gone_are_not_given_again(store: Store, store_url: str, url_beside: str) -> None:
    """Even where the upgrade makes the table of versions anew."""
    if not store_url.startswith("sqlite"):
        return  # PostgreSQL alters the table in place
    furnish(store)
    as_of("0002", store_url, url_beside)
    with sqlite3.connect(url_beside.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE sqlite_sequence SET seq = 500 WHERE name = 'snapshots'")
    connection.close()
    migrate(url_beside, now=day(9))
    with Store.open(url_beside) as upgraded:
        run = Pass(upgraded, 9)
        run.stage(checks=(check(A, "changed", run.now),), snapshots=(snapshot(A, b"newest", run.now),))
        run.accept()
        assert upgraded.timeline(A)[-1].id == 501


def test_revisions_are_numbered_without_a_gap() -> None:
    numbers = [int(revision) for revision in REVISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("revision", [None, *SOME_EARLIER])
def test_of_processes_that_migrate_at_once_one_does_and_the_others_find_it_done(
    revision: str | None, store: Store, store_url: str, url_beside: str
) -> None:
    """As when the daemon, a cron job and an impatient user start after an upgrade, in the same second."""
    if revision is not None:
        furnish(store)
        as_of(revision, store_url, url_beside)
    program = f"""
import sys
from tests.store.builders import DAY_0
from tracker.store import migrate

sys.stdin.readline()
print(migrate({url_beside!r}, now=DAY_0).before)
"""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, answers
    assert sorted(said.strip() for said, _ in answers) == sorted([str(revision), *[head_revision()] * (PROCESSES - 1)])
