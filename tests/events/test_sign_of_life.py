"""A record whose dates alone moved is told to those who ask for it by name, and to nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import day, detected, make_record
from tracker.alerts import route
from tracker.model.event import Event
from tracker.model.watch import Send, Watch
from tracker.render import kinds

NAMED = frozenset({"record_updated"})
BEFORE: dict[str, Any] = {"last_update_posted": "2026-02-03", "verified_on": "2026-02"}
AFTER: dict[str, Any] = {"last_update_posted": "2026-03-10", "verified_on": "2026-03"}


def told(before: dict[str, Any], after: dict[str, Any], named: frozenset[str] = NAMED) -> list[Event]:
    return list(detected(make_record(**before), make_record(**{**before, **after}), named=named).events)


def test_dates_that_alone_moved_are_a_sign_of_life() -> None:
    [event] = told(BEFORE, AFTER)
    assert (event.kind, event.severity, event.cause) == ("record_updated", "minor", "record")
    assert kinds.headline(event) == (
        "Record updated 10 Mar 2026 (was 3 Feb 2026) and verified Mar 2026 (was Feb 2026), nothing else changed"
    )


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        (BEFORE, AFTER, frozenset[str]()),
        (BEFORE, {}, NAMED),
        (BEFORE, {"verified_on": "2026-02-11"}, NAMED),
        (BEFORE, {"page_date": "2026-03-10"}, NAMED),
        ({}, AFTER, NAMED),
    ],
    ids=["nobody names it", "nothing moved", "a date that is only more exact", "the page's own date", "a date that came"],
)
def test_near_misses_are_silent(before: dict[str, Any], after: dict[str, Any], named: frozenset[str]) -> None:
    assert told({"last_update_posted": None, "verified_on": None} | before, after, named) == []


def test_with_another_change_the_dates_are_no_news() -> None:
    assert [event.kind for event in told(BEFORE, AFTER | {"acronym": "OTHER"})] == ["titles_changed"]


def test_only_a_watch_that_names_it_hears_of_it() -> None:
    [event] = told(BEFORE, AFTER)
    send = (Send(to="me", min_severity="minor"),)
    watches = {"all": Watch(name="all", send=send), "named": Watch(name="named", kinds=NAMED, send=send)}
    assert [alert.watch for alert in route(event, watches, dict.fromkeys(watches, day(-9)))] == ["named"]
