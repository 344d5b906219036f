"""The whole job told in days: a fake registry moves on, and what was kept and sent is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.lab import Reply, Request
from tests.world import SENDS, World, accepted, study
from tracker.render.kinds import headline

A, B, C = "NCT00000101", "NCT00000102", "NCT00000103"

LISTED = f'[[watch]]\nname = "mine"\ntrials = ["{A}", "{B}"]\n' + SENDS
SEARCHED = '[[watch]]\nname = "search"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis"\n' + SENDS


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path) as made:
        made.studies = {nct: study(nct) for nct in (A, B)}
        yield made


def test_a_baseline_tells_of_no_change_and_welcomes_once(world: World) -> None:
    world.configure(LISTED)
    first = world.day()
    assert first.state == "done"
    assert first.counts.baseline == 2
    assert world.kinds() == []
    assert len(world.subjects()) == 1
    assert "2 trials" in world.subjects()[0]
    world.day()
    assert len([s for s in world.subjects() if "Now following" in s]) == 1


def test_a_day_without_change_asks_once_and_tells_nothing(world: World) -> None:
    world.configure(LISTED)
    world.day()
    report = world.day(change=lambda: world.studies[A]["derivedSection"]["miscInfoModule"].update(versionHolder="2026-03-04"))
    assert report.counts.unchanged == 2
    assert world.kinds() == []
    asked = len(world.registry.requests)
    assert world.sync().counts.checked == 0, "at one data version no trial is read twice"
    assert [request.path.rpartition("/")[2] for request in world.registry.requests[asked:]] == ["version"]


def test_a_status_change_is_told_once_at_once_and_left_out_of_the_digest(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    told = [letter for letter in world.mailbox.to("me@example.org") if "ompleted" in str(letter.message["Subject"])]
    assert len(told) == 1
    for _ in range(3):
        world.day()
    bodies = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert sum("ompleted" in body and "Now following" not in body for body in bodies) == 1


def test_a_dead_mail_server_delays_a_change_and_loses_none(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.mailbox.drop = "at_connect"
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert not any("ompleted" in subject for subject in world.subjects())
    world.mailbox.drop = "never"
    world.day()
    assert sum("ompleted" in subject for subject in world.subjects()) == 1


def test_a_permanent_refusal_gives_up_and_retry_sends(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.mailbox.refuse = lambda recipient: "550 5.1.1 no such user"
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    [failed] = [message for message in world.store.outbox().messages if message.kind == "alert"]
    assert failed.state == "failed"
    assert "no such user" in failed.last_error
    world.mailbox.refuse = None
    world.day()
    assert not any("ompleted" in subject for subject in world.subjects()), "given up is given up until somebody says otherwise"
    world.store.retry(failed.key, world.now)
    world.deliver()
    [letter] = [one for one in world.mailbox.to("me@example.org") if "ompleted" in str(one.message["Subject"])]
    assert letter.message["Message-ID"] == failed.message_id


def test_two_watches_on_one_channel_hear_once_and_both_are_named(world: World) -> None:
    world.configure(LISTED + f'[[watch]]\nname = "theirs"\ntrials = ["{A}"]\n[[watch.send]]\nto = "me"\nwhen = "daily"\n')
    world.day()
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="TERMINATED", statusModule__whyStopped="Test over"))
    world.day()
    told = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    told = [body for body in told if "Test over" in body]
    assert len(told) == 1
    assert "mine" in told[0]
    assert "theirs" in told[0]


def test_gone_needs_two_data_timestamps(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.day(change=lambda: world.studies.pop(A))
    assert world.kinds() == []
    assert world.sync(full=True).counts.removed == 0, "asking twice on one day proves nothing"
    world.day()
    assert world.kinds() == [(f"ctgov:{A}", "removed")]
    world.day()
    assert len(world.kinds()) == 1


def test_a_removed_trial_that_comes_back_is_restored_and_compared_with_its_last_version(world: World) -> None:
    world.configure(LISTED)
    world.day()
    gone = world.studies.pop(A)
    world.day()
    world.day()
    world.day(change=lambda: world.studies.update({A: gone}))
    assert [kind for _, kind in world.kinds()] == ["removed", "restored"]


def test_a_merged_number_moves_its_membership(world: World) -> None:
    world.configure(LISTED)
    world.day()

    def merge() -> None:
        world.studies.pop(A)
        world.amend(B, identificationModule__nctIdAliases=[A])

    world.day(change=merge)
    world.day()
    assert (f"ctgov:{A}", "merged") in world.kinds()
    world.day()
    assert {member.trial for member in world.store.memberships()} >= {f"ctgov:{B}"}


def test_a_search_brings_in_new_registrations_and_tells_late_matches_apart(world: World) -> None:
    world.configure(SEARCHED)
    world.day()
    assert world.kinds() == []
    posted = {"date": f"{world.now:%Y-%m-%d}", "type": "ACTUAL"}
    world.studies[C] = study(C, statusModule__studyFirstPostDateStruct=posted)
    world.studies["NCT00000104"] = study("NCT00000104")
    world.day()
    assert sorted(world.kinds()) == [("ctgov:NCT00000103", "new_registration"), ("ctgov:NCT00000104", "entered_watch")]
    world.day()
    assert len(world.kinds()) == 2


def test_membership_is_sticky_when_a_trial_leaves_its_search(world: World) -> None:
    world.configure(SEARCHED)
    world.day()
    world.day(
        change=lambda: world.amend(A, conditionsModule__conditions=["Otheritis"], descriptionModule__briefSummary="Other.")
    )
    assert (f"ctgov:{A}", "left_watch") in world.kinds()
    world.day()
    assert [kind for _, kind in world.kinds()].count("left_watch") == 1
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert (f"ctgov:{A}", "recruitment_status_changed") in world.kinds()


def test_an_edited_search_joins_silently_with_a_line_in_the_next_digest(world: World) -> None:
    world.configure(SEARCHED)
    world.day()
    world.studies[C] = study(C, conditionsModule__conditions=["Otheritis"])
    world.configure(SEARCHED.replace("Testitis", "Otheritis%20OR%20Testitis"))
    world.day()
    assert world.kinds() == []
    world.day()
    bodies = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert sum("was edited" in body for body in bodies) == 1


def test_a_sick_run_is_held_told_to_the_operator_and_superseded(world: World) -> None:
    world.studies = {f"NCT0000{n:04}": study(f"NCT0000{n:04}") for n in range(200, 210)}
    world.configure(SEARCHED)
    world.day()
    whole = dict(world.studies)

    def blank() -> None:
        for nct in list(world.studies)[:8]:
            world.amend(nct, sponsorCollaboratorsModule__leadSponsor={})

    held = world.day(change=blank)
    assert held.state == "partly"
    assert world.kinds() == []
    assert [run.state for run in world.store.held_runs()] == ["held"]
    assert len(world.subjects("operator@example.org")) == 1
    world.studies = whole
    world.day(change=lambda: world.amend("NCT00000209", statusModule__overallStatus="COMPLETED"))
    assert world.store.held_runs() == []
    assert world.kinds() == [("ctgov:NCT00000209", "recruitment_status_changed")]


def test_a_true_mass_change_is_released_and_then_told(world: World) -> None:
    numbers = [f"NCT0001{n:04}" for n in range(120)]
    world.studies = {nct: study(nct) for nct in numbers}
    world.configure(SEARCHED)
    world.day()
    held = world.day(change=lambda: [world.amend(nct, statusModule__overallStatus="SUSPENDED") for nct in numbers[:70]])
    assert held.sources[0].state == "held"
    assert "70 of 120" in held.sources[0].error
    assert world.kinds() == []
    assert held.sources[0].run is not None
    world.store.release(held.sources[0].run, world.now)
    world.deliver()
    assert len(world.kinds()) == 70
    assert world.day().counts.changed == 0


def test_what_changed_in_a_long_pause_is_told_and_not_held(world: World) -> None:
    numbers = [f"NCT0001{n:04}" for n in range(120)]
    world.studies = {nct: study(nct) for nct in numbers}
    world.configure(SEARCHED)
    world.day()
    many = [nct for nct in numbers if nct[-1] not in "05"]

    def amend() -> None:
        for nct in many:
            world.amend(nct, statusModule__overallStatus="SUSPENDED")

    assert world.day(after=timedelta(days=200), change=amend).sources[0].state == "accepted"
    assert len(world.kinds()) == len(many)


def test_a_mass_change_does_not_become_true_by_being_held_for_long(world: World) -> None:
    """Each day says something else, so that no second day speaks for the first."""
    numbers = [f"NCT0001{n:04}" for n in range(120)]
    world.studies = {nct: study(nct) for nct in numbers}
    world.configure(SEARCHED)
    world.day()
    for number in range(12):
        counts = {"designModule__enrollmentInfo": {"count": 200 + number, "type": "ESTIMATED"}}
        report = world.day(after=timedelta(days=5), change=lambda now=counts: [world.amend(nct, **now) for nct in numbers[:90]])
        assert report.sources[0].state == "held"
    assert world.kinds() == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=200, body=b""),
        Reply(status=200, body=b"{}", headers={"Content-Type": "application/json"}),
        Reply(status=200, body=b'{"studies": [', headers={"Content-Type": "application/json"}),
        Reply(status=200, body=b"<html><body>Maintenance</body></html>", headers={"Content-Type": "text/html"}),
        Reply(status=200, body=b'{"error": "something went wrong"}', headers={"Content-Type": "application/json"}),
        Reply(status=200, body=b"\xff\xfe\x00not unicode", headers={"Content-Type": "application/json"}),
        Reply(status=403, body=b"<html>Forbidden</html>", headers={"Content-Type": "text/html"}),
        Reply(status=500, body=b"oops"),
    ],
    ids=["empty", "empty object", "truncated", "html", "error object", "not utf-8", "forbidden", "server error"],
)
def test_a_bad_answer_changes_nothing_and_the_next_good_one_catches_up(world: World, reply: Reply) -> None:
    world.configure(LISTED)
    world.day()

    def fault(request: Request) -> Reply | None:
        return reply if request.path.endswith("/studies") else None

    world.registry.fault = fault
    bad = world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert bad.state in ("partly", "failed")
    assert world.kinds() == []
    assert world.store.size().snapshots == 2
    world.registry.fault = None
    assert world.day(after=timedelta(hours=1)).counts.changed == 1
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]


def test_one_bad_trial_does_not_stop_the_others(world: World) -> None:
    world.configure(LISTED + f'[[watch]]\nname = "more"\ntrials = ["{C}"]\n')
    world.day()
    report = world.day(change=lambda: world.amend(A, statusModule__overallStatus="PAUSED_FOR_LUNCH"))
    assert report.state == "partly"
    assert {failure.subject for failure in report.sources[0].failures} == {f"ctgov:{C}"}, "a number the registry does not know"
    assert [new.issue.value for new in report.sources[0].issues] == ["PAUSED_FOR_LUNCH"]
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert world.day().sources[0].issues == (), "warned about once"


def test_a_date_in_words_is_kept_and_told_as_it_stands(world: World) -> None:
    world.configure(LISTED)
    world.day()
    report = world.day(
        change=lambda: world.amend(A, statusModule__completionDateStruct={"date": "Spring 2026", "type": "ESTIMATED"})
    )
    assert report.state == "partly"
    [event] = accepted(world.store, report)
    assert event.kind == "completion_date_changed"
    assert "Spring 2026" in headline(event)


def test_a_record_that_flips_back_and_forth_is_told_each_time(world: World) -> None:
    world.configure(LISTED)
    world.day()
    for state in ("SUSPENDED", "RECRUITING", "SUSPENDED", "RECRUITING"):
        world.day(change=lambda state=state: world.amend(A, statusModule__overallStatus=state))
    assert [kind for _, kind in world.kinds()].count("recruitment_status_changed") == 4


def test_silenced_alerts_are_kept_and_not_sent(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.store.silence(world.now + timedelta(days=9), world.now, trial=f"ctgov:{A}", reason="known")
    world.day(change=lambda: world.amend(A, statusModule__overallStatus="COMPLETED"))
    assert world.kinds() == [(f"ctgov:{A}", "recruitment_status_changed")]
    assert not any("ompleted" in subject for subject in world.subjects())


def test_a_digest_never_says_no_changes_when_something_could_not_be_read(world: World) -> None:
    world.configure(LISTED, extra='\n[digest]\nwhen_empty = "always"\n')
    world.day()
    world.day()
    quiet = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert "No changes" in quiet[-1]
    world.registry.fault = lambda request: Reply(status=500, body=b"oops")
    assert world.day().state == "failed"
    blind = world.mailbox.to("me@example.org")[-1].message
    assert "no changes" not in str(blind["Subject"]).lower()
    assert "No changes" not in blind.get_body(("plain",)).get_content()
    assert "ClinicalTrials.gov could not be read" in " ".join(blind.get_body(("plain",)).get_content().split())
    assert len(world.subjects("operator@example.org")) == 1
    world.registry.fault = None
    world.day()
    assert len(world.subjects("operator@example.org")) == 2, "once when it begins, once when it is over"


def test_a_run_in_which_nothing_could_be_read_is_no_accepted_run(world: World) -> None:
    world.configure(LISTED)
    world.day()
    world.registry.fault = lambda request: Reply(status=200, body=b"{}") if request.path.endswith("/studies") else None
    report = world.day()
    assert report.state == "failed"
    assert [run.state for run in world.store.runs(2)] == ["failed", "accepted"]


def test_a_mass_reformatting_is_one_note_to_the_operator_and_hides_nothing_else(world: World) -> None:
    """The same harmless edit in every record: no alert, no held run; a real change among them is told."""
    numbers = [f"NCT0002{n:04}" for n in range(120)]
    world.studies = {nct: study(nct, descriptionModule__briefSummary="A summary, written for a test.") for nct in numbers}
    world.configure(SEARCHED.replace('min_severity = "notable"', 'min_severity = "minor"'))
    world.day()

    def reformat() -> None:
        for nct in numbers:
            world.amend(nct, descriptionModule__briefSummary="A Summary written for a Test")
        world.amend(numbers[7], statusModule__overallStatus="COMPLETED")

    report = world.day(change=reformat)
    assert report.sources[0].state == "accepted"
    assert len(world.subjects("operator@example.org")) == 1
    assert "reformatted" in world.subjects("operator@example.org")[0]
    world.day()
    told = [letter.message.get_body(("plain",)).get_content() for letter in world.mailbox.to("me@example.org")]
    assert sum("ompleted" in body for body in told) == 1
    assert not any("summary" in body.lower() for body in told)
    assert len(world.kinds()) == 121
