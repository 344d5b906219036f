"""Every change belongs to exactly one event; events carry their evidence; stories rank them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from tests.builders import (
    DAY,
    changed,
    detected,
    detected_in,
    events,
    known,
    make_record,
    make_step,
    measure,
    said,
    site,
)
from tests.compare.test_compare import RECORDS
from tracker.events import KINDS, listing_event
from tracker.events.kinds import change_kind
from tracker.model.details import EnteredDetails, WatchDetails, read_details
from tracker.model.event import Seen, read_event
from tracker.model.record import IDENTITY_FIELDS, QUIET_FIELDS, TrialRecord

OLD = make_record()


def test_every_field_belongs_to_exactly_one_kind_or_is_quiet() -> None:
    owned = [field for kind in KINDS.values() for field in kind.owns]
    assert len(owned) == len(set(owned))
    assert set(owned) == set(TrialRecord.__struct_fields__) - QUIET_FIELDS - IDENTITY_FIELDS


def test_a_field_cannot_be_given_to_two_kinds() -> None:
    with pytest.raises(ValueError, match="would belong to both"):
        change_kind("second_opinion", owns=("enrollment",), description="")(lambda context: None)
    with pytest.raises(ValueError, match="Two change kinds"):
        change_kind("enrollment_changed", description="")(lambda context: None)


def test_every_kind_says_what_it_is() -> None:
    assert all(kind.description.endswith(".") and kind.name == name for name, kind in KINDS.items())


def test_every_kind_has_a_row_in_the_documentation() -> None:
    text = (Path(__file__).parents[2] / "docs" / "changes.md").read_text(encoding="utf-8")
    missing = [name for name in KINDS if f"| `{name}` |" not in text]
    assert not missing, f"docs/changes.md has no row for {missing}"
    rows = {line.split("|")[1].strip(" `"): line for line in text.splitlines() if line.startswith("| `")}
    silent = [f"{name}.{effect}" for name, kind in KINDS.items() for effect in kind.effects if f"`{effect}`" not in rows[name]]
    assert not silent, f"docs/changes.md does not name the effects {silent}"
    assert set(rows) == set(KINDS), "docs/changes.md describes kinds that do not exist"


@given(RECORDS, RECORDS)
@settings(max_examples=80, deadline=None)
def test_every_difference_is_told_by_exactly_one_event(old: TrialRecord, new: TrialRecord) -> None:
    step = make_step(old, new)
    found = detected_in(step)
    told = [id(change) for event in found.events for change in event.changes]
    assert sorted(told) == sorted(map(id, step.changes))
    assert (found.story is None) == (not found.events)
    for event in found.events:
        assert set(event.effects) <= set(KINDS[event.kind].effects)


def test_nothing_changed_is_no_event_and_no_story() -> None:
    assert detected(OLD, OLD).events == ()
    assert detected(OLD, OLD).story is None


def test_what_the_record_does_not_model_is_told_as_other_fields() -> None:
    found = events(OLD, changed(OLD, rest={"newModule.flag": True}))
    assert list(found) == ["other_fields_changed"]
    assert said(found["other_fields_changed"]) == {"fields": ["newModule.flag"]}


def test_an_event_carries_its_evidence() -> None:
    new = changed(OLD, enrollment=30)
    event = events(OLD, new)["enrollment_changed"]
    step = make_step(OLD, new)
    assert event.seen_between == (step.old.seen.last_seen_at, step.new.seen.first_seen_at)
    assert (event.evidence.old, event.evidence.new) == (step.old.seen.sha256, step.new.seen.sha256)
    assert event.evidence.links == (
        "https://clinicaltrials.gov/study/NCT01234567",
        "https://clinicaltrials.gov/study/NCT01234567?tab=history",
    )
    assert (event.updated_on, event.data_version) == ("2026-03-10", "2026-03-10")
    assert event.effective_at == event.detected_at == DAY


def test_an_events_json_can_be_read_back() -> None:
    (event,) = detected(OLD, changed(OLD, enrollment=30)).events
    assert read_event(msgspec.json.encode(event)) == event


def test_the_same_step_has_the_same_ids_whenever_it_is_looked_at() -> None:
    new = changed(OLD, enrollment=30, why_stopped="Slow")
    first, again = detected(OLD, new), detected(OLD, new, label="another name")
    assert [event.id for event in first.events] == [event.id for event in again.events]
    assert first.story is not None
    assert again.story is not None
    assert first.story.id == again.story.id == first.events[0].story
    assert len({event.id for event in first.events}) == len(first.events)


def test_equal_bytes_read_on_another_day_are_a_calendar_event_with_an_id_of_its_own() -> None:
    """A source whose words follow the calendar changes without an edit, more than once."""
    seen = Seen(sha256="aa", first_seen_at=DAY, last_seen_at=DAY)
    waiting, running, over = (
        changed(OLD, recruitment_status=word) for word in ("NOT_YET_RECRUITING", "RECRUITING", "COMPLETED")
    )
    first = events(waiting, running, seen_old=seen, seen_new=seen)["recruitment_status_changed"]
    second = events(running, over, seen_old=seen, seen_new=seen, at=DAY + timedelta(days=30))["recruitment_status_changed"]
    assert first.cause == second.cause == "calendar"
    assert first.id != second.id
    assert first.evidence.old == "sha256:aa"


def test_events_stand_weightiest_first_and_the_story_has_the_first_ones_severity() -> None:
    found = detected(OLD, changed(OLD, brief_title="Another", enrollment=95, recruitment_status="TERMINATED"))
    assert [event.kind for event in found.events] == ["recruitment_status_changed", "enrollment_changed", "titles_changed"]
    assert [event.severity for event in found.events] == ["major", "notable", "minor"]
    assert found.story is not None
    assert found.story.severity == "major"
    assert found.story.parts == tuple(event.id for event in found.events)


def test_the_configuration_overrides_severity_and_the_rule_says_so() -> None:
    new = changed(OLD, enrollment=95)
    plain = events(OLD, new)["enrollment_changed"]
    by_kind = events(OLD, new, overrides={"enrollment_changed": "major"})["enrollment_changed"]
    by_effect = events(OLD, new, overrides={"enrollment_changed": "major", "enrollment_changed.lowered": "minor"})[
        "enrollment_changed"
    ]
    assert (plain.severity, by_kind.severity, by_effect.severity) == ("notable", "major", "minor")
    assert by_kind.rule.endswith("severity set in the configuration")


def listed(kind: str, record: TrialRecord | None = OLD, **parts: Any) -> Any:
    values: dict[str, Any] = {
        "trial": "ctgov:NCT01234567",
        "record": record,
        "at": DAY,
        "seen_between": (None, DAY),
        "details": read_details(kind, {}),
        "known": known(),
    }
    return listing_event(kind, **{**values, **parts})


def test_a_listing_event_is_the_registrys_doing_and_unique_by_its_key() -> None:
    event = listed(
        "entered_watch", changed(OLD, recruitment_status="COMPLETED"), details=EnteredDetails(watch="lupus"), key="lupus"
    )
    assert (event.cause, event.severity, event.story) == ("registry", "notable", event.id)
    assert event.id == listed("entered_watch", key="lupus").id
    assert event.id != listed("entered_watch", key="nephritis").id


@pytest.mark.parametrize(
    ("kind", "severity"), [("removed", "major"), ("restored", "notable"), ("left_watch", "minor"), ("mirror_lags", "minor")]
)
def test_severities_of_listing_kinds(kind: str, severity: str) -> None:
    assert listed(kind, None).severity == severity
    assert listed(kind, known=known(overrides={kind: "notable"})).severity == "notable"


def test_a_registration_after_the_start_is_marked_late_and_one_in_the_month_of_it_is_not() -> None:
    late = changed(OLD, start_date="2025-01", first_posted="2025-02-01")
    assert listed("new_registration", late).effects[:1] == ("registered_late",)
    assert listed("new_registration", changed(late, first_posted="2025-01-20")).effects == ("recruiting",)
    assert listed("new_registration", changed(late, first_posted=None)).effects == ("recruiting",)


def test_only_listing_kinds_are_made_by_hand() -> None:
    with pytest.raises(KeyError):
        listed("enrollment_changed")


def test_an_event_takes_no_details_of_another_kind() -> None:
    with pytest.raises(TypeError, match="details of another kind"):
        listed("removed", details=WatchDetails(watch="lupus"))


def test_a_field_that_no_kind_judges_twice_when_many_change() -> None:
    """A big update is many events, each kind once."""
    new = changed(OLD, enrollment=30, primary_outcomes=(measure("Something else"),), sites=(site(),), phases=("PHASE3",))
    kinds = [event.kind for event in detected(OLD, new).events]
    assert len(kinds) == len(set(kinds)) == 5
