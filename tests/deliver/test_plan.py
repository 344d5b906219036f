"""When a digest is due, and what goes into which message."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import day
from tests.deliver.builders import ready
from tracker.config import Digest
from tracker.config.settings import DAYS, Day
from tracker.deliver import plan
from tracker.model.alert import Alert, ReadyAlert
from tracker.model.vocabulary import When
from tracker.model.watch import Send, Silence, Watch

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")
TIMES = (time(0, 0), time(2, 30), time(7, 30), time(23, 59))
"""Half past two does not exist on one spring night in Berlin and New York, and comes twice on one autumn night."""

YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def looks(step: timedelta) -> Iterator[datetime]:
    now, end = YEAR
    while now < end:
        yield now
        now += step


def dues(settings: Digest, when: When, step: timedelta = timedelta(hours=7)) -> list[plan.Due]:
    """The digests of a year, as deliveries at that pace find them: each one that came due since the last look."""
    found: list[plan.Due] = []
    seen = YEAR[0]
    for now in looks(step):
        due = plan.last_due(settings, when, now)
        if seen < due.at:
            found.append(due)
            seen = due.at
    return found


@pytest.mark.parametrize("at", TIMES, ids=str)
@pytest.mark.parametrize("zone", ZONES)
def test_every_local_day_of_a_year_is_due_once(zone: str, at: time) -> None:
    found = [due.day for due in dues(Digest(at=at, timezone=zone), "daily")]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(found))
    assert found[0] <= date(2026, 1, 2)
    assert found[-1] >= date(2026, 12, 30)


@pytest.mark.parametrize("zone", ZONES)
def test_a_digest_is_due_at_its_local_time_and_after_it_where_the_clock_skips_it(zone: str) -> None:
    odd = []
    for due in dues(Digest(at=time(2, 30), timezone=zone), "daily"):
        local = due.at.astimezone(ZoneInfo(zone))
        assert local.date() == due.day
        if local.time() != time(2, 30):
            odd.append((due.day, local.time()))
    skipped = {"Europe/Berlin": date(2026, 3, 29), "America/New_York": date(2026, 3, 8)}
    assert odd == ([(skipped[zone], time(3, 30))] if zone in skipped else [])


def test_of_a_time_that_comes_twice_the_first_counts() -> None:
    settings = Digest(at=time(2, 30), timezone="Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert plan.last_due(settings, "daily", first) == plan.Due(day=date(2026, 10, 25), at=first)
    assert plan.last_due(settings, "daily", first + timedelta(hours=1)).at == first
    assert plan.last_due(settings, "daily", first - timedelta(seconds=1)).day == date(2026, 10, 24)


def test_only_the_chosen_days_have_a_daily_digest_and_the_first_of_them_the_weekly_one() -> None:
    days: tuple[Day, ...] = ("tue", "thu", "fri")
    settings = Digest(days=days, timezone="Europe/Berlin")
    assert Counter(DAYS[due.day.weekday()] for due in dues(settings, "daily")) == {"tue": 52, "thu": 53, "fri": 52}
    weekly = dues(settings, "weekly")
    assert {DAYS[due.day.weekday()] for due in weekly} == {"tue"}
    assert len(weekly) == 52


def test_after_a_long_downtime_one_digest_is_due_and_not_one_a_day() -> None:
    assert len(dues(Digest(), "daily", step=timedelta(days=45))) == 8


@settings(deadline=None)
@given(
    st.integers(0, 15 * 366 * 24 * 60).map(lambda minutes: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(ZONES),
    st.sets(st.sampled_from(DAYS), min_size=1),
)
def test_the_last_due_date_is_not_ahead_and_not_stale(now: datetime, at: time, zone: str, days: set[Day]) -> None:
    settings = Digest(at=at, timezone=zone, days=tuple(sorted(days, key=DAYS.index)))
    due = plan.last_due(settings, "daily", now)
    assert due.at <= now
    assert DAYS[due.day.weekday()] in days
    assert plan.last_due(settings, "daily", due.at) == due
    later = (due.day + timedelta(days=number) for number in range(1, 8))
    following = next(one for one in later if DAYS[one.weekday()] in days)
    assert datetime.combine(following, at, ZoneInfo(zone)).astimezone(UTC) > now


def test_a_channel_has_the_digests_that_some_watch_sends_it() -> None:
    watches = (
        Watch(name="a", send=(Send(to="me", when="weekly"), Send(to="me", when="immediate"))),
        Watch(name="b", send=(Send(to="me", when="daily"), Send(to="team", when="immediate"))),
    )
    assert plan.cadences(watches) == {"me": ["daily", "weekly"]}


def test_the_waits_between_tries_grow() -> None:
    assert list(plan.BACK_OFF) == sorted(plan.BACK_OFF)
    assert plan.BACK_OFF[0] <= timedelta(minutes=1)
    assert timedelta(days=4) <= sum(plan.BACK_OFF, timedelta()) <= timedelta(days=6), "a dead server over a long weekend"


# --- immediate letters ----------------------------------------------------------------------------------------------


def immediate(
    *items: ReadyAlert, told: dict[str, set[str]] | None = None, silences: tuple[Silence, ...] = ()
) -> list[plan.MessagePlan]:
    return plan.immediate(items, told or {}, silences)


def test_what_is_not_urgent_makes_no_immediate_letter() -> None:
    assert immediate(ready("e1", "daily"), ready("e2", "weekly")) == []


def test_a_channel_gets_one_letter_for_all_that_is_urgent() -> None:
    letters = immediate(ready("e1", "immediate"), ready("e2", "immediate"), ready("e1", "immediate", channel="team"))
    assert {letter.channel: set(letter.wanted) for letter in letters} == {"me": {"e1", "e2"}, "team": {"e1"}}


def test_an_urgent_letter_takes_the_whole_story_along_on_its_channel_only() -> None:
    lesser = ready("e2", "daily", story="s")
    weekly = ready("e3", "weekly", story="s", watch="other")
    elsewhere = ready("e2", "daily", story="s", channel="team")
    apart = ready("e4", "daily")
    [letter] = immediate(ready("e1", "immediate", story="s"), lesser, weekly, elsewhere, apart)
    assert list(letter.wanted) == ["e1", "e2", "e3"]
    assert letter.wanted["e3"][1] == ("other",)
    assert elsewhere.alert not in letter.alerts
    assert apart.alert not in letter.alerts


def test_watches_that_want_the_same_event_are_named_together() -> None:
    [letter] = immediate(ready("e1", "immediate"), ready("e1", "daily", watch="other"))
    assert letter.wanted["e1"][1] == ("lupus", "other")
    assert len(letter.alerts) == 2


def test_beside_a_silenced_urgent_alert_the_rest_of_the_story_waits_for_its_digest() -> None:
    urgent = ready("e1", "immediate", story="s", kind="recruitment_status_changed")
    lesser = ready("e2", "daily", story="s")
    mute = Silence(id=1, until=day(9), kind="recruitment_status_changed", reason="holiday")
    [letter] = immediate(urgent, lesser, silences=(mute,))
    assert letter.wanted == {}
    assert [alert for alert, _ in letter.silenced] == [urgent.alert]
    assert "holiday" in letter.silenced[0][1]
    [told] = immediate(urgent, lesser, told={"me": {"e1"}})
    assert (told.wanted, told.repeated, told.alerts) == ({}, (urgent.alert,), ())


def test_a_silence_mutes_its_watch_and_leaves_the_others() -> None:
    mute = Silence(id=1, until=day(9), watch="lupus")
    [letter] = immediate(ready("e1", "immediate"), ready("e1", "immediate", watch="other"), silences=(mute,))
    assert letter.wanted["e1"][1] == ("other",)
    assert len(letter.silenced) == 1


# --- edits ----------------------------------------------------------------------------------------------------------


def cadence_of(*items: ReadyAlert, cadences: dict[str, list[When]]) -> list[When]:
    return [item.alert.when for item in plan.forwarded(items, cadences)]


def test_what_waits_for_a_digest_that_is_no_more_goes_into_the_next_one_of_its_channel() -> None:
    items = (ready("e1", "daily"), ready("e2", "weekly"), ready("e3", "immediate"), ready("e4", "daily", channel="team"))
    assert cadence_of(*items, cadences={"me": ["weekly"], "team": ["daily"]}) == ["weekly", "weekly", "immediate", "daily"]


def test_what_waits_for_a_digest_on_a_channel_without_any_is_told_at_once() -> None:
    forwarded = plan.forwarded([ready("e1", "daily"), ready("e2", "weekly")], {})
    [letter] = plan.immediate(forwarded, {}, ())
    assert set(letter.wanted) == {"e1", "e2"}


def test_alerts_of_a_watch_that_sends_to_their_channel_no_more_are_unwanted_and_the_reason_names_both() -> None:
    watches = (Watch(name="lupus", send=(Send(to="me", when="weekly"),)), Watch(name="other", send=(Send(to="team"),)))
    kept = ready("e1", "daily")
    gone = ready("e1", "daily", channel="team")
    assert plan.unwanted([kept, gone], watches) == [(gone.alert, 'watch "lupus" no longer sends to "team"')]


# --- digest letters -------------------------------------------------------------------------------------------------


def test_a_digest_holds_the_ready_alerts_of_its_cadence_and_channel() -> None:
    items = [ready("e1", "daily"), ready("e2", "weekly"), ready("e3", "daily", channel="team")]
    letter = plan.digest_plan("me", "daily", items, (), ())
    assert list(letter.wanted) == ["e1"]
    assert letter.channel == "me"


def test_an_event_that_another_watch_wants_weekly_is_told_in_the_daily_digest_for_both() -> None:
    items = [ready("e1", "daily"), ready("e1", "weekly", watch="other")]
    letter = plan.digest_plan("me", "daily", items, (), ())
    assert letter.wanted["e1"][1] == ("lupus", "other")
    assert len(letter.alerts) == 2


def test_a_digest_leaves_out_what_the_channel_has_heard_and_says_so_of_the_alert() -> None:
    letter = plan.digest_plan("me", "daily", [ready("e1"), ready("e2")], {"e1"}, ())
    assert list(letter.wanted) == ["e2"]
    assert [alert.event for alert in letter.repeated] == ["e1"]


def test_a_digest_of_nothing_is_an_empty_letter() -> None:
    letter = plan.digest_plan("me", "daily", [], (), ())
    assert (letter.wanted, letter.alerts, letter.silenced, letter.repeated) == ({}, (), (), ())


# --- the whole ------------------------------------------------------------------------------------------------------

EVENTS = tuple(f"e{number}" for number in range(6))
ALERTS = st.builds(
    lambda event_id, when, watch, channel: ready(
        event_id, when, watch=watch, channel=channel, story=f"s{int(event_id[1]) // 2}"
    ),
    st.sampled_from(EVENTS),
    st.sampled_from(("immediate", "daily", "weekly")),
    st.sampled_from(("lupus", "other")),
    st.sampled_from(("me", "team")),
)
SILENCES = st.lists(st.builds(Silence, id=st.integers(1, 9), until=st.just(day(9)), watch=st.sampled_from(("lupus", "x"))))


class Channels:
    """Two channels and what they have heard, settled as the store does it."""

    def __init__(self) -> None:
        self.ready: dict[tuple[str, str, str], ReadyAlert] = {}
        self.heard: dict[str, list[str]] = defaultdict(list)
        self.settled: list[Alert] = []

    def settle(self, letter: plan.MessagePlan) -> None:
        self.heard[letter.channel] += letter.wanted
        for alert in (*letter.alerts, *(alert for alert, _ in letter.silenced), *letter.repeated):
            self.ready.pop((alert.event, alert.watch, alert.channel))
            self.settled.append(alert)

    def deliver(self, silences: list[Silence], digests: tuple[When, ...]) -> None:
        for letter in plan.immediate(list(self.ready.values()), self.heard, silences):
            self.settle(letter)
        for channel in ("me", "team"):
            for when in digests:
                waiting = [item for item in self.ready.values() if item.alert.channel == channel]
                self.settle(plan.digest_plan(channel, when, waiting, self.heard[channel], silences))


@settings(deadline=None)
@given(st.lists(st.tuples(st.lists(ALERTS, max_size=6), SILENCES, st.sampled_from(((), ("daily",), ("weekly",)))), max_size=6))
def test_whatever_becomes_ready_a_channel_hears_of_an_event_once_and_no_alert_is_left(
    rounds: list[tuple[list[ReadyAlert], list[Silence], tuple[When, ...]]],
) -> None:
    channels = Channels()
    raised: dict[tuple[str, str, str], ReadyAlert] = {}
    for arriving, silences, digests in rounds:
        for item in arriving:
            key = (item.alert.event, item.alert.watch, item.alert.channel)
            if key not in raised:  # the store keeps one alert of an event, watch and channel
                raised[key] = channels.ready[key] = item
        channels.deliver(silences, digests)
        assert all(item.alert.when != "immediate" for item in channels.ready.values()), "immediate does not wait"
    channels.deliver([], ("daily", "weekly"))
    assert channels.ready == {}
    assert Counter((a.event, a.watch, a.channel) for a in channels.settled) == Counter(list(raised))
    assert all(count == 1 for heard in channels.heard.values() for count in Counter(heard).values())
    if not any(silences for _, silences, _ in rounds):
        assert {(channel, event) for channel, heard in channels.heard.items() for event in heard} == {
            (channel, event) for event, _, channel in raised
        }
