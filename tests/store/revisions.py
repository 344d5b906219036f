"""Databases as earlier releases left them: the tables of a revision, with rows in each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from alembic.config import Config
from sqlalchemy import Connection, MetaData, column, insert, inspect, select, update
from sqlalchemy import table as lightweight

from alembic import command
from tests.chaos import part
from tests.store.builders import DAY_0, PAGE, TTL, A, B, C, Pass, alert, baseline, changed, check, day, message, snapshot, watch
from tracker.errors import LeaseHeldError
from tracker.model.alert import Attachment
from tracker.model.history import RecordHistory, RegistryVersion
from tracker.model.links import NamedNumber
from tracker.model.search import SearchEntry, SearchTexts
from tracker.model.source import Issue, Validators
from tracker.model.views import PlainDue, PlainRecord
from tracker.model.watch import CompletedListing, Sending
from tracker.model.watch import SearchEntry as ListedEntry
from tracker.store import Store
from tracker.store import tables as t
from tracker.store.database import WRITING, make_engine, parse_url
from tracker.store.event_rows import event_of, select_events
from tracker.store.packing import to_json, train
from tracker.store.schema import migrations_folder
from tracker.store.tables import metadata

REVISIONS = tuple(sorted(path.name.split("_")[0] for path in (migrations_folder() / "versions").glob("[0-9]*_*.py")))
EARLIER = REVISIONS[:-1]

SOME_EARLIER = (EARLIER[0], *part(EARLIER[1:-1], 3), EARLIER[-1])
"""The first, the last and some between for what takes seconds each; for ``make chaos`` all of them."""

NO_HEADLINES = "0003"
"""The revision from which on events and stories are stored without words."""

COMPACT = "0014"
"""The revision from which on an event's body says only what has no column."""

TOLD = ("events", "stories")

MOVED = {("watches", "listing_digest"), ("watches", "last_complete_listing_at")}
"""Columns whose values an upgrade takes to another table."""

Columns = Mapping[str, Sequence[str]]
"""Table -> the names of its columns."""

Rows = dict[str, list[tuple[object, ...]]]
"""Table -> its rows."""


def furnish(store: Store) -> None:
    """Put rows into every table: trials with a past, runs accepted, held and open, messages sent and waiting."""
    followed = (watch("lupus", A, B, pages=(PAGE,)), watch("else", C))
    baseline(store, A, B, C, watches=followed)
    pages = Pass(store, 0, "meddatax", dated=False)
    tags = Validators(etag='"a"', last_modified="Mon, 05 Jan 2026 06:00:00 GMT")
    pages.stage(
        checks=(check(PAGE.trial, "baseline", validators=tags, nct_number="NCT00000001"),),
        snapshots=(snapshot(PAGE.trial, b"<p>page</p>"),),
    )
    pages.accept()
    for number, state in enumerate(("accepted", "held", "open"), 1):
        run = Pass(store, number)
        current = store.followed("ctgov", [A])[0].current
        assert current is not None
        odd = Issue(code="unknown_word", path="status", value="ODD")
        run.stage(**changed(A, b"version %d" % number, run.now, f"e{number}", current.id), issues=((A, odd),))
        match state:
            case "accepted":
                run.accept(listings=[CompletedListing(watch="lupus", digest="d")])
            case "held":
                run.hold()
            case _:
                store.stage_listed(run.lease, run.id, "else", [ListedEntry(trial=C, kind=None)])
    delivery = store.acquire_lease("delivery", "host:1", day(3), TTL)
    store.cut(message(), (alert("e1"),), day(3), lease=delivery)
    with suppress(LeaseHeldError):
        store.acquire_lease("delivery", "behind:1", day(2), TTL)  # by a clock that is a day behind
    store.mark_sent("me/run-1", day(3))
    store.cut(message("me/waiting", day(3), events=()), (), day(3), lease=delivery)
    listed = Attachment(name="changes.csv", media_type="text/csv", body=b"Day,Trial\n")
    store.cut(msgspec.structs.replace(message("me/lost", day(3), events=()), attachments=(listed,)), (), day(3), lease=delivery)
    store.mark_failed("me/lost", "550 5.1.1 no such user", day(3))
    store.add_note("lupus", "B joined.", day(3))
    store.silence(day(9), day(3), trial=B, reason="a holiday")
    store.pause(Sending(channel="me", when="daily"), day(3))
    store.open_incident("source:ctgov", "ClinicalTrials.gov could not be read.", day(3))
    store.remember_host("registry.example", "requests", day(3))
    store.set_due("daemon:sync", day(3), day(4))
    first = RegistryVersion(number=0, date=day(-90).date(), recruitment_status="RECRUITING", touched=("Study Status",))
    store.keep_history(RecordHistory(trial=A, versions=(first,)), day(3))
    due = PlainDue(kind="milestone_passed", effects=("start",), due=day(1).date(), true_from=None, severity=1, rule="a rule")
    named = NamedNumber(trial=A, other="euctr:2019-001234-12", type="EUDRACT_NUMBER", evidence="2019-001234-12")
    store.note_present([(current.id, PlainRecord(trial=A, reader="1", due_dates=(due,), named=(named,)))])
    store.note_words([SearchEntry(snapshot=current.id, texts=SearchTexts(names=("lupus",)), reader="1")])
    with store.writing() as connection:
        kept = {"snapshot": current.id, "field": "enrollment", "earlier": current.id, "why": "unreadable", "since": DAY_0}
        connection.execute(insert(t.kept_fields).values(kept))
        trained = train([b"{'nctId': %d, 'briefTitle': 'a trial of %d arms'}" % (n, n * n) for n in range(500)])
        connection.execute(insert(t.dictionaries).values(source="ctgov", created_at=DAY_0, body=trained))


def as_of(revision: str, source: str, target: str) -> None:
    """Make the empty database ``target`` what ``source``, of the present revision, would have been at an earlier one."""
    old = make_engine(parse_url(target), foreign_keys=False)
    with old.connect().execution_options(**WRITING) as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(migrations_folder()))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    there = columns(target)
    new = make_engine(parse_url(source))
    with new.connect() as given, old.connect().execution_options(**WRITING) as taken, taken.begin():
        events = {
            (row["run"], row["event_id"]): to_json(event_of(row))
            for row in given.execute(select_events().add_columns(t.events.c.run)).mappings()
        }
        for table in metadata.sorted_tables:
            kept = [one for one in table.columns if one.name in there.get(table.name, ())]
            found = given.execute(select(*kept)).mappings().all() if kept else []
            if found:
                plain = lightweight(table.name, *(column(one.name, one.type) for one in kept))
                taken.execute(insert(plain), [_as_written(revision, table.name, row, events) for row in found])
        if "listings" not in there:
            _list_with_watches(given, taken)
    new.dispose()
    old.dispose()


def _list_with_watches(given: Connection, taken: Connection) -> None:
    """What was listed, as it stood with each watch when there was one registry to list trials."""
    for row in given.execute(select(t.listings).where(t.listings.c.source == "ctgov")).mappings():
        listed = {"listing_digest": row["digest"], "last_complete_listing_at": row["completed_at"]}
        times = column("last_complete_listing_at", t.listings.c.completed_at.type)
        watches = lightweight("watches", column("name"), column("listing_digest"), times)
        taken.execute(update(watches).where(watches.c.name == row["watch"]).values(listed))


def _as_written(revision: str, table: str, row: Mapping[Any, Any], events: Mapping[tuple[int, str], str]) -> dict[str, Any]:
    """The row as a program of that revision wrote it."""
    if revision < COMPACT and table == "events":
        row = {**row, "body": events[row["run"], row["id"]]}
    if revision < NO_HEADLINES and table in TOLD:
        return {
            **row,
            "body": json.dumps(json.loads(row["body"]) | {"headline": f"News of {row['trial']}"}, ensure_ascii=False),
        }
    return dict(row)


def without_headlines(held: Columns, found: Rows) -> Rows:
    """The same rows, their events and stories without headlines."""
    plain = dict(found)
    for table in TOLD:
        at = held[table].index("body")
        plain[table] = sorted(((*row[:at], _plain(row[at]), *row[at + 1 :]) for row in found[table]), key=repr)
    return plain


def _plain(body: object) -> str:
    values = json.loads(str(body))
    if isinstance(values, dict):  # events without names have none
        values.pop("headline", None)
    return json.dumps(values)


def columns(url: str) -> Columns:
    """What a database's tables hold."""
    engine = make_engine(parse_url(url))
    found = inspect(engine)
    names = {table: tuple(column["name"] for column in found.get_columns(table)) for table in found.get_table_names()}
    engine.dispose()
    return {
        table: tuple(name for name in held if (table, name) not in MOVED)
        for table, held in names.items()
        if table != "alembic_version"
    }


def rows(url: str, wanted: Columns) -> Rows:
    """These columns of every row, as the database gives them, in an order of their own."""
    engine = make_engine(parse_url(url))
    present, found = MetaData(), {}
    with engine.connect() as connection:
        present.reflect(connection)
        for table, names in wanted.items():
            statement = select(*(present.tables[table].c[name] for name in names))
            found[table] = sorted((tuple(row) for row in connection.execute(statement)), key=repr)
    engine.dispose()
    return found
