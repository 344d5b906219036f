"""Which watch hears of which event, on which channel and how soon."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import DAY, day
from tracker.alerts import route, silenced_by
from tracker.model.details import read_details
from tracker.model.event import Event
from tracker.model.vocabulary import SEVERITIES, Severity, When, rank
from tracker.model.watch import Send, Silence, Watch

TRIAL = "ctgov:NCT01234567"
WHENS: tuple[When, ...] = ("immediate", "daily", "weekly")


def event(kind: str = "titles_changed", severity: Severity = "notable", **details: Any) -> Event:
    return Event(
        id="e1",
        kind=kind,
        trial=TRIAL,
        label="Examplumab",
        severity=severity,
        rule="a rule",
        details=read_details(kind, details),
        detected_at=DAY,
        seen_between=(day(-1), DAY),
        effective_at=DAY,
    )


def watch(*sends: Send, name: str = "lupus", kinds: frozenset[str] = frozenset()) -> Watch:
    return Watch(name=name, kinds=kinds, send=sends)


def routed(given: Event, *watches: Watch, since: int = -1) -> list[tuple[str, str, When]]:
    """(watch, channel, when) of each alert; every watch joined the trial on day ``since``."""
    joined = {one.name: day(since) for one in watches}
    return [(alert.watch, alert.channel, alert.when) for alert in route(given, {one.name: one for one in watches}, joined)]


def test_a_watch_without_kinds_hears_of_every_kind() -> None:
    assert routed(event("titles_changed"), watch(Send(to="me"))) == [("lupus", "me", "daily")]


def test_a_watch_with_kinds_hears_of_these_only() -> None:
    choosy = watch(Send(to="me"), kinds=frozenset({"results_posted"}))
    assert routed(event("titles_changed"), choosy) == []
    assert routed(event("results_posted"), choosy) == [("lupus", "me", "daily")]


@pytest.mark.parametrize("least", SEVERITIES)
@pytest.mark.parametrize("severity", SEVERITIES)
def test_each_send_hears_from_its_severity_on(severity: Severity, least: Severity) -> None:
    heard = routed(event(severity=severity), watch(Send(to="me", min_severity=least)))
    assert bool(heard) == (rank(severity) >= rank(least))


def test_several_sends_to_one_channel_make_one_alert_the_soonest_that_applies() -> None:
    both = watch(
        Send(to="me", when="weekly", min_severity="minor"),
        Send(to="me", when="daily", min_severity="notable"),
        Send(to="me", when="immediate", min_severity="major"),
    )
    soonest = {severity: routed(event(severity=severity), both) for severity in SEVERITIES}
    assert soonest == {
        "minor": [("lupus", "me", "weekly")],
        "notable": [("lupus", "me", "daily")],
        "major": [("lupus", "me", "immediate")],
    }


def test_each_channel_and_each_watch_has_an_alert_of_its_own() -> None:
    first = watch(Send(to="me"), Send(to="team", when="weekly"))
    second = watch(Send(to="me", when="immediate"), name="other")
    assert routed(event(), first, second) == [
        ("lupus", "me", "daily"),
        ("lupus", "team", "weekly"),
        ("other", "me", "immediate"),
    ]


def test_a_watch_hears_of_what_is_found_when_or_after_it_joined_not_before() -> None:
    assert routed(event(), watch(Send(to="me")), since=0) == [("lupus", "me", "daily")]
    assert routed(event(), watch(Send(to="me")), since=1) == []


def test_a_watch_that_does_not_follow_the_trial_or_is_gone_hears_nothing() -> None:
    assert route(event(), {"lupus": watch(Send(to="me"))}, {}) == []
    assert route(event(), {}, {"lupus": day(-1)}) == []


def test_what_a_search_brings_is_for_the_watch_of_that_search_only() -> None:
    other = watch(Send(to="me"), name="other")
    assert routed(event("entered_watch", watch="lupus"), watch(Send(to="me")), other) == [("lupus", "me", "daily")]


def test_a_place_nearby_is_for_the_watches_near_it_only() -> None:
    others = [watch(Send(to="me"), name=name) for name in ("munich", "oslo", "rome")]
    near = [{"watch": "munich", "km": 3.0}, {"watch": "rome", "km": 9.0}]
    heard = routed(event("nearby_site_opened", near=near), watch(Send(to="me")), *others)
    assert [name for name, _, _ in heard] == ["munich", "rome"]


def test_what_a_page_repeats_after_its_registry_is_nobodys_news() -> None:
    assert routed(event(severity="major", echo_of=TRIAL), watch(Send(to="me", min_severity="minor"))) == []


SENDS = st.builds(Send, to=st.sampled_from("ab"), when=st.sampled_from(WHENS), min_severity=st.sampled_from(SEVERITIES))


@settings(deadline=None)
@given(st.lists(SENDS, max_size=6), st.sampled_from(SEVERITIES))
def test_a_channel_gets_one_alert_exactly_when_one_of_its_sends_applies(sends: list[Send], severity: Severity) -> None:
    heard = routed(event(severity=severity), watch(*sends))
    applying = [send for send in sends if rank(severity) >= rank(send.min_severity)]
    assert [channel for _, channel, _ in heard] == sorted({send.to for send in applying})
    for _, channel, when in heard:
        assert WHENS.index(when) == min(WHENS.index(send.when) for send in applying if send.to == channel)


# --- silences -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "mutes"),
    [
        ({"trial": TRIAL}, True),
        ({"watch": "lupus"}, True),
        ({"kind": "titles_changed"}, True),
        ({"trial": TRIAL, "watch": "lupus", "kind": "titles_changed"}, True),
        ({"trial": "ctgov:NCT00000001"}, False),
        ({"watch": "other"}, False),
        ({"kind": "results_posted"}, False),
        ({"trial": TRIAL, "kind": "results_posted"}, False),
        ({"trial": TRIAL, "watch": "other"}, False),
    ],
)
def test_every_part_that_a_silence_names_must_match(parts: dict[str, str], mutes: bool) -> None:
    silence = Silence(id=1, until=day(9), **parts)
    assert silenced_by(event(), "lupus", [silence]) == (silence if mutes else None)


def test_the_first_silence_that_matches_is_named() -> None:
    other, first, second = (
        Silence(id=1, until=day(1), watch="other"),
        Silence(id=2, until=day(2), watch="lupus"),
        Silence(id=3, until=day(3), trial=TRIAL),
    )
    assert silenced_by(event(), "lupus", [other, first, second]) == first
    assert silenced_by(event(), "lupus", []) is None
