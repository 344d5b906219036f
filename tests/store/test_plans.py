"""No question reads a whole table that grows: asked of SQLite's own query plans, on a database as it is after months."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import event as hooks

from tests.store.builders import DAY_0, PAGE, Pass, alert, changed, check, day, message, watch
from tests.store.filled import RUNS, TRIALS, fill, key
from tracker.model.event import EventFilter
from tracker.model.search import SearchQuery, SearchTerm
from tracker.model.watch import Join, SearchEntry, Sending
from tracker.store import Store, migrate

A, B = key(1), key(2)

SMALL = {
    "CONSTANT": "an IN list",
    "(subquery-1)": "an empty IN list",
    "watches": "a row for each watch of the configuration",
    "source_state": "a row for each source",
    "dictionaries": "a row for each source",
    "paused_sendings": "a row for each channel",
    "conditions": "a row for each trouble that there was",
    "silences": "made by hand",
    "kept_fields": "a row for each field that a registry showed unreadably",
    "runs": "rows of some hundred bytes, a few each day; the page of runs is read from its end",
    "search_words": "words are found by their index",
    "found": "what a search has found",
    "pragma_page_count": "no table",
    "pragma_page_size": "no table",
}
"""What may be read whole, and why."""

FEW = (
    "ix_messages_unsent",
    "ix_alerts_waiting",
    "ix_snapshots_plain",
    "ix_trials_merged",
    "ix_trials_failing",
    "ix_trials_unread",
    "ix_runs_accepting",
    "ix_listed_moves",
)
"""Indexes over the few rows of a table that wait for something."""

WHOLE: dict[str, str] = {
    "linked_trials": "once a day: goes through what records name of each other, some numbers a trial",
    "members": "counts every membership",
    "count_followed": "counts what watches follow",
    "followed_sources": "names the sources of what watches follow",
    "trial_marks": "gives every followed trial",
    "log_mark": "counts every membership; asked when `mark` has moved",
    "count_unindexed": "counts what has no words yet",
    "with_number": "asked by hand for a page",
    "size": "doctor counts what is stored",
    "integrity": "doctor looks at everything",
    "housekeep": "once a day: words of versions that no search shows",
}
"""Functions that give or count all there is of something, so that what they read grows with it."""

Ask = Callable[[], object]


def questions(store: Store) -> Iterator[tuple[str, Ask]]:
    """What is asked of the database, by the name of the function, in the order of a day."""
    run = Pass(store, RUNS + 1)
    wanted = EventFilter(since=day(1))
    known = store.followed("ctgov", [A])[0].current
    assert known is not None
    yield "sync_watches", lambda: store.sync_watches([watch("all"), watch("few", A, B, pages=(PAGE,))], {"me"}, day(RUNS))
    yield "own_members", lambda: store.own_members("few")
    yield "linked_into", lambda: store.linked_into([A])
    yield "sync_linked", lambda: store.sync_linked({"few": {key(3)}}, day(RUNS))
    yield "linked_trials", lambda: store.linked_trials("ctgov", [A], unmoved_in=run.id)
    yield "moved_memberships", lambda: store.moved_memberships("ctgov")
    yield "members", store.members
    yield "members_of_watch", lambda: store.members("few")
    yield "followed", lambda: store.followed("ctgov", [A])
    yield "unanswered", store.unanswered
    yield "memberships", lambda: store.memberships("ctgov", [A])
    yield "named_numbers", lambda: store.named_numbers([A, "euctr:2019-000002-12"])
    yield "registered_at", lambda: store.registered_at([A])
    yield "timelines", lambda: store.timelines([A])
    yield "join_imported", lambda: store.join_imported([Join(watch="few", trial=key(40), how="import")], day(RUNS))
    yield "join_imported", lambda: store.join_imported([Join(watch="all", trial=key(41), how="beside")], day(RUNS))
    yield "tracking_since", lambda: store.tracking_since([A])
    yield "redigest", lambda: store.redigest("ctgov", 1, lambda _: "")
    yield "redigest", lambda: store.redigest("ctgov", 1, lambda _: "")
    yield "source_states", store.source_states
    yield "looks", lambda: store.looks("ctgov")
    yield from _listing(store, run)
    yield "stage", lambda: run.stage(**changed(A, b"second", run.now, "new", known.id))
    yield "stage", lambda: run.stage(checks=(check(B, "merged", run.now, merged_into=key(3)),))
    yield "staged_totals", lambda: store.staged_totals(run.id)
    yield "staged_findings", lambda: store.staged_findings(run.id)
    yield "staged_calendar", lambda: store.staged_calendar(run.id, [A])
    yield "staged_documents", lambda: list(store.staged_documents(run.id))
    yield "unsettled_since", lambda: store.unsettled_since(run.id, 1)
    yield "kept_fields", store.kept_fields
    yield "doubted_trials", store.doubted_trials
    yield "unmoved_documents", lambda: list(store.unmoved_documents(run.id))
    yield "answered", lambda: store.answered(run.id, [A])
    yield "accept with joins", run.accept
    yield "complete_acceptance", lambda: store.complete_acceptance(run.lease, "ctgov")
    yield "forget_replaced", lambda: store.forget_replaced(run.id)
    held = Pass(store, RUNS + 1)
    yield "hold", held.hold
    yield "held_events", lambda: store.held_events(held.id, 5)
    yield "discard", lambda: store.discard(held.id, day(RUNS + 1))
    yield from _whole(store)
    yield from _reading(store, wanted)
    yield from _telling(store)
    yield "stale_present", lambda: store.stale_present("ctgov", "1")
    yield "stale_words", lambda: store.stale_words("ctgov", "1", 10)
    yield "calendar_trials", lambda: store.calendar_trials("ctgov", "1", day(5).date(), day(6).date(), run.id)
    yield "size", store.size
    yield "integrity", store.integrity
    yield "housekeep", lambda: store.housekeep(day(RUNS + 2))


def _whole(store: Store) -> Iterator[tuple[str, Ask]]:
    run = Pass(store, RUNS + 2)
    entries = [(SearchEntry(trial=A, kind=None), "mark")]
    yield "begin_listing", lambda: store.begin_listing(run.lease, run.id, "all")
    yield "stage_whole", lambda: store.stage_whole(run.lease, run.id, "all", entries, run.now)
    yield "compare_whole", lambda: store.compare_whole(run.lease, run.id, "all", "ctgov", complete=True)
    yield "due_trials of a whole registry", lambda: list(store.due_trials(run.id, "ctgov", "now", apart=["all"]))
    yield "staged_events", lambda: list(store.staged_events(run.id))
    yield "drop_alerts", lambda: store.drop_alerts(run.lease, run.id, ["new"], "why")
    yield "accept a whole registry", run.accept


def _listing(store: Store, run: Pass) -> Iterator[tuple[str, Ask]]:
    yield "begin_listing", lambda: store.begin_listing(run.lease, run.id, "all")
    yield "stage_listed", lambda: store.stage_listed(run.lease, run.id, "all", [SearchEntry(trial=A, kind=None)])
    yield "compare_listing", lambda: store.compare_listing(run.lease, run.id, "all", "ctgov", run.now, edited=False)
    yield "gone_from_listing", lambda: list(store.gone_from_listing(run.id, "all"))
    yield "cut_listing", lambda: store.cut_listing(run.lease, run.id, "all")
    yield "entering", lambda: store.entering(run.id, [A])
    yield "count_explained", lambda: store.count_explained(run.id, "all")
    yield "search_moves", lambda: list(store.search_moves(run.id))
    yield "due_trials", lambda: list(store.due_trials(run.id, "ctgov", "now"))
    yield "count_due", lambda: store.count_due(run.id, "ctgov", "now")
    yield "moving", lambda: store.moving(run.id, [A])


def _reading(store: Store, wanted: EventFilter) -> Iterator[tuple[str, Ask]]:
    words = EventFilter(words=("straße", "word"), effects=frozenset({"added"}), limit=5)
    yield "current_documents", lambda: list(store.current_documents())
    yield "current_documents", lambda: list(store.current_documents([A]))
    yield "followed_documents", lambda: list(store.followed_documents("few"))
    yield "documents", lambda: list(store.documents([1, 2]))
    yield "watches_of", lambda: store.watches_of([A])
    yield "count_followed", lambda: store.count_followed(["few"])
    yield "followed_sources", lambda: store.followed_sources(["few"])
    yield "timeline", lambda: store.timeline(A)
    yield "is_kept", lambda: store.is_kept(A)
    yield "moved_values", lambda: store.moved_values([A])
    yield "histories", lambda: store.histories([A])
    yield "events", lambda: store.events(EventFilter(since=day(1), limit=5))
    yield "events", lambda: store.events(EventFilter(trials=frozenset({A})))
    yield "events", lambda: store.events(EventFilter(watch="few", since=day(1)))
    yield "events", lambda: store.events(EventFilter(run=2))
    yield "log", lambda: list(store.log(EventFilter(watch="few")))
    yield "log", lambda: list(store.log(wanted))
    yield "event_places", lambda: list(store.event_places(EventFilter(), newest_first=True))
    yield "event_places", lambda: list(store.event_places(words))
    yield "event_places", lambda: list(store.event_places(EventFilter(moments=frozenset({(day(1), A), (day(2), B)}))))
    yield "events_by_id", lambda: list(store.events_by_id(["e1"]))
    yield "event", lambda: store.event("e1")
    yield "past_events", lambda: store.past_events([A], ["sites_changed"])
    yield "stories", lambda: store.stories(["s1"])
    yield "event_classes", lambda: list(store.event_classes(2))
    yield "last_moves", lambda: store.last_moves(wanted)
    yield "mark", store.mark
    yield "log_mark", store.log_mark
    yield "moment_back", lambda: store.moment_back(20, until=None)
    yield "moment_on", lambda: store.moment_on(20, since=day(1))
    yield "shown_of", lambda: list(store.shown_of("1", [A]))
    yield "trial_marks", store.trial_marks
    yield "with_number", lambda: store.with_number("NCT00000001")
    yield "shown_trials", lambda: list(store.shown_trials("1"))
    yield "shown_trials", lambda: list(store.shown_trials("1", "few"))
    yield "search", lambda: store.search(SearchQuery(terms=(SearchTerm(words=("word",)),)), limit=5)
    yield "count_unindexed", store.count_unindexed


def _telling(store: Store) -> Iterator[tuple[str, Ask]]:
    yield "ready_alerts", lambda: store.ready_alerts("me", "daily")
    yield "alerts_of", lambda: store.alerts_of(["e1"])
    yield "events_already_sent", lambda: store.events_already_sent("me")
    yield "count_sent_immediately", lambda: store.count_sent_immediately("me", DAY_0, day(9))
    yield "cut", lambda: store.cut(message("me/new", day(RUNS), events=("new",)), [alert("new")], day(RUNS + 1))
    yield "message", lambda: store.message("me/new")
    yield "due_messages", lambda: store.due_messages(day(RUNS + 1))
    yield "mark_sent", lambda: store.mark_sent("me/new", day(RUNS + 1))
    yield "settle_sent", lambda: store.settle_sent(day(RUNS + 1))
    yield "hurry", lambda: store.hurry(day(9), channel="me")
    yield "taken_since", lambda: store.taken_since("me", day(RUNS))
    yield "outbox", store.outbox
    yield "unsent_messages", store.unsent_messages
    yield "unsent_alerts", store.unsent_alerts
    yield "notes", lambda: store.notes(["few"])
    yield "silences", lambda: store.silences(day(1))
    yield "pause", lambda: store.pause(Sending(channel="me", when="daily"), day(1))
    yield "incidents", store.incidents


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str]]:
    """What each function asks: its name, the steps of the plan that read a whole table, and the statement."""
    url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/tracker.db"
    migrate(url, now=DAY_0)
    asked: dict[tuple[str, str], object] = {}
    asking = [""]
    with Store.open(url) as store:
        fill(store)

        def note(_c: object, _k: object, sql: str, values: object, _x: object, _many: object) -> None:
            asked.setdefault((asking[0], sql), values)

        for name, ask in questions(store):
            if not asking[0]:
                hooks.listen(store.engine, "before_cursor_execute", note)
            asking[0] = name
            ask()
        hooks.remove(store.engine, "before_cursor_execute", note)
        return list(_scans(store, asked))


def _scans(store: Store, asked: dict[tuple[str, str], object]) -> Iterator[tuple[str, str, str]]:
    with store.engine.connect() as connection:
        for (name, sql), values in asked.items():
            if not sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
                continue
            one = values[0] if isinstance(values, list) else values
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one):  # type: ignore[arg-type]
                words = row[3].split()
                if words[0] == "SCAN" and words[1] not in SMALL and words[-1] not in FEW:
                    yield name, row[3], " ".join(sql.split())


def test_no_question_reads_a_growing_table_whole(plans: list[tuple[str, str, str]]) -> None:
    found = [f"{name}: {step}: {sql[-300:]}" for name, step, sql in plans if name not in WHOLE]
    assert not found, "\n".join(found)


def test_what_may_read_whole_tables_does(plans: list[tuple[str, str, str]]) -> None:
    """A function that no longer does so leaves the list, so that it stays watched."""
    assert set(WHOLE) - {name for name, _, _ in plans} == set()


def test_the_filled_database_is_one_that_the_store_can_read(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tracker.db"
    migrate(url, now=DAY_0)
    with Store.open(url) as store:
        fill(store)
        assert store.integrity() == []
        assert len(list(store.current_documents())) == TRIALS
