"""Sites, countries, and what is near."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import changed, events, make_record, said, site
from tracker.model.event import Event
from tracker.model.record import Contact, GeoPoint
from tracker.model.watch import Near
from tracker.render import kinds

MUNICH = Near(place="München", country="Germany", km=50)
HERE = site("Klinikum", "Munich", "Germany", zip="80331")
FAR = site("Charité", "Berlin", "Germany", zip="10117")


def step(old: tuple[Any, ...], new: tuple[Any, ...], **parts: Any) -> dict[str, Event]:
    before = make_record(sites=old, recruitment_status=parts.pop("was", "RECRUITING"))
    return events(before, changed(before, sites=new, recruitment_status=parts.pop("now", before.recruitment_status)), **parts)


def test_sites_that_come_and_go_are_counted() -> None:
    event = step((HERE, FAR), (HERE, site("Uniklinik", "Köln", "Germany")))["sites_changed"]
    assert (event.effects, event.severity) == (("added", "removed"), "minor")
    assert said(event)["counts"] == {"added": 1, "removed": 1, "renamed": 0, "address": 0, "status": 0}


def test_a_renamed_site_is_one_site() -> None:
    event = step((HERE,), (site("Klinikum München", "Munich", "Germany", zip="80331"),))["sites_changed"]
    assert event.effects == ("renamed",)


def test_a_country_that_opens_is_notable() -> None:
    event = step((HERE,), (HERE, site("Hospital", "Rosario", "Argentina")))["sites_changed"]
    assert (event.severity, said(event)["countries_opened"]) == ("notable", ["Argentina"])
    closed = step((HERE, site("Hospital", "Rosario", "Argentina")), (HERE,))["sites_changed"]
    assert "country_closed" in closed.effects


@pytest.mark.parametrize(
    ("old", "new"), [("Turkey", "Turkey (Türkiye)"), ("Côte D'Ivoire", "Côte d’Ivoire"), ("Atlantis", "Lemuria")]
)
def test_a_country_in_another_spelling_opens_and_closes_nothing(old: str, new: str) -> None:
    event = step((site("Clinic", "Town", old, zip="1"),), (site("Clinic", "Town", new, zip="1"),))["sites_changed"]
    assert (event.effects, event.severity) == (("address",), "minor")


def test_the_registrys_list_of_countries_that_left_is_not_told_again() -> None:
    old = make_record(sites=(HERE, site("Hospital", "Rosario", "Argentina")), rest={"miscInfoModule.removedCountries": []})
    new = changed(old, sites=(HERE,), rest={"miscInfoModule.removedCountries": ["Argentina"]})
    assert list(events(old, new)) == ["sites_changed"]
    assert list(events(old, changed(old, rest=new.rest))) == ["other_fields_changed"]


def test_contact_persons_of_sites_are_no_news_of_the_sites() -> None:
    old = site(contacts=(Contact(name="A. Person", phone="1"),))
    found = step((old,), (site(contacts=(Contact(name="A. Person", phone="2"),)),))
    assert list(found) == ["contacts_changed"]
    assert found["contacts_changed"].effects == ("site_contacts",)
    assert "Person" not in str(said(found["contacts_changed"]))


def near(old: tuple[Any, ...], new: tuple[Any, ...], **parts: Any) -> dict[str, Event]:
    return step(old, new, near={"munich": MUNICH}, **parts)


def test_a_site_near_a_watch_opens() -> None:
    found = near((FAR,), (FAR, HERE))
    event = found["nearby_site_opened"]
    assert (event.severity, event.changes) == ("major", ())
    assert [(entry["watch"], entry["city"]) for entry in said(event)["near"]] == [("munich", "Munich")]
    assert "sites_changed" in found


def test_a_site_elsewhere_opens_nothing_near() -> None:
    assert "nearby_site_opened" not in near((HERE,), (HERE, FAR))


def test_without_a_place_nothing_is_near() -> None:
    assert set(step((FAR,), (FAR, HERE))) == {"sites_changed"}


def test_a_renamed_site_does_not_open_again() -> None:
    renamed = site("Klinikum der Universität", "Munich", "Germany", zip="80331")
    assert set(near((HERE,), (renamed,))) == {"sites_changed"}


@pytest.mark.parametrize("country", ["Deutschland", "Germany (Federal Republic)"])
def test_a_country_in_another_spelling_opens_nothing_near(country: str) -> None:
    assert set(near((HERE,), (site("Klinikum", "Munich", country, zip="80331"),))) == {"sites_changed"}


def test_an_anonymous_site_in_a_city_spelt_otherwise_does_not_open_again() -> None:
    found = near((site("Research Site", "München", "Germany"),), (site("Research Site", "Munich", "Germany"),))
    assert list(found) == ["sites_changed"]
    assert found["sites_changed"].effects == ("address",)


def test_an_anonymous_site_that_leaves_elsewhere_hides_none_that_opens_near() -> None:
    """One name and no postcode: nothing says that the site in Berlin is the one in Munich."""
    found = near((site("Research Site", "Berlin", "Germany"),), (site("Research Site", "Munich", "Germany"),))
    assert [entry["city"] for entry in said(found["nearby_site_opened"])["near"]] == ["Munich"]


def test_a_site_that_is_put_right_into_the_radius_opens_near() -> None:
    found = near((site("Lupus Centre", "Berlin", "Germany"),), (site("Lupus Centre", "Munich", "Germany"),))
    assert "nearby_site_opened" in found
    assert found["sites_changed"].effects == ("address",)


def test_a_point_that_the_registry_sets_elsewhere_opens_nothing() -> None:
    far, close = (site("Dorfklinik", "Nirgendwo", "Germany", geo=GeoPoint(lat=lat, lon=11.6)) for lat in (53.0, 48.1))
    assert "nearby_site_opened" not in near((far, FAR), (close, FAR, site("Uniklinik", "Kiel", "Germany")))


def test_a_nearby_site_opens_when_the_trial_does() -> None:
    found = near((HERE,), (HERE,), was="NOT_YET_RECRUITING", now="RECRUITING")
    assert found["nearby_site_opened"].effects == ()


def test_recruiting_elsewhere_but_not_near() -> None:
    waiting = site("Klinikum", "Munich", "Germany", zip="80331", recruitment_status="NOT_YET_RECRUITING")
    open_far = site("Charité", "Berlin", "Germany", zip="10117", recruitment_status="RECRUITING")
    found = near((HERE, FAR), (waiting, open_far), was="NOT_YET_RECRUITING", now="RECRUITING")
    assert found["nearby_site_opened"].effects == ("elsewhere_first",)


def test_a_nearby_site_closes_or_leaves() -> None:
    assert "nearby_site_closed" in near((HERE, FAR), (FAR,))
    done = site("Klinikum", "Munich", "Germany", zip="80331", recruitment_status="COMPLETED")
    assert "nearby_site_closed" in near((HERE,), (done,))
    assert "nearby_site_closed" not in near((HERE, FAR), (HERE,))


def test_a_site_that_cannot_be_placed_may_be_near_and_says_so() -> None:
    nowhere = site("Klinik", "Nirgendwohausen", "Germany")
    event = near((FAR,), (FAR, nowhere))["nearby_site_opened"]
    assert (event.severity, said(event)["near"][0]["km"]) == ("notable", None)
    assert "could not be placed" in event.rule
    assert kinds.headline(event) == "Now open near you: Klinik, Nirgendwohausen (place unsure)"


def test_a_site_that_cannot_be_placed_in_another_country_is_not_near() -> None:
    assert "nearby_site_opened" not in near((FAR,), (FAR, site("Clinique", "Nullepart", "France")))


def test_another_address_is_no_new_name() -> None:
    moved = site("Klinikum", "Munich", "Germany", zip="80333")
    event = step((HERE,), (moved,))["sites_changed"]
    assert (event.effects, said(event)["counts"]["address"]) == (("address",), 1)
    assert kinds.headline(event) == "Sites: 1 with a new address"
    assert kinds.lines(event) == ["Address: Klinikum, Munich, 80331, Germany: 80331 → 80333"]


def test_a_site_that_never_recruited_does_not_close() -> None:
    assert "nearby_site_closed" not in near((HERE,), (), was="COMPLETED", now="COMPLETED")
