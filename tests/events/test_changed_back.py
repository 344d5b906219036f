"""A value that is again what it was shortly before: as loud as what it takes back, to everybody who was told of that."""

from __future__ import annotations

import pytest

from tests.builders import changed, day, detected, make_record, said
from tracker import alerts
from tracker.model.alert import Alert, AlertState
from tracker.model.event import Event
from tracker.model.watch import Send, Watch
from tracker.render import kinds

OPEN = make_record()
STOPPED = changed(OPEN, recruitment_status="TERMINATED", why_stopped="Slow accrual")
BACK = changed(STOPPED, recruitment_status="RECRUITING", why_stopped=None)


def stopped_and_back(after: int, *, told: bool) -> tuple[Event, Event]:
    (stop,) = detected(OPEN, STOPPED, at=day(0)).events
    known = frozenset({stop.id}) if told else frozenset()
    back = detected(STOPPED, BACK, at=day(after), past=(stop,), told=known).events[0]
    assert back.kind == "recruitment_status_changed"
    return stop, back


def test_a_value_that_returns_is_as_loud_as_what_it_takes_back() -> None:
    old, slipped = make_record(completion_date="2027-03-01"), make_record(completion_date="2028-03-01")
    (slip,) = detected(old, slipped, at=day(0)).events
    (back,) = detected(slipped, changed(old), at=day(5), past=(slip,), told=frozenset({slip.id})).events
    assert (slip.severity, back.severity) == ("major", "major")
    assert said(back)["changed_back"] == {"events": [slip.id], "told": True}
    assert kinds.headline(back).endswith("; changed back within 14 days")
    assert back.rule == "changed back within 14 days"


def test_the_way_back_may_have_several_steps() -> None:
    dates = ["2027-03-01", "2027-09-01", "2028-03-01", "2027-03-01"]
    past: list[Event] = []
    for number in range(3):
        before, after = (make_record(completion_date=dates[number + step]) for step in (0, 1))
        past += detected(
            before, changed(after), at=day(3 * number), past=tuple(past), told=frozenset(e.id for e in past)
        ).events
    assert said(past[-1])["changed_back"]["events"] == [past[0].id, past[1].id]


@pytest.mark.parametrize("after", [1, 14])
def test_what_nobody_was_told_of_is_taken_back_quietly(after: int) -> None:
    stop, back = stopped_and_back(after, told=False)
    assert (stop.severity, back.severity) == ("major", "minor")
    assert said(back)["changed_back"]["told"] is False


def test_after_14_days_a_return_is_a_change_like_any_other() -> None:
    _, back = stopped_and_back(15, told=True)
    assert back.details.changed_back is None
    assert back.effects == ("reopened",)


def test_a_value_that_goes_elsewhere_is_not_back() -> None:
    (stop,) = detected(OPEN, STOPPED, at=day(0)).events
    closed = changed(STOPPED, recruitment_status="ACTIVE_NOT_RECRUITING", why_stopped=None)
    for event in detected(STOPPED, closed, at=day(3), past=(stop,)).events:
        assert event.kind != "recruitment_status_changed" or event.details.changed_back is None


@pytest.mark.parametrize(("state", "told"), [("ready", False), ("in_message", True), ("sent", True)])
def test_only_who_was_sent_a_message_was_told(state: AlertState, told: bool) -> None:
    alert = Alert(event="e", watch="w", channel="me", when="daily", state=state)
    assert alerts.told({"e": (alert,)}) == (frozenset({"e"}) if told else frozenset())


def test_who_hears_of_a_change_hears_that_it_was_taken_back_whatever_it_weighs() -> None:
    stop, back = stopped_and_back(2, told=False)
    watch = Watch(name="w", send=(Send(to="me", when="daily", min_severity="major"),))
    waiting = alerts.route(stop, {"w": watch}, {"w": day(-9)})
    own = alerts.route(back, {"w": watch}, {"w": day(-9)})
    assert waiting
    assert not own
    (alert,) = alerts.follow(back, own, {stop.id: tuple(waiting)}, {"w": watch})
    assert (alert.event, alert.watch, alert.channel, alert.when) == (back.id, "w", "me", "daily")
    assert alerts.follow(back, [alert], {stop.id: tuple(waiting)}, {"w": watch}) == []
    assert alerts.follow(back, own, {stop.id: tuple(waiting)}, {}) == [], "a watch that is gone hears nothing"
    assert alerts.follow(stop, [], {stop.id: tuple(waiting)}, {"w": watch}) == []
