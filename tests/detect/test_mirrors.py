"""Pages that republish a registry's record: echoes are told to nobody, and a page that lags is told from one that disagrees."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import actual, changed, date, detected, events, make_record, measure, site
from tracker.detect.mirrors import compared, echo_of, lag
from tracker.model.record import Criteria, Eligibility, Enrollment, TrialRecord
from tracker.model.watch import Near
from tracker.render import kinds

HOME = "ctgov:NCT01234567"


def page(**fields: Any) -> TrialRecord:
    """The record as a page gives it: dates without a type."""
    values: dict[str, Any] = {"start_date": date("2025-01-15"), "last_update_posted": None}
    return make_record(trial="meddatax:NCT01234567", url="https://pages.example/NCT01234567", **{**values, **fields})


def echoed(old: TrialRecord, new: TrialRecord, home: TrialRecord | None) -> dict[str, bool]:
    """Kind of each event of the page's step -> whether it is an echo of the registry."""
    echo = partial(echo_of, page=new, home=home) if home else None
    return {kind: event.details.echo_of is not None for kind, event in events(old, new, echo_of=echo).items()}


# --- echoes ---------------------------------------------------------------------------------------------------------


def test_a_page_that_catches_up_with_its_registry_is_an_echo_that_weighs_little() -> None:
    old, new = page(recruitment_status="NOT_YET_RECRUITING"), page(recruitment_status="RECRUITING")
    event = events(old, new)["recruitment_status_changed"]
    assert event.severity == "major"
    home = make_record(recruitment_status="RECRUITING")
    told = events(old, new, echo_of=partial(echo_of, page=new, home=home))["recruitment_status_changed"]
    assert told.details.echo_of == HOME
    assert told.severity == "minor"
    assert told.rule
    assert told.id == event.id, "it is the same event, weighed otherwise"


def test_a_page_that_is_ahead_of_its_registry_or_has_none_is_news() -> None:
    old, new = page(recruitment_status="NOT_YET_RECRUITING"), page(recruitment_status="RECRUITING")
    assert echoed(old, new, make_record(recruitment_status="NOT_YET_RECRUITING")) == {"recruitment_status_changed": False}
    assert echoed(old, new, None) == {"recruitment_status_changed": False}


def test_an_event_without_changes_is_never_an_echo() -> None:
    """What happens near a watch's place has no changes of its own: the same step may be an echo beside it."""
    munich = {"munich": Near(place="München", country="Germany", km=50)}
    old, new = page(sites=()), page(sites=(site("Klinikum", "Munich", "Germany"),))
    found = events(old, new, near=munich, echo_of=lambda changes: HOME)
    assert {kind: event.details.echo_of for kind, event in found.items()} == {
        "sites_changed": HOME,
        "countries_changed": HOME,  # judged by the sites that the registry showed before
        "nearby_site_opened": None,
    }


def test_an_update_that_is_an_echo_says_so_as_its_single_events_do() -> None:
    old = page(recruitment_status="NOT_YET_RECRUITING")
    new = page(recruitment_status="RECRUITING", start_date=date("2025-01-05"))
    found = detected(old, new, echo_of=lambda changes: HOME).events
    assert kinds.story_headline(found) == "The page follows the registry: now recruiting (was not yet); start −10 days"


def test_an_echo_stays_quiet_whatever_the_configuration_says_of_its_kind() -> None:
    old, new = page(recruitment_status="NOT_YET_RECRUITING"), page(recruitment_status="RECRUITING")
    found = events(old, new, overrides={"recruitment_status_changed": "major"}, echo_of=lambda changes: HOME)
    assert found["recruitment_status_changed"].severity == "minor"


@pytest.mark.parametrize(("shown", "registry"), [("2026-10-01", "2026-10"), ("2026-10", "2026-10-17"), ("2026-01-01", "2026")])
def test_a_page_may_round_a_date(shown: str, registry: str) -> None:
    old, new = page(completion_date="2025-05-01"), page(completion_date=shown)
    assert echoed(old, new, make_record(completion_date=registry)) == {"completion_date_changed": True}
    assert echoed(old, new, make_record(completion_date="2027-01")) == {"completion_date_changed": False}


def test_one_value_that_the_registry_does_not_have_makes_the_whole_event_news() -> None:
    old, new = page(), page(primary_outcomes=(measure("Change in disease activity score"), measure("New"), measure("Newer")))
    both = make_record(primary_outcomes=(measure("New"), measure("Newer")))
    assert echoed(old, new, both) == {"primary_outcomes_changed": True}
    assert echoed(old, new, make_record(primary_outcomes=(measure("New"),))) == {"primary_outcomes_changed": False}


def test_a_new_site_is_known_by_its_words_in_one_entry_of_the_registry() -> None:
    """The page leaves out postcodes; but a facility here and a city there are not the site."""
    old, new = page(sites=(site(),)), page(sites=(site(), site("Lake Clinic", "Geneva", "Switzerland")))
    known = site("Lake Clinic", "Geneva", "Switzerland", zip="1201", state="Geneva", recruitment_status="RECRUITING")
    assert echoed(old, new, make_record(sites=(site(), known)))["sites_changed"]
    scattered = (site("Lake Clinic", "Bern", "Switzerland"), site("Other Clinic", "Geneva", "Switzerland"))
    assert not echoed(old, new, make_record(sites=scattered))["sites_changed"]


def test_a_site_that_is_gone_is_an_echo_once_the_registry_has_it_no_more() -> None:
    old, new = page(sites=(site(), site("Lake Clinic", "Geneva", "Switzerland"))), page(sites=(site(),))
    assert echoed(old, new, make_record(sites=(site(),)))["sites_changed"]
    still = make_record(sites=(site(), site("Lake Clinic", "Geneva", "Switzerland", zip="1201")))
    assert not echoed(old, new, still)["sites_changed"]


def test_a_sites_status_is_looked_up_at_that_site_and_at_no_other() -> None:
    munich, berlin = site("Isar Clinic", "Munich", "Germany"), site("Spree Clinic", "Berlin", "Germany")
    old = page(sites=(changed_site(munich, "NOT_YET_RECRUITING"), changed_site(berlin, "RECRUITING")))
    new = page(sites=(changed_site(munich, "RECRUITING"), changed_site(berlin, "RECRUITING")))
    agreeing = make_record(sites=(changed_site(munich, "RECRUITING", zip="80331"), changed_site(berlin, "COMPLETED")))
    assert echoed(old, new, agreeing)["sites_changed"]
    other = make_record(sites=(changed_site(munich, "NOT_YET_RECRUITING"), changed_site(berlin, "RECRUITING")))
    assert not echoed(old, new, other)["sites_changed"]


def test_a_site_renamed_on_both_is_an_echo() -> None:
    old, new = page(sites=(site("North Clinic"),)), page(sites=(site("North Clinics"),))
    assert echoed(old, new, make_record(sites=(site("North Clinics", zip="62701"),)))["sites_changed"]
    assert not echoed(old, new, make_record(sites=(site("North Clinic", zip="62701"),)))["sites_changed"]


def changed_site(given: Any, status: str, **more: Any) -> Any:
    return site(given.facility, given.city, given.country, recruitment_status=status, **more)


def test_a_value_inside_a_part_of_the_record_is_compared_by_itself() -> None:
    """The page words the criteria otherwise; that must not make news of an age that the registry has already."""

    def with_age(age: str, line: str) -> Eligibility:
        return Eligibility(minimum_age=age, criteria=Criteria(inclusion=(line,)))

    old, new = page(eligibility=with_age("18 Years", "Adults")), page(eligibility=with_age("16 Years", "Adults"))
    home = make_record(eligibility=with_age("16 Years", "Must be an adult"))
    assert echoed(old, new, home) == {"eligibility_changed": True}
    assert echoed(old, new, make_record(eligibility=with_age("18 Years", "Adults"))) == {"eligibility_changed": False}
    assert echoed(old, new, make_record()) == {"eligibility_changed": False}


def test_lines_of_a_list_are_looked_for_whole() -> None:
    old, new = page(conditions=("Lupus",)), page(conditions=("Lupus", "Lupus Nephritis"))
    assert echoed(old, new, make_record(conditions=("Lupus nephritis", "Lupus"))) == {"conditions_changed": True}
    assert echoed(old, new, make_record(conditions=("Lupus", "Nephritis"))) == {"conditions_changed": False}


def test_a_list_that_appears_or_vanishes_as_a_whole_is_looked_for_entry_by_entry() -> None:
    two = (site("Isar Clinic", "Munich", "Germany"), site("Spree Clinic", "Berlin", "Germany"))
    none, some = page(sites=()), page(sites=two)
    assert echoed(none, some, make_record(sites=two))["sites_changed"]
    assert not echoed(none, some, make_record(sites=two[:1]))["sites_changed"]
    assert echoed(some, none, make_record(sites=()))["sites_changed"]
    assert not echoed(some, none, make_record(sites=two[:1]))["sites_changed"]


def test_a_page_that_takes_a_value_away_is_an_echo_only_where_the_registry_has_none() -> None:
    old, new = page(why_stopped="No funds"), page()
    assert echoed(old, new, make_record()) == {"why_stopped_changed": True}
    assert echoed(old, new, make_record(why_stopped="No funds")) == {"why_stopped_changed": False}


STATUSES = st.sampled_from(("NOT_YET_RECRUITING", "RECRUITING", "COMPLETED", "TERMINATED"))
DATES = st.sampled_from(("2026", "2026-09", "2026-09-01", "2027-03"))
RECORDS = st.builds(
    lambda status, completion, count, sites: page(
        recruitment_status=status, completion_date=completion, enrollment=count, sites=tuple(map(site, sites))
    ),
    STATUSES,
    DATES,
    st.integers(0, 3),
    st.lists(st.sampled_from(("North Clinic", "South Clinic", "City Hospital")), unique=True),
)


@settings(deadline=None)
@given(RECORDS, RECORDS)
def test_a_page_that_shows_just_what_its_registry_shows_is_always_an_echo(old: TrialRecord, new: TrialRecord) -> None:
    home = changed(new, trial=HOME, url="https://clinicaltrials.gov/study/NCT01234567")
    assert all(echoed(old, new, home).values())


@settings(deadline=None)
@given(RECORDS)
def test_a_page_does_not_lag_behind_a_registry_that_says_the_same(record: TrialRecord) -> None:
    assert lag(record, changed(record, trial=HOME), []) is None


# --- pages that lag -------------------------------------------------------------------------------------------------


def test_a_page_that_agrees_as_far_as_both_speak_does_not_lag() -> None:
    shown = page(enrollment=Enrollment(count=100), results_state=None, completion_date="2027-03-01", phases=None)
    assert lag(shown, make_record(), []) is None
    assert lag(shown, make_record(start_date=actual("2025-01-15"), results_state="POSTED"), []) is None


def test_a_page_that_shows_what_the_registry_showed_before_is_behind() -> None:
    found = lag(page(), make_record(recruitment_status="COMPLETED"), [compared(make_record())])
    assert found is not None
    assert found.behind
    assert found.fields == {"recruitment_status": ("RECRUITING", "COMPLETED")}


def test_a_page_that_shows_what_the_registry_never_showed_disagrees() -> None:
    found = lag(page(recruitment_status="SUSPENDED"), make_record(recruitment_status="COMPLETED"), [compared(make_record())])
    assert found is not None
    assert not found.behind


def test_a_page_dated_before_the_registrys_update_is_behind_whatever_it_shows() -> None:
    home = make_record(recruitment_status="COMPLETED", last_update_posted=actual("2026-03-09"))
    for dated, behind in (("2026-03-08", True), ("2026-02", True), ("2026-03-09", False), ("2026-03", False)):
        found = lag(page(recruitment_status="SUSPENDED", last_update_posted=dated), home, [])
        assert found is not None
        assert found.behind == behind, dated


def test_a_page_is_behind_only_if_every_value_it_differs_in_is_old() -> None:
    home = make_record(recruitment_status="COMPLETED", enrollment=80)
    found = lag(page(enrollment=999), home, [compared(make_record())])
    assert found is not None
    assert set(found.fields) == {"recruitment_status", "enrollment"}
    assert not found.behind


def test_values_may_be_old_from_different_versions() -> None:
    home = make_record(recruitment_status="COMPLETED", enrollment=80)
    earlier = [
        compared(make_record(enrollment=120)),
        compared(make_record(recruitment_status="SUSPENDED", enrollment=100)),
    ]
    found = lag(page(recruitment_status="SUSPENDED", enrollment=120), home, earlier)
    assert found is not None
    assert found.behind


@pytest.mark.parametrize("field", ["brief_title", "sites", "conditions", "lead_sponsor"])
def test_fields_that_pages_word_in_their_own_way_are_not_held_against_them(field: str) -> None:
    words: dict[str, Any] = {"brief_title": "Other", "sites": (site(),), "conditions": ("Other",), "lead_sponsor": None}
    assert lag(page(**{field: words[field]}), make_record(), []) is None
