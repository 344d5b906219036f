"""What differs and what only looks different."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.builders import actual, changed, date, make_record, measure, site
from tracker.compare import compare
from tracker.model.dates import RegistryDate
from tracker.model.event import Change
from tracker.model.record import (
    Arm,
    Contact,
    Criteria,
    Eligibility,
    GeoPoint,
    Intervention,
    IpdSharing,
    Reference,
    ResultsSubmission,
    StudyDocument,
    TrialRecord,
)
from tracker.model.vocabulary import ENDED_STATUSES


def differing(**fields: Any) -> tuple[Change, ...]:
    """The changes between a record and itself with other values; a pair gives (old, new)."""
    old = make_record(**{name: value[0] for name, value in fields.items()})
    return compare(old, changed(old, **{name: value[1] for name, value in fields.items()}))


def paths(changes: tuple[Change, ...]) -> set[tuple[str, ...]]:
    return {change.path for change in changes}


def test_a_date_is_one_leaf_with_its_kind() -> None:
    (change,) = differing(primary_completion_date=("2026-09", "2027-03"))
    assert change.path == ("primary_completion_date",)
    assert change.old == {"date": "2026-09", "type": "ESTIMATED"}
    assert change.new == {"date": "2027-03", "type": "ESTIMATED"}


def test_a_cleared_value_is_news_and_silence_on_both_sides_is_not() -> None:
    (change,) = differing(start_date=("2026-03", None))
    assert (change.old, change.new) == ({"date": "2026-03", "type": "ESTIMATED"}, None)
    assert differing(why_stopped=(None, "")) == ()


@pytest.mark.parametrize("field", ["sites", "conditions", "references", "documents", "primary_outcomes"])
def test_a_list_not_spoken_of_and_an_empty_list_are_the_same(field: str) -> None:
    assert differing(**{field: (None, ())}) == ()


@pytest.mark.parametrize("field", ["last_update_posted", "verified_on", "page_date"])
def test_quiet_fields_give_no_change(field: str) -> None:
    assert differing(**{field: (date("2026-01"), date("2026-02"))}) == ()


@pytest.mark.parametrize("field", ["first_posted", "results_first_posted"])
def test_the_kind_of_a_posting_date_is_quiet_its_day_is_not(field: str) -> None:
    assert differing(**{field: (date("2026-01-02"), actual("2026-01-02"))}) == ()
    assert paths(differing(**{field: (date("2026-01-02"), actual("2026-01-05"))})) == {(field,)}


def test_white_space_and_unicode_form_are_silent() -> None:
    text = "Clinique Générale – étude d’évaluation"
    noisy = unicodedata.normalize("NFD", text).replace(" ", "\u00a0 ") + "\u200b\n"
    assert differing(brief_title=(text, noisy)) == ()
    assert differing(brief_summary=("one\ntwo", "one two")) == ()


def test_a_superscript_is_not_a_figure() -> None:
    assert differing(brief_summary=("10² cells", "102 cells")) != ()


def test_regeocoding_a_site_is_silent() -> None:
    assert differing(sites=((site(geo=GeoPoint(lat=1, lon=2)),), (site(geo=GeoPoint(lat=1.5, lon=2)),))) == ()


def test_sites_are_a_multiset_not_a_list() -> None:
    """A "Research Site" occurs many times; one more is one added, whatever its place in the list."""
    crowd = (site("Research Site", "Boston", zip="02115"),) * 2 + (site("Research Site", "Dallas"),)
    (change,) = differing(sites=(crowd, (crowd[2], crowd[0], site("Research Site", "Miami"), crowd[1])))
    assert (change.old, change.new["city"]) == (None, "Miami")


def test_one_of_two_equal_sites_that_goes_is_one_removed() -> None:
    twice = (site("Research Site", "Boston"), site("Research Site", "Boston"))
    (change,) = differing(sites=(twice, twice[:1]))
    assert change.new is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (site("Hopital Foch", "Suresnes", "France"), site("Hôpital  FOCH", "Suresnes", "France")),
        (site("Charité", "Berlin", "Germany"), site("Charité", "Berlin-Mitte", "Germany")),
        (site("General Hospital", "Chuo-ku", "Japan"), site("General Hospital", "Chūō", "Japan")),
        (site("Local Institution - 0062", "Iowa City", zip="52242"), site("University Clinic", "Iowa City", zip="52242")),
        (
            site("Research Site", "Bialystok", "Poland", zip="15-276"),
            site("Research Site", "Białystok", "Poland", zip="15-276"),
        ),
        (site("Research Site", "Sharjah", "Emirates"), site("Research Site", "Sharjah city", "Emirates")),
        (site("Research Site", "Kyiv", "Ukraine", zip="01001"), site("Research Site", "Kiev", "Ukraine", zip="01001")),
        (site("City Clinic", "Ankara", "Turkey", zip="06"), site("City Clinic", "Ankara", "Turkey (Türkiye)", zip="06")),
        (site("Springfield Cancer Centre", "Springfield"), site("Springfield Cancer Center LLC", "Springfield")),
        (site("Research Site", "Ciudad de México", "Mexico"), site("Research Site", "Mexico City", "Mexico")),
        (site("Research Site", "Köln", "Germany"), site("Research Site", "Cologne", "Germany")),
    ],
    ids=[
        "accents",
        "district",
        "city respelt",
        "name revealed",
        "crossed l",
        "city in more words",
        "other name of a city",
        "country",
        "likeness",
        "city in another language",
        "city's usual name",
    ],
)
def test_a_site_in_another_spelling_is_the_same_site(old: Any, new: Any) -> None:
    changes = differing(sites=((old, site("Other", "Elsewhere")), (site("Other", "Elsewhere"), new)))
    assert all(len(change.path) == 3 for change in changes), changes


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (site("Research Site", "Boston"), site("Research Site", "Dallas")),
        (site("Local Institution - 0062", "Rome", "Italy"), site("Local Institution - 0063", "Rome", "Italy")),
        (site("Mercy Hospital", "Berlin", "Germany"), site("Zoo Clinic", "Berlin", "Germany")),
        (site("Research Site", "Ciudad de México", "Mexico"), site("Research Site", "Monterrey", "Mexico")),
        (site("Research Site", "Nullepart", "France"), site("Research Site", "Nowhere-sur-Mer", "France")),
        (site("Research Site", "Springfield"), site("Research Site", "Springdale")),
    ],
    ids=["anonymous elsewhere", "another number", "another name", "another city", "cities unknown", "one of several cities"],
)
def test_another_site_is_not_taken_for_a_renamed_one(old: Any, new: Any) -> None:
    changes = differing(sites=((old,), (new,)))
    assert sorted(len(change.path) for change in changes) == [2, 2]


def test_of_anonymous_sites_in_a_city_spelt_two_ways_only_the_number_counts() -> None:
    """Two of three become Mexico City; which two nobody can tell, and the third is one removed."""
    old = tuple(site("Research Site", "Ciudad de México", "Mexico") for _ in range(3))
    new = tuple(site("Research Site", "Mexico City", "Mexico") for _ in range(2))
    there, back = differing(sites=(old, new)), differing(sites=(new, old))
    for changes in (there, back):
        assert sorted(len(change.path) for change in changes) == [2, 3, 3]
    assert [change.new for change in there if len(change.path) == 2] == [None]
    assert [change.old for change in back if len(change.path) == 2] == [None]


def test_a_site_that_comes_does_not_carry_its_contact_persons() -> None:
    (change,) = differing(sites=((), (site(contacts=(Contact(name="A. Person"),)),)))
    assert "contacts" not in change.new


def test_a_site_status_is_told_at_its_site() -> None:
    (change,) = differing(sites=((site(recruitment_status="RECRUITING"),), (site(recruitment_status="COMPLETED"),)))
    assert change.path == ("sites", "City Hospital, Springfield, United States", "recruitment_status")


def test_outcomes_are_told_apart_by_measure_then_time_frame() -> None:
    old = (measure("Survival", "1 year"), measure("Survival", "2 years"), measure("Response"))
    new = (measure("Survival", "2 years"), measure("Response"), measure("Survival", "1 year", "alive"))
    (change,) = differing(primary_outcomes=(old, new))
    assert (change.path[0], change.path[2], change.new) == ("primary_outcomes", "description", "alive")


def test_reordered_interventions_are_no_news() -> None:
    drugs = (Intervention(type="DRUG", name="A", arms=("x", "y")), Intervention(type="DRUG", name="B"))
    assert differing(interventions=(drugs, (drugs[1], Intervention(type="DRUG", name="A", arms=("y", "x"))))) == ()


def test_entries_keep_their_key_when_another_part_changes() -> None:
    changes = differing(
        arms=((Arm(label="A", type="EXPERIMENTAL"),), (Arm(label="A", type="OTHER"),)),
        references=((Reference(pmid="1", type="RESULT"),), (Reference(pmid="1", type="DERIVED"),)),
        documents=(
            (StudyDocument(type="SAP", filename="a.pdf", date="2025-01-01"),),
            (StudyDocument(type="SAP", filename="a.pdf", date="2026-01-01"),),
        ),
    )
    assert paths(changes) == {("arms", "A", "type"), ("references", "1", "type"), ("documents", "SAP | a.pdf", "date")}


def test_a_new_step_of_quality_control_is_added_not_changed() -> None:
    steps = (ResultsSubmission(type="RELEASE", date="2025-01-01"),)
    (change,) = differing(results_submissions=(steps, (ResultsSubmission(type="RELEASE", date="2026-01-01"), *steps)))
    assert (change.old, change.new) == (None, {"type": "RELEASE", "date": "2026-01-01"})


def test_plain_lists_are_sets() -> None:
    (change,) = differing(conditions=(("Lupus", "Nephritis"), ("Nephritis", "Lupus", "SLE")))
    assert change == Change(path=("conditions", "SLE"), old=None, new="SLE")


def test_criteria_lines_may_change_places() -> None:
    def lines(*text: str) -> Eligibility:
        return Eligibility(criteria=Criteria(inclusion=text))

    assert differing(eligibility=(lines("Adults", "Consent"), lines("Consent", "Adults"))) == ()
    (change,) = differing(eligibility=(lines("Adults"), lines("Adults", "Consent")))
    assert change.path == ("eligibility", "criteria", "inclusion", "Consent")


def test_a_group_that_appears_is_told_leaf_by_leaf() -> None:
    assert paths(differing(ipd_sharing=(None, IpdSharing(plan="YES", url="https://example.org")))) == {
        ("ipd_sharing", "plan"),
        ("ipd_sharing", "url"),
    }


def test_dicts_that_share_few_keys_are_still_told_leaf_by_leaf() -> None:
    """DeepDiff's own threshold would report one change for the whole mapping."""
    changes = differing(rest=({"a": 1, "b": 2, "c": 3, "z": 0}, {"d": 4, "e": 5, "f": 6, "z": 1}))
    assert paths(changes) == {("rest", name) for name in "abcdefz"}


@pytest.mark.parametrize("name", ["__private", 'St. John\'s "X" [1]', "root['x']", "a | b", ""])
def test_registry_texts_as_keys_hide_nothing(name: str) -> None:
    assert paths(differing(conditions=(("x",), ("x", name or "y")))) == {("conditions", name or "y")}
    assert paths(differing(rest=({}, {name: "here"}))) == {("rest", name)}


def test_unmodelled_lists_are_compared_without_order() -> None:
    old: dict[str, Any] = {"m": [{"term": "A", "n": 1}, {"term": "B"}], "s": ["x", "y"]}
    assert differing(rest=(old, {"m": list(reversed(old["m"])), "s": ["y", "x"]})) == ()
    assert paths(differing(rest=(old, {"m": [{"term": "A", "n": 2}, {"term": "B"}], "s": ["x", "y"]}))) == {
        ("rest", "m", "A", "n")
    }


TEXT = st.text(st.sampled_from("ab _#|1é"), max_size=6)
MEASURES = st.builds(measure, st.sampled_from(["A", "B", "a b"]), st.sampled_from([None, "1 day", "2 days"]), st.none() | TEXT)
SITES = st.builds(
    site,
    st.sampled_from(["Research Site", "Clinic A", "Clinic B", None]),
    st.sampled_from(["Rome", "Roma"]),
    zip=st.sampled_from([None, "1", "2"]),
    recruitment_status=st.sampled_from([None, "RECRUITING", "COMPLETED"]),
)
RECORDS = st.builds(
    make_record,
    primary_outcomes=st.none() | st.lists(MEASURES, max_size=5).map(tuple),
    secondary_outcomes=st.none() | st.lists(MEASURES, max_size=5).map(tuple),
    sites=st.none() | st.lists(SITES, max_size=6).map(tuple),
    conditions=st.none() | st.lists(TEXT, max_size=4).map(tuple),
    brief_title=st.none() | TEXT,
    enrollment=st.none() | st.integers(0, 99),
    start_date=st.sampled_from([None, "2026", "2026-03", "2026-03-31", "Spring 2026"]),
    recruitment_status=st.sampled_from([None, "RECRUITING", "NOT_YET_RECRUITING", "TERMINATED", "UNKNOWN"]),
    rest=st.dictionaries(TEXT, st.none() | TEXT | st.lists(TEXT, max_size=3), max_size=3),
)
KEYED = ("primary_outcomes", "secondary_outcomes", "sites", "conditions")


@given(RECORDS)
@settings(max_examples=60, deadline=None)
def test_nothing_differs_from_itself(record: TrialRecord) -> None:
    assert compare(record, record) == ()


@given(RECORDS, RECORDS, st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_the_order_of_keyed_lists_changes_nothing(old: TrialRecord, new: TrialRecord, random: Any) -> None:
    shuffled = {}
    for name in KEYED:
        entries = list(getattr(new, name) or ())
        random.shuffle(entries)
        shuffled[name] = tuple(entries)
    other = changed(new, **shuffled)
    assert compare(new, other) == ()
    assert compare(old, other) == compare(old, new)


@given(RECORDS, RECORDS)
@settings(max_examples=80, deadline=None)
def test_backwards_is_the_same_difference_with_sides_swapped(old: TrialRecord, new: TrialRecord) -> None:
    # Of a trial that was over before, the status of a site that is no longer stated says nothing; a new one does.
    assume(old.recruitment_status not in ENDED_STATUSES or old.recruitment_status != new.recruitment_status)
    there, back = compare(old, new), compare(new, old)
    assert len(there) == len(back)
    assert {change.path[0] for change in there} == {change.path[0] for change in back}
    assert all(change.old is not None or change.new is not None for change in there)


@pytest.mark.parametrize(
    ("old", "new", "aggregated", "at_home"),
    [
        ("2024-05", "2024-05-01", 0, 1),
        ("2024-05-01", "2024-05", 0, 1),
        ("2024-05", "2024-05-02", 1, 1),
        ("2024-05", "2024-06-01", 1, 1),
        ("2024-05-01", "2024-05-15", 1, 1),
        ("2024", "2024-01-01", 1, 1),
        ("May, maybe", "2024-05-01", 1, 1),
        ("2024-05", None, 1, 1),
    ],
)
def test_a_date_that_only_gains_or_loses_the_first_of_its_month_is_no_change_in_an_aggregators_record(
    old: str, new: str | None, aggregated: int, at_home: int
) -> None:
    for trial, changes in (("ictrp:NCT01234567", aggregated), ("ctgov:NCT01234567", at_home)):
        before = make_record(trial=trial, start_date=RegistryDate(old))
        after = make_record(trial=trial, start_date=RegistryDate(new) if new else None)
        assert len(compare(before, after)) == changes, trial


def test_a_kind_stated_with_the_first_of_a_month_is_told_as_the_kind_alone() -> None:
    before = make_record(trial="ictrp:NCT01234567", start_date=RegistryDate("2024-05"))
    after = make_record(trial="ictrp:NCT01234567", start_date=RegistryDate("2024-05-01", "ACTUAL"))
    [change] = compare(before, after)
    assert change.old == {"date": "2024-05-01", "type": None}
    assert change.new == {"date": "2024-05-01", "type": "ACTUAL"}
