"""Details are typed by kind, their JSON is public, and what any older version stored is read."""

from __future__ import annotations

import logging
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import changed, events, known, make_record, said
from tracker import sources
from tracker.duties import DUTIES
from tracker.events import KINDS
from tracker.model.details import (
    DETAILS,
    DateDetails,
    DesignDetails,
    EligibilityDetails,
    NearbyDetails,
    RecruitmentStatusDetails,
    details_type,
    read_details,
)
from tracker.model.event import read_event
from tracker.model.record import Eligibility
from tracker.model.vocabulary import KIND_NAMES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = sorted({field.encode_name for type_ in DETAILS.values() for field in msgspec.structs.fields(type_)})


def test_every_kind_has_a_name_and_details_and_nothing_else_has() -> None:
    assert set(KINDS) == set(DETAILS) == set(KIND_NAMES)


@given(st.sampled_from([*sorted(KIND_NAMES), "of_another_version"]), st.dictionaries(st.sampled_from(NAMES), JSON))
def test_stored_details_of_any_shape_are_read(kind: str, stored: dict[str, Any]) -> None:
    details = read_details(kind, stored)
    assert type(details) is details_type(kind)
    assert read_details(kind, msgspec.to_builtins(details)) == details


def test_what_cannot_be_read_is_left_empty_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tracker")
    stored = {"from": "RECRUITING", "to": 7, "sites_open": "many", "of_another_version": True}
    assert read_details("recruitment_status_changed", stored) == RecruitmentStatusDetails(old="RECRUITING", new=None)
    assert "details_read_in_part" in caplog.text


def test_the_readable_parts_of_a_list_are_kept() -> None:
    details = read_details("nearby_site_opened", {"near": [{"watch": "munich", "km": 3.5}, "nothing"]})
    assert isinstance(details, NearbyDetails)
    assert [(site.watch, site.km, site.facility) for site in details.near] == [("munich", 3.5, None)]


def test_a_stored_event_with_a_headline_and_bare_details_is_read() -> None:
    event = events(make_record(), changed(make_record(), start_date="2026-07"))["start_date_changed"]
    stored = msgspec.to_builtins(event) | {"headline": "Start date moved", "details": {"field": "start_date"}}
    read = read_event(msgspec.json.encode(stored))
    assert read.details == DateDetails(field="start_date", old=None, new=None)
    assert (read.id, read.kind, read.changes) == (event.id, event.kind, event.changes)


def test_null_stands_in_the_json_where_it_says_something_and_what_is_not_known_is_left_out() -> None:
    old = make_record(enrollment=None)
    event = events(old, changed(old, enrollment=30))["enrollment_changed"]
    assert said(event) == {"from": None, "to": 30, "from_type": None, "to_type": "ESTIMATED"}


def test_every_field_of_the_eligibility_and_the_design_has_a_place_in_the_details() -> None:
    """These are built by the names of the record's fields: one that is missing here would be lost in silence."""
    assert set(Eligibility.__struct_fields__) - {"std_ages"} <= set(EligibilityDetails.__struct_fields__)
    assert KINDS["design_changed"].owns - {"who_masked"} <= set(DesignDetails.__struct_fields__)
    assert get_type_hints(EligibilityDetails).keys() >= {"criteria", "spelling_only", "echo_of"}


def test_fields_that_the_record_does_not_model_are_named_as_their_source_calls_them() -> None:
    new = changed(make_record(), rest={"statusModule.expandedAccessInfo.hasExpandedAccess": True, "of.no.title": 1})
    event = events(make_record(), new)["other_fields_changed"]
    assert said(event) == {
        "fields": ["of.no.title", "statusModule.expandedAccessInfo.hasExpandedAccess"],
        "titles": {"hasExpandedAccess": "available"},
    }
    elsewhere = known(source=sources.load()["meddatax"].info).source
    assert "titles" not in said(events(make_record(), new, source=elsewhere)["other_fields_changed"])


def test_every_duty_that_a_source_names_is_there() -> None:
    assert {name for source in sources.load().values() for name in source.info.duties} <= set(DUTIES)
