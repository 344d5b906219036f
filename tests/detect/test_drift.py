"""What an answer lost against the stored version, and when so much was lost that its layout must have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import pytest

from tests.builders import DAY, changed, make_record, site
from tracker.detect.drift import RECORD, Reading, filled, losses, lost
from tracker.model.record import Arm, Contact, Enrollment, TrialRecord
from tracker.model.run import RunCounts
from tracker.model.source import Document, Issue

FULL = make_record(
    sites=(site(contacts=(Contact(name="Desk"),), recruitment_status="RECRUITING"), site("North Clinic")),
    arms=(Arm(label="A", description="Weekly."),),
    central_contacts=(Contact(name="Desk"),),
    rest={"protocolSection.statusModule.delayedPosting": False},
)
UNKNOWN = Issue(code="unknown_field", path="protocolSection.designModule.enrollmentDetails", value="{}")


def reading(record: TrialRecord, *issues: Issue, body: bytes = b"<html>") -> Reading:
    document = Document(
        source="ctgov", trial=record.trial, url="", body=body, content_type="", fetched_at=DAY, as_of=DAY, data_version=None
    )
    return Reading(document=document, record=record, issues=issues)


def names(after: TrialRecord, *issues: Issue, before: TrialRecord = FULL, old_issues: tuple[Issue, ...] = ()) -> set[str]:
    return set(lost(reading(before, *old_issues), reading(after, *issues)))


def judged(
    found: dict[str, int], kept: Iterable[TrialRecord] = (), anchors: tuple[str, ...] = (), **counts: int
) -> list[tuple[str, str, int, int]]:
    counted = RunCounts(**{"checked": 10, "changed": 5, **counts})
    readings = (reading(record) for record in kept)
    return [(one.how, one.field, one.trials, one.had) for one in losses(found, counted, readings, anchors=anchors, examples={})]


def test_an_ordinary_update_loses_nothing() -> None:
    assert names(changed(FULL, enrollment=80, brief_title="Other", arms=(Arm(label="B", description="Daily."),))) == set()
    assert names(FULL) == set()


def test_zero_and_no_say_something() -> None:
    record = make_record(enrollment=Enrollment(count=0), results_waived=False, arms=(), why_stopped="")
    assert {"enrollment.count", "results_waived"} <= filled(record)
    assert not {"arms", "why_stopped", "enrollment.type"} & filled(record)


def test_a_loss_is_named_once_by_its_outermost_place() -> None:
    assert names(changed(FULL, enrollment=None)) == {"enrollment"}
    assert names(changed(FULL, enrollment=Enrollment(count=100))) == {"enrollment.type"}
    assert names(changed(FULL, arms=())) == {"arms"}


def test_a_place_inside_a_list_is_lost_only_when_no_entry_has_it_any_more() -> None:
    sites = [msgspec.structs.replace(one, city=None) for one in FULL.sites or ()]
    assert names(changed(FULL, sites=(*sites, site("South Clinic")))) == set()
    assert names(changed(FULL, sites=tuple(sites))) == {"sites[].city"}


def test_what_the_record_does_not_model_is_lost_by_its_own_path() -> None:
    assert names(changed(FULL, rest={})) == {"rest.protocolSection.statusModule.delayedPosting"}


def test_a_loss_that_comes_with_something_unknown_may_be_a_renaming() -> None:
    found = names(changed(FULL, enrollment=None), UNKNOWN)
    assert {"enrollment", "enrollment (renamed?)"} <= found
    assert names(changed(FULL, enrollment=None), UNKNOWN, old_issues=(UNKNOWN,)) == {"enrollment"}, "it was there before"


def test_what_was_renamed_is_named_by_the_keys_of_a_json_document_whether_the_record_models_it_or_not() -> None:
    old = reading(FULL, body=b'{"a": {"kept": 1, "ignored": {"by": "name"}}, "list": [{"x": 1}, {"y": 2}]}')
    new = reading(FULL, UNKNOWN, body=b'{"a": {"kept": 2, "now": {"by": "name"}}, "list": [{"y": 1}]}')
    assert {name for name in lost(old, new) if "renamed" in name} == {"a.ignored (renamed?)", "list[].x (renamed?)"}
    assert lost(old, reading(FULL, body=new.document.body)) == (), "keys come and go; only with something unknown they tell"


def test_what_was_never_understood_may_go_as_it_came() -> None:
    with_unknown = changed(FULL, rest={UNKNOWN.path: {}})
    assert names(FULL, before=changed(with_unknown, rest=FULL.rest | with_unknown.rest), old_issues=(UNKNOWN,)) == set()


def test_a_renaming_on_the_day_of_a_change_of_status_is_seen_in_the_record() -> None:
    closed = changed(FULL, recruitment_status="COMPLETED", enrollment=None, central_contacts=())
    assert {name for name in names(closed, UNKNOWN) if "renamed" in name} == {"enrollment (renamed?)"}


def test_contacts_go_with_the_status_and_are_no_loss_then() -> None:
    closed = changed(FULL, central_contacts=(), sites=(site(), site("North Clinic")))
    assert names(closed) == {"central_contacts", "sites[].contacts", "sites[].recruitment_status"}
    assert names(changed(closed, recruitment_status="COMPLETED")) == set()
    assert "central_contacts" in names(changed(closed, recruitment_status="OTHER")), "what is not understood explains nothing"


@pytest.mark.parametrize("code", ["unknown_word", "unreadable_date", "unreadable_value"])
def test_words_not_met_before_are_noted_by_their_place(code: str) -> None:
    strange = Issue(code=code, path="statusModule.overallStatus", value="recruiting")
    assert "statusModule.overallStatus (not understood)" in names(FULL, strange)
    again = msgspec.structs.replace(strange, value="closed")
    assert names(FULL, again, old_issues=(strange,)) == set(), "the place was not understood before either"


def test_an_answer_that_lost_any_number_of_things_fills_no_store() -> None:
    keys = ", ".join(f'"k{number}": 1' for number in range(10_000))
    assert len(lost(reading(FULL, body=f"{{{keys}}}".encode()), reading(FULL, UNKNOWN, body=b'{"x": 1}'))) == 51


def test_a_field_that_others_still_have_was_taken_out_and_not_dropped() -> None:
    still = [FULL] * 12
    assert judged({"enrollment": 5}, still) == []
    assert judged({"enrollment": 5}, still[:11]) == [("emptied", "enrollment", 5, 16)]
    assert judged({"enrollment (renamed?)": 1}, still[:5]) == []
    assert judged({"enrollment (renamed?)": 1}, still[:4]) == [("renamed", "enrollment", 1, 5)]


def test_no_more_records_are_read_than_it_takes_to_clear_a_loss() -> None:
    read = []

    def kept() -> Iterator[TrialRecord]:
        for _ in range(1000):
            read.append(1)
            yield FULL

    assert judged({"enrollment": 5}, kept()) == []
    assert len(read) == 12
    judged({"enrollment": 4}, kept())
    assert len(read) == 12, "none for what is no suspicion"


def test_a_field_that_few_of_the_moved_trials_lost_needs_no_look_at_the_others() -> None:
    """Where thousands change a day, some always lose a rare field."""
    assert judged({"enrollment": 5}, (), changed=2000, checked=600_000) == []


def test_a_run_from_which_records_are_missing_is_measured_against_those_that_are_there() -> None:
    assert judged({RECORD: 3}, unchanged=7, changed=5) == [("gone", RECORD, 3, 15)]
    assert judged({RECORD: 3}, unchanged=8, changed=5) == []


def test_an_anchor_lost_by_the_only_trial_is_judged_at_once() -> None:
    assert judged({"primary_outcomes": 1}, (), ("primary_outcomes",), changed=1) == [("emptied", "primary_outcomes", 1, 1)]
    assert judged({"primary_outcomes": 1}, [FULL], ("primary_outcomes",), changed=1) == []
