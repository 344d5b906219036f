"""Which words of a site's name tell it from others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.text.site_names import has_telling_words, is_anonymous, same_institution


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "Research Site",
        "Local Institution - 0062",
        "Investigational Site Number 8400012",
        "Examplepharma Investigative Site",
        "Clinical Trial Site 12",
        "Study Site",
        "Site US-0042",
        "Local Institution",
    ],
)
def test_a_name_that_says_nothing_is_anonymous(name: str | None) -> None:
    assert is_anonymous(name)


@pytest.mark.parametrize("name", ["Klinikum", "Riverside Clinical Research", "Siteman Center", "Lakeside Clinic Research Site"])
def test_a_name_that_says_something_is_not(name: str) -> None:
    assert not is_anonymous(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Queen Anne Hospital", "The Queen Anne NHS Foundation Trust"),
        ("St. Odile's Hospital", "Saint Odile’s University Hospital"),
        ("Klinikum Birkenfeld", "Universitätsklinikum Birkenfeld AöR"),
        ("Springfield Cancer Centre", "Springfield Cancer Center LLC"),
        ("Istituto Nazionale Esempio", "Instituto Nacional Esempio"),
    ],
)
def test_words_of_kind_carry_no_weight_whatever_the_postcode(one: str, other: str) -> None:
    assert same_institution(one, other, "London", same_postcode=None)
    assert same_institution(one, other, "London", same_postcode=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Queen Anne Hospital", "Queen Mary Hospital"),
        ("Royal Oak NHS Foundation Trust", "Royal Elm NHS Foundation Trust"),
        ("Centro Médico del Norte", "Centro Médico del Sur"),
        ("Hôpital Saint-Aubin", "Hôpital Saint-Corentin"),
        ("Evangelisches Krankenhaus", "Katholisches Krankenhaus"),
        ("Second People's Hospital", "Third People's Hospital"),
    ],
)
@pytest.mark.parametrize("postcode", [None, True, False])
def test_other_telling_words_are_another_institution(one: str, other: str, postcode: bool | None) -> None:
    assert not same_institution(one, other, "Exampleton", same_postcode=postcode)


def test_a_name_that_says_more_is_another_one_under_another_postcode() -> None:
    names = ("Queen Anne Hospital", "Queen Anne Hospital Riverside")
    assert same_institution(*names, "London", same_postcode=None)
    assert not same_institution(*names, "London", same_postcode=False)


def test_a_name_with_letters_lost_is_the_same_under_its_postcode() -> None:
    names = ('CHU Exempleville - Hă"Pital Guillaume Et Renă Exă<Mple', "CHU Exempleville - Hôpital Guillaume et René Exémple")
    assert same_institution(*names, "Ailleurs", same_postcode=True)
    assert not same_institution(*names, "Ailleurs", same_postcode=False)


def test_the_city_in_a_name_tells_nothing() -> None:
    assert not has_telling_words("Universitätsklinikum Köln", "Köln Germany")
    assert has_telling_words("Lupus Centre", "Berlin")


@given(st.text(max_size=30), st.text(max_size=30), st.sampled_from([None, True, False]))
def test_it_makes_no_difference_which_name_came_first(one: str, other: str, postcode: bool | None) -> None:
    assert same_institution(one, other, "", same_postcode=postcode) == same_institution(other, one, "", same_postcode=postcode)
