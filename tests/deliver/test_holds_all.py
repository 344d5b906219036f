"""A message holds all that it marks as sent: trials in messages are counted against alerts marked sent."""

from __future__ import annotations

import email
import email.policy
import io
import zipfile
from datetime import timedelta

import msgspec
import pytest

from tests.deliver.builders import make_mail
from tests.deliver.conftest import Office
from tests.deliver.many import NCT, Channels, follow, make_wait, trials_by_state
from tests.deliver.servers import Hook, ScriptedSmtp
from tracker.deliver.cut import FULL_FOR
from tracker.model.vocabulary import Severity


@pytest.mark.parametrize("count", [1, 15, 60, 99, 2000])
@pytest.mark.parametrize("severity", ["major", "minor"])
def test_as_many_trials_stand_in_the_mails_as_alerts_are_marked_sent(office: Office, count: int, severity: Severity) -> None:
    trials = make_wait(office.store, count, when="immediate", severity=severity)
    office.settings = follow(office, "immediate", severity)
    channels = Channels()
    channels.deliver(office)
    assert trials_by_state(office.store) == {"sent": set(trials)}
    assert channels.told() == set(trials)


def test_what_is_in_no_message_stays_ready_and_goes_out_later_eight_mails_an_hour(office: Office) -> None:
    trials = make_wait(office.store, 5000, when="immediate", severity="major")
    office.settings = follow(office, "immediate", "major")
    channels, sent = Channels(), 0
    while sent < len(trials):
        before = len(channels.taken)
        channels.deliver(office)
        channels.deliver(office)
        assert 0 < len(channels.taken) - before <= 8
        states = trials_by_state(office.store)
        assert states["sent"] == channels.told(), "no more and no less"
        assert states.get("ready", set()) == set(trials) - states["sent"]
        sent = len(states["sent"])
        office.now += FULL_FOR
    assert len({message.message_id for message in channels.taken}) == len(channels.taken)


@pytest.mark.parametrize("killed_after", [0, 1, 2])
def test_a_kill_between_two_parts_sends_only_the_rest(office: Office, killed_after: int) -> None:
    class KilledError(BaseException):
        """The process is gone."""

    trials = make_wait(office.store, 99, when="immediate", severity="major")
    office.settings = follow(office, "immediate", "major")
    channels = Channels()
    take = channels.send

    def send(*given: object) -> tuple[str, ...]:
        if len(channels.taken) >= killed_after:
            raise KilledError
        return take(*given)  # type: ignore[arg-type]

    channels.send = send  # type: ignore[method-assign, assignment]
    with pytest.raises(KilledError):
        channels.deliver(office)
    assert trials_by_state(office.store).get("sent", set()) <= channels.told()
    channels.send = take  # type: ignore[method-assign]
    office.now += timedelta(days=1)
    channels.deliver(office)
    assert len(channels.taken) == len({message.message_id for message in channels.taken}) == 3
    assert trials_by_state(office.store) == {"sent": set(trials)}
    assert channels.told() == set(trials)


def test_a_part_that_is_given_up_takes_only_its_own_alerts_along(office: Office) -> None:
    trials = make_wait(office.store, 99, when="immediate", severity="major")
    office.settings = follow(office, "immediate", "major", operator="mailto:operator@example.org")
    channels = Channels(takes=2)
    for _ in range(15):
        channels.deliver(office)
        office.now += timedelta(days=1)
    states = trials_by_state(office.store)
    assert states["sent"] | states["failed"] == set(trials)
    assert states["sent"] <= channels.told()
    assert not states["sent"] & states["failed"]


def test_a_digest_holds_all_and_the_next_one_what_is_left(office: Office) -> None:
    make_wait(office.store, 30, when="daily", severity="minor")
    office.settings = follow(office, "daily", "minor")
    channels = Channels()
    for _ in range(3):
        channels.deliver(office)
        office.now += timedelta(days=1)
    assert trials_by_state(office.store)["sent"] == channels.told()


def test_a_webhook_gets_every_event_in_numbered_requests(office: Office) -> None:
    trials = make_wait(office.store, 2000, when="immediate", severity="major")
    with Hook() as hook:
        office.settings = follow(office, "immediate", "major", me=f"hook+http://{hook.host}/")
        office.deliver()
        posted = [body for body in hook.posted if body["kind"] == "alert"]
    events = [event["trial"].partition(":")[2] for body in posted for event in body["events"]]
    assert sorted(events) == sorted(trials)
    assert [body["events_left_out"] for body in posted] == [0] * len(posted)
    assert len({body["key"] for body in posted}) == len(posted) > 1
    assert trials_by_state(office.store) == {"sent": set(trials)}


def test_a_mail_arrives_with_its_lists_and_a_small_server_gets_them_in_a_zip(office: Office) -> None:
    make_wait(office.store, 99, when="immediate", severity="major")
    office.settings = follow(office, "immediate", "major")
    office.deliver()
    first = next(letter.message for letter in office.mailbox.to("me@example.org") if "(1/3)" in str(letter.message["Subject"]))
    assert [part.get_filename() for part in first.iter_attachments()] == ["changes.csv", "changes.html"]


@pytest.mark.parametrize("told", ["advertised", "552 5.3.4 message too big"])
def test_a_server_that_takes_little_gets_the_text_and_the_list_in_a_zip(office: Office, told: str) -> None:
    trials = make_wait(office.store, 99, when="immediate", severity="minor")
    offers = ("SIZE 60000",) if told == "advertised" else ()
    with ScriptedSmtp(offers=offers) as server:
        if not offers:
            server.answers["message"] = told
        settings = follow(office, "immediate", "minor")
        office.settings = msgspec.structs.replace(settings, mail=make_mail(server.port))
        office.deliver()
        if offers:
            letters = [email.message_from_bytes(letter, policy=email.policy.default) for letter in server.letters]
            [zip_file] = [file for letter in letters for file in letter.iter_attachments()]
            with zipfile.ZipFile(io.BytesIO(zip_file.get_content())) as archive:
                assert set(NCT.findall(archive.read("changes.csv").decode())) == set(trials)
            assert all(len(letter) <= 60_000 for letter in server.letters)
        else:
            assert server.verbs.count("DATA") >= 3, "each smaller form was offered"
            assert trials_by_state(office.store).keys() == {"in_message"}
