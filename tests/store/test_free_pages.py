"""Pages that packing anew leaves free are given back, within a counted transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.store.builders import DAY_0
from tracker.store import Store, migrate
from tracker.store.database import Database, changes, parse_url
from tracker.store.maintenance import give_back
from tracker.store.search import join_words


def _made(url: str) -> Path:
    migrate(url, now=DAY_0)
    return Path(url.removeprefix("sqlite:///"))


def _emptied(file: Path) -> None:
    """Leave pages free, as packing anew does."""
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE big (body BLOB)")
        connection.executemany("INSERT INTO big VALUES (?)", [(b"x" * 50_000,) for _ in range(40)])
        connection.execute("DROP TABLE big")
        connection.commit()


def _asked(file: Path, pragma: str) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def test_a_database_gives_free_pages_back(sqlite_url: str) -> None:
    file = _made(sqlite_url)
    _emptied(file)
    before, version = _asked(file, "page_count"), _asked(file, "user_version")
    with Database(parse_url(sqlite_url)) as database:
        give_back(database)
    assert _asked(file, "freelist_count") == 0
    assert _asked(file, "page_count") < before / 2
    assert _asked(file, "user_version") == version + 1
    with Store.open(sqlite_url) as store:
        assert store.integrity() == []


def test_few_free_pages_stay_for_what_comes_next(sqlite_url: str) -> None:
    file = _made(sqlite_url)
    version = _asked(file, "user_version")
    with Database(parse_url(sqlite_url)) as database:
        give_back(database)
    assert _asked(file, "user_version") == version


def test_a_database_of_an_older_release_is_left_as_it_is(sqlite_url: str) -> None:
    file = _made(sqlite_url)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA auto_vacuum=NONE")
        connection.execute("VACUUM")
    _emptied(file)
    before = _asked(file, "page_count")
    with Database(parse_url(sqlite_url)) as database:
        give_back(database)
    assert _asked(file, "page_count") == before


def test_joining_words_counts_as_a_change_however_few_there_are(sqlite_url: str) -> None:
    """A transaction that changes pages and does not count itself would leave a log that looks like another's."""
    _made(sqlite_url)
    with Database(parse_url(sqlite_url)) as database:
        for _ in range(3):
            with database.writing() as connection:
                before = changes(connection)
                join_words(connection)
                assert changes(connection) > before
