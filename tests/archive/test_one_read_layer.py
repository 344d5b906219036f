"""Only the archive, sync and the store itself ask the database what is kept; everybody else asks the archive."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import tracker
from tracker.archive import Archive
from tracker.store import Store

TRACKER = Path(tracker.__file__).parent

QUERIES = {
    "count_events",
    "count_followed",
    "count_unindexed",
    "count_unsent",
    "current_documents",
    "document",
    "documents",
    "event",
    "event_classes",
    "event_places",
    "events",
    "events_by_id",
    "followed",
    "followed_documents",
    "followed_sources",
    "following_times",
    "held_events",
    "held_runs",
    "histories",
    "incidents",
    "mark",
    "last_moves",
    "linked_into",
    "log",
    "log_mark",
    "members",
    "moment_back",
    "moved_values",
    "moment_on",
    "memberships",
    "outbox",
    "past_events",
    "runs",
    "search",
    "silences",
    "size",
    "is_kept",
    "source_states",
    "stories",
    "timeline",
    "tracking_since",
    "shown_trials",
    "shown_of",
    "trial_marks",
    "unsent_alerts",
    "named_numbers",
    "unsent_messages",
    "watch_names",
    "watches_of",
    "with_number",
}
"""Methods of the store that answer a question about what is kept."""

WORK = {
    # writing and keeping
    "accept", "acquire_lease", "add_note", "backup", "begin_try", "close", "close_incident", "cut",
    "discard", "drop", "drop_alerts", "fail_run", "forget_incident", "hold", "housekeep", "mark_failed", "mark_incident_told",
    "mark_retry",
    "mark_sent", "open", "open_incident", "open_run", "reading", "redigest", "release", "release_lease", "remember_host",
    "hurry", "keep_history", "renew_lease", "retry", "set_due", "settle_sent", "silence", "stage", "staged_documents",
    "join_imported", "pause", "sync_linked", "sync_watches", "resume", "unmerge", "unsilence", "writing",
    # what the next step of a run, a delivery or the daemon works on
    "count_sent_immediately", "due", "due_messages", "events_already_sent", "host_profiles", "message",
    "notes", "ready_alerts", "staged_totals", "alerts_of", "looks", "unanswered", "doubted_trials", "kept_fields",
    "staged_calendar", "staged_findings", "unsettled_since", "attachments", "given_up", "moved_memberships", "taken_since",
    "paused", "stale_present", "note_present", "stale_words", "note_words", "forget_replaced", "calendar_trials",
    "timelines", "trials_with_history", "watch_states",
    "registered_at", "note_version_error", "staged_versions", "drop_versions", "number_version", "move_versions",
    "drop_events",
    "stage_whole", "compare_whole", "note_cursor",
    "linked_trials", "own_members",
    "answered", "complete_acceptance", "begin_listing", "stage_listed", "compare_listing", "gone_from_listing", "cut_listing",
    "entering", "search_moves", "count_explained", "due_trials", "count_due", "moving", "staged_events", "unmoved_documents",
    # the state of the database itself
    "check", "integrity", "leases", "require_intact",
}  # fmt: skip
"""Methods that do the work, with the questions that belong to it."""

READERS = ("cli", "daemon", "deliver", "demo", "mcp", "passes.py", "render", "web")
"""Rooms that stand on the archive."""


def files() -> Iterator[Path]:
    for room in READERS:
        path = TRACKER / room
        yield from [path] if path.is_file() else sorted(path.rglob("*.py"))


def asked(file: Path) -> Iterator[str]:
    """Each place where the file takes a query off a store."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in QUERIES and _name(node.value).endswith("store"):
            yield f"{file.relative_to(TRACKER)}:{node.lineno} store.{node.attr}"


def _name(node: ast.expr) -> str:
    """The last name of ``store``, ``self.store`` or ``app.store()``."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower()
        case ast.Call(func=called):
            return _name(called)
    return ""


def test_every_method_of_the_store_is_a_query_or_work() -> None:
    methods = {name for name, _ in inspect.getmembers(Store, callable) if not name.startswith("_")}
    assert methods == QUERIES | WORK
    assert not QUERIES & WORK


@pytest.mark.parametrize("file", list(files()), ids=lambda file: str(file.relative_to(TRACKER)))
def test_nobody_above_the_archive_holds_a_query(file: Path) -> None:
    assert list(asked(file)) == []


def test_a_query_would_be_seen() -> None:
    assert any("store.stories" in place for place in asked(TRACKER / "archive" / "changes.py"))


def test_what_gives_many_takes_a_limit_and_a_cursor() -> None:
    given = {name: inspect.signature(method) for name, method in inspect.getmembers(Archive, inspect.isfunction)}
    streams = {name for name, signature in given.items() if str(signature.return_annotation).startswith("Iterator")}
    by_keys = {
        "events",
        "records",
        "run_events",
        "audits",
        "standing",
        "event_classes",
        "following_times",
    }  # as many as belong to their keys
    assert streams >= {"present", "current", "changes", "story_changes", "deadlines", "timeline", "outbox"}
    for name in streams - by_keys:
        assert {"limit", "after"} <= given[name].parameters.keys(), name
