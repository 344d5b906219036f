"""Alerts and messages: each told once, nothing lost, the reason kept."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event as hooks

from tests.store.builders import DAY_0, TTL, A, B, Pass, alert, baseline, changed, day, message, watch
from tracker.errors import LeaseLostError, StoreError
from tracker.model.alert import Alert
from tracker.store import Store, migrate


def tell(store: Store, number: float = 1, *alerts: Alert) -> None:
    """One accepted run with one event and these alerts."""
    known = store.followed("ctgov", [A])[0].current
    assert known is not None
    run = Pass(store, number)
    batch = changed(A, f"version {number}".encode(), run.now, f"e{number:g}", known.id)
    batch["alerts"] = alerts or (alert(f"e{number:g}"),)
    run.stage(**batch)
    run.accept()


@pytest.fixture
def outbox(store: Store) -> Store:
    """A store in which one alert is ready."""
    baseline(store, A)
    tell(store)
    return store


def states(store: Store) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Every alert's state and reason, as only the database tells."""
    from tracker.store.tables import alerts

    with store.reading() as connection:
        return {
            (row["event"], row["watch"], row["channel"]): (row["state"], row["reason"])
            for row in connection.execute(alerts.select()).mappings()
        }


def test_a_message_takes_its_alerts_along_to_the_end(outbox: Store) -> None:
    assert outbox.cut(message(), [alert()], day(1))
    assert outbox.ready_alerts() == []
    assert states(outbox) == {("e1", "lupus", "me"): ("in_message", "")}
    assert outbox.due_messages(day(1)) == [message()]
    outbox.begin_try("me/run-1", day(2))
    outbox.mark_sent("me/run-1", day(1))
    outbox.settle_sent(day(1))
    assert states(outbox) == {("e1", "lupus", "me"): ("sent", "")}
    sent = outbox.message("me/run-1")
    assert sent is not None
    assert (sent.state, sent.sent_at, sent.attempts, sent.last_error) == ("sent", day(1), 1, "")
    assert outbox.due_messages(day(9)) == []
    assert outbox.outbox().messages == ()


def test_a_message_is_cut_once_and_the_second_cut_changes_nothing(outbox: Store) -> None:
    outbox.cut(message(), [], day(1))
    assert outbox.cut(message(), [alert()], day(2)) is False
    assert len(outbox.ready_alerts()) == 1
    kept = outbox.message("me/run-1")
    assert kept == message()


def test_an_alert_cannot_be_put_into_two_messages(outbox: Store) -> None:
    outbox.cut(message(), [alert()], day(1))
    with pytest.raises(LeaseLostError, match="nothing was written"):
        outbox.cut(message("me/run-2"), [alert()], day(1))
    assert outbox.message("me/run-2") is None


def test_a_cut_under_a_lost_delivery_lease_is_refused(outbox: Store) -> None:
    lease = outbox.acquire_lease("delivery", "host:1", day(1), TTL)
    outbox.acquire_lease("delivery", "host:2", day(2), TTL)
    with pytest.raises(LeaseLostError, match="host:2"):
        outbox.cut(message(), [alert()], day(2), lease=lease)
    assert outbox.message("me/run-1") is None


def test_silenced_and_superseded_alerts_are_settled_with_their_reasons(store: Store) -> None:
    baseline(store, A)
    tell(store, 1, alert(), alert(when="daily", watch="other"), alert(when="daily", channel="mail"))
    settled = store.cut(
        message(),
        [alert()],
        day(1),
        silenced=[(alert(channel="mail"), "silence 3: holiday")],
        superseded=[(alert(watch="other"), "told by me/run-1")],
    )
    assert settled
    assert states(store) == {
        ("e1", "lupus", "me"): ("in_message", ""),
        ("e1", "lupus", "mail"): ("silenced", "silence 3: holiday"),
        ("e1", "other", "me"): ("dropped", "told by me/run-1"),
    }


def test_alerts_can_be_settled_without_a_message(outbox: Store) -> None:
    assert outbox.cut(None, [], day(1), silenced=[(alert(), "silence 1")])
    assert states(outbox) == {("e1", "lupus", "me"): ("silenced", "silence 1")}


def test_a_channel_is_known_to_have_heard_of_an_event(store: Store) -> None:
    """Immediate for one watch, daily for another: the digest leaves it out."""
    baseline(store, A)
    tell(store, 1, alert(), alert(watch="other", when="daily"), alert(watch="other", channel="mail", when="daily"))
    assert store.events_already_sent("me") == set()
    store.cut(message(), [alert()], day(1))
    assert store.events_already_sent("me") == {"e1"}
    assert store.events_already_sent("mail") == set()


def test_ready_alerts_are_asked_for_by_channel_and_speed(store: Store) -> None:
    baseline(store, A)
    tell(store, 1, alert(), alert(watch="other", when="daily"), alert(watch="other", channel="mail", when="weekly"))
    assert len(store.ready_alerts()) == 3
    assert [ready.alert.watch for ready in store.ready_alerts("me", "daily")] == ["other"]
    assert [ready.alert.when for ready in store.ready_alerts("mail")] == ["weekly"]


def test_events_told_at_once_are_counted_between_two_digests(store: Store) -> None:
    """After the last digest was cut, and not after this one."""
    baseline(store, A)
    tell(store, 1, alert("e1"), alert("e1", watch="other"))
    tell(store, 2, alert("e2"), alert("e2", channel="mail"))
    store.cut(message("alert/1", day(3)), [alert("e1"), alert("e1", watch="other")], day(3))
    store.cut(message("alert/2", day(4)), [alert("e2")], day(4))
    assert store.count_sent_immediately("me", day(0), day(9)) == 2, "two watches that want one event hear of one"
    assert store.count_sent_immediately("me", day(3), day(4)) == 1
    assert store.count_sent_immediately("me", day(2), day(3)) == 1
    assert store.count_sent_immediately("me", day(4), day(9)) == 0
    assert store.count_sent_immediately("mail", day(0), day(9)) == 0
    store.mark_sent("alert/1", day(5))
    assert store.count_sent_immediately("me", day(2), day(3)) == 1, "when it was sent does not matter"
    store.mark_failed("alert/2", "550 no such user", day(5))
    assert store.count_sent_immediately("me", day(3), day(4)) == 0, "what was given up told nobody"


def test_what_a_digest_told_was_not_told_at_once(outbox: Store) -> None:
    told = message("digest/1")
    outbox.cut(
        type(told)(**{name: getattr(told, name) for name in told.__struct_fields__} | {"kind": "digest"}), [alert()], day(1)
    )
    outbox.mark_sent("digest/1", day(1))
    assert outbox.count_sent_immediately("me", day(0), day(9)) == 0


def test_a_message_that_could_not_be_sent_waits_for_its_time(outbox: Store) -> None:
    outbox.cut(message(), [alert()], day(1))
    outbox.begin_try("me/run-1", day(2))
    outbox.mark_retry("me/run-1", "451 try later", day(2))
    assert outbox.due_messages(day(1.5)) == []
    (waiting,) = outbox.due_messages(day(2))
    assert (waiting.attempts, waiting.last_error) == (1, "451 try later")
    assert outbox.outbox().messages == (waiting,)


def test_a_message_given_up_keeps_its_reason_and_can_be_tried_again(outbox: Store) -> None:
    outbox.cut(message(), [alert()], day(1))
    outbox.mark_failed("me/run-1", "550 no such user", day(1))
    assert outbox.due_messages(day(9)) == []
    (failed,) = outbox.outbox().messages
    assert (failed.state, failed.last_error) == ("failed", "550 no such user")
    assert states(outbox) == {("e1", "lupus", "me"): ("failed", "550 no such user")}
    assert outbox.retry("me/run-1", day(2)) == 1
    assert [waiting.key for waiting in outbox.due_messages(day(2))] == ["me/run-1"]
    assert states(outbox) == {("e1", "lupus", "me"): ("in_message", "")}
    outbox.mark_sent("me/run-1", day(2))
    outbox.settle_sent(day(2))
    assert states(outbox) == {("e1", "lupus", "me"): ("sent", "")}


def test_what_a_channel_loses_in_a_row_is_counted_and_only_the_first_is_told(outbox: Store) -> None:
    for number in range(1, 6):
        outbox.cut(message(f"me/{number}", day(number)), [], day(number))
    outbox.cut(message("mail/1", day(1), "mail"), [], day(1))

    def give_up(key: str, number: float) -> int:
        return outbox.mark_failed(key, "550 no", day(number), report=message(f"word of {key}", day(number), "operator"))

    assert (give_up("me/1", 1), give_up("me/2", 2), give_up("mail/1", 2)) == (1, 2, 1)
    assert give_up("me/1", 2) == 2, "tried again in vain"
    outbox.mark_sent("me/3", day(3))
    assert (give_up("me/4", 4), give_up("me/5", 5)) == (1, 2)
    words = [due.key for due in outbox.due_messages(day(9))]
    assert words == ["word of me/1", "word of mail/1", "word of me/4"]
    assert give_up("me/4", 9) == 2
    assert outbox.message("word of me/5") is None


def test_each_alert_of_a_message_is_found_by_its_own_index(sqlite_url: str) -> None:
    """By state and channel a digest of ten thousand would look through ten thousand for each."""
    migrate(sqlite_url, now=DAY_0)
    asked: list[tuple[str, Any]] = []
    with Store.open(sqlite_url) as store:
        baseline(store, A)
        tell(store)
        hooks.listen(store.engine, "before_cursor_execute", lambda _c, _k, sql, values, _x, _m: asked.append((sql, values)))
        store.cut(message(), [alert()], day(1))
        [(sql, values)] = [(sql, values) for sql, values in asked if sql.startswith("UPDATE alerts")]
        with store.engine.connect() as connection:
            one = values[0] if isinstance(values, list) else values
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one)]
    assert plan == ["SEARCH alerts USING INDEX uq_alerts_accepted (event=? AND channel=? AND watch=?)"]


def test_a_try_whose_end_was_never_recorded_counts_and_waits_like_one_that_failed(outbox: Store) -> None:
    """The disk was full after the message had been sent: it must not be sent anew by every delivery."""
    outbox.cut(message(), [alert()], day(1))
    outbox.begin_try("me/run-1", day(2))
    assert outbox.due_messages(day(1.5)) == []
    (waiting,) = outbox.due_messages(day(2))
    assert waiting.attempts == 1
    assert "may have arrived" in waiting.last_error


def test_alerts_follow_their_message_also_when_that_was_recorded_long_before(outbox: Store) -> None:
    outbox.cut(message(), [alert()], day(1))
    outbox.settle_sent(day(1))
    assert states(outbox) == {("e1", "lupus", "me"): ("in_message", "")}, "it was not sent yet"
    outbox.mark_sent("me/run-1", day(1))
    assert outbox.ready_alerts() == []
    outbox.settle_sent(day(9))
    assert states(outbox) == {("e1", "lupus", "me"): ("sent", "")}


def test_retry_without_a_key_tries_all_that_wait_or_failed(outbox: Store) -> None:
    for number in range(3):
        outbox.cut(message(f"me/run-{number}"), [], day(1))
    outbox.mark_sent("me/run-0", day(1))
    outbox.mark_failed("me/run-1", "no", day(1))
    outbox.mark_retry("me/run-2", "later", day(9))
    assert outbox.retry(None, day(2)) == 2
    assert [waiting.key for waiting in outbox.due_messages(day(2))] == ["me/run-1", "me/run-2"]


def test_a_dropped_message_is_never_sent_and_a_sent_one_is_not_dropped(outbox: Store) -> None:
    outbox.cut(message(), [alert()], day(1))
    outbox.drop("me/run-1", "asked for", day(1))
    assert outbox.due_messages(day(9)) == []
    assert states(outbox) == {("e1", "lupus", "me"): ("dropped", "asked for")}
    outbox.cut(message("me/run-2"), [], day(1))
    outbox.mark_sent("me/run-2", day(1))
    with pytest.raises(StoreError, match="is sent"):
        outbox.drop("me/run-2", "asked for", day(1))


@pytest.mark.parametrize("act", ["mark_sent", "retry", "drop", "mark_failed"])
def test_an_unknown_message_is_named(store: Store, act: str) -> None:
    more = {"mark_sent": (), "retry": (), "drop": ("why",), "mark_failed": ("why",)}[act]
    with pytest.raises(StoreError, match="there is no message 'nothing'"):
        getattr(store, act)("nothing", *more, DAY_0)


def test_the_outbox_says_what_waits_for_whom(store: Store) -> None:
    baseline(store, A, B)
    tell(store, 1, alert(), alert(watch="other", when="daily"))
    tell(store, 2, alert("e2", watch="other", when="daily"))
    assert [(tally.channel, tally.watch, tally.when, tally.state, tally.count) for tally in store.outbox().alerts] == [
        ("me", "lupus", "immediate", "ready", 1),
        ("me", "other", "daily", "ready", 2),
    ]


def test_texts_of_any_kind_survive_the_outbox(store: Store) -> None:
    """PostgreSQL refuses NUL and lone surrogates; a registry's text must not stop the mail."""
    odd = message("me/odd")
    odd = type(odd)(
        **{name: getattr(odd, name) for name in odd.__struct_fields__} | {"subject": "Größe ∞ 🧬", "text": "a\0b\ud800c"}
    )
    store.cut(odd, [], DAY_0)
    kept = store.message("me/odd")
    assert kept is not None
    assert (kept.subject, kept.text) == ("Größe ∞ 🧬", "a\ufffdb\ufffdc")


def test_a_note_is_told_with_one_message(store: Store) -> None:
    store.sync_watches([watch("lupus")], {"me"}, DAY_0)
    store.add_note("lupus", "2 trials joined", DAY_0)
    store.add_note("other", "1 trial joined", DAY_0)
    (note,) = store.notes(["lupus"])
    assert (note.text, note.created_at) == ("2 trials joined", DAY_0)
    store.cut(message("me/daily/2026-01-05"), [], DAY_0, notes=[note.id])
    assert [left.watch for left in store.notes(["lupus", "other"])] == ["other"]


def test_a_silence_holds_until_its_time_or_its_end(store: Store) -> None:
    first = store.silence(day(2), DAY_0, trial=A, reason="holiday")
    second = store.silence(day(1), DAY_0, watch="lupus", kind="sites_changed")
    assert [silence.id for silence in store.silences(DAY_0)] == [second.id, first.id]
    assert store.silences(day(1)) == [first]
    assert (first.until, first.trial, first.reason) == (day(2), A, "holiday")
    store.unsilence(first.id)
    assert store.silences(day(1)) == []
    with pytest.raises(StoreError, match="there is no silence"):
        store.unsilence(first.id)
    with pytest.raises(StoreError, match="must name"):
        store.silence(day(2), DAY_0)


def test_a_condition_is_told_once_when_it_begins_and_once_when_it_ends(store: Store) -> None:
    assert store.open_incident("source:ctgov", "blocked", DAY_0)
    assert store.open_incident("source:ctgov", "still blocked", day(1))  # not told yet: the process may have died
    store.mark_incident_told("source:ctgov", day(1))
    assert not store.open_incident("source:ctgov", "blocked again", day(2))
    (lasting,) = store.incidents()
    assert (lasting.since, lasting.message, lasting.told_begin_at) == (DAY_0, "blocked again", day(1))
    ended = store.close_incident("source:ctgov", day(3))
    assert ended is not None
    assert (ended.since, ended.ended_at) == (DAY_0, day(3))
    assert store.close_incident("source:ctgov", day(4)) is None
    assert [condition.name for condition in store.incidents()] == ["source:ctgov"]
    store.mark_incident_told("source:ctgov", day(4))
    assert store.incidents() == []
    assert store.open_incident("source:ctgov", "blocked", day(5))
    assert store.incidents()[0].since == day(5)


def test_a_condition_that_flickers_is_not_told_again(store: Store) -> None:
    store.open_incident("smtp", "down", DAY_0)
    store.mark_incident_told("smtp", DAY_0)
    store.close_incident("smtp", day(1))
    assert not store.open_incident("smtp", "down", day(1))
    assert store.incidents()[0].ended_at is None


def test_a_condition_nobody_heard_of_ends_without_a_word(store: Store) -> None:
    store.open_incident("smtp", "down", DAY_0)
    assert store.close_incident("smtp", day(1)) is None
    assert store.incidents() == []


def test_housekeeping_forgets_texts_and_old_checks_and_no_history(outbox: Store) -> None:
    outbox.cut(message(), [alert()], day(1))
    outbox.mark_sent("me/run-1", day(1))
    before = outbox.size()
    outbox.housekeep(day(30))
    kept = outbox.message("me/run-1")
    assert kept is not None
    assert kept.text
    outbox.housekeep(day(200))
    tidied = outbox.message("me/run-1")
    assert tidied is not None
    assert (tidied.text, tidied.html, tidied.state, tidied.events) == ("", "", "sent", kept.events)
    after = outbox.size()
    assert (after.snapshots, after.events, after.trials) == (before.snapshots, before.events, before.trials)
    assert not outbox.cut(message(), [], day(201)), "what was sent is still known"
