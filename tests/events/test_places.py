"""Sites, countries, and what is near."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import actual, changed, events, make_record, said, site
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


def updated(old: tuple[Any, ...], new: tuple[Any, ...], **parts: Any) -> dict[str, Event]:
    """The events of a step that came with a new version of the record."""
    before = make_record(sites=old)
    return events(before, changed(before, sites=new, last_update_posted=actual("2026-03-10")), **parts)


def test_sites_that_come_and_go_are_counted() -> None:
    event = step((HERE, FAR), (HERE, site("Uniklinik", "Köln", "Germany")))["sites_changed"]
    assert (event.effects, event.severity) == (("added", "removed"), "minor")
    assert said(event)["counts"] == {
        "added": 1,
        "removed": 1,
        "renamed": 0,
        "anonymised": 0,
        "named": 0,
        "address": 0,
        "status": 0,
        "respelt": 0,
    }


def test_a_renamed_site_is_one_site() -> None:
    event = step((HERE,), (site("Klinikum München", "Munich", "Germany", zip="80331"),))["sites_changed"]
    assert event.effects == ("renamed",)


@pytest.mark.parametrize(("old", "new"), [("Turkey", "Turkey (Türkiye)"), ("Côte D'Ivoire", "Côte d’Ivoire")])
def test_a_country_in_another_spelling_opens_and_closes_nothing(old: str, new: str) -> None:
    found = updated((site("Clinic", "Town", old, zip="1"),), (site("Clinic", "Town", new, zip="1"),))
    assert list(found) == ["sites_changed"]
    assert (found["sites_changed"].effects, found["sites_changed"].severity) == (("respelt",), "minor")


def test_a_site_that_stays_while_its_country_is_another_opens_and_closes_none() -> None:
    found = step((site("Clinic", "Town", "Atlantis", zip="1"),), (site("Clinic", "Town", "Lemuria", zip="1"),))
    assert list(found) == ["sites_changed"]
    assert (found["sites_changed"].effects, found["sites_changed"].severity) == (("address",), "minor")


def test_the_registrys_list_of_countries_that_left_is_not_told_again() -> None:
    old = make_record(sites=(HERE, site("Hospital", "Rosario", "Argentina")), rest={"miscInfoModule.removedCountries": []})
    new = changed(old, sites=(HERE,), rest={"miscInfoModule.removedCountries": ["Argentina"]})
    assert set(events(old, new)) == {"sites_changed", "countries_changed"}
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
    assert set(near((HERE,), (site("Klinikum", "Munich", country, zip="80331"),))) <= {"sites_changed"}


def test_an_anonymous_site_in_a_city_spelt_otherwise_does_not_open_again() -> None:
    before, after = (site("Research Site", "München", "Germany"),), (site("Research Site", "Munich", "Germany"),)
    assert near(before, after) == {}
    assert list(updated(before, after, near={"munich": MUNICH})) == ["sites_changed"]


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


LONDON = {"country": "United Kingdom", "city": "London"}
OAK = site("Royal Oak Hospital NHS Foundation Trust", zip="SW3 6AA", **LONDON)
ELM = site("Royal Elm Hospital NHS Foundation Trust", zip="NW3 2AA", **LONDON)


def test_another_hospital_of_the_same_city_is_one_closed_and_one_opened() -> None:
    found = step((OAK, FAR), (ELM, FAR), near={"london": Near(place="London", country="United Kingdom", km=30)})
    assert set(found) == {"sites_changed", "nearby_site_opened", "nearby_site_closed"}
    assert found["sites_changed"].effects == ("added", "removed")


def test_an_unchanged_name_in_one_city_is_one_site_whatever_its_postcode() -> None:
    found = near((HERE,), (site("Klinikum", "München", "Germany", zip="81675"),))
    assert list(found) == ["sites_changed"]
    assert found["sites_changed"].effects == ("address",)


def test_one_name_in_two_states_is_two_sites() -> None:
    before, after = (
        site("Research Site", "Columbus", state=state, zip=zip) for state, zip in (("Ohio", "43210"), ("Georgia", "31901"))
    )
    assert step((before,), (after,))["sites_changed"].effects == ("added", "removed")


def test_a_city_respelt_is_quiet_without_a_new_version_and_minor_with_one() -> None:
    before, after = (site("Istituto Esempio", city, "Italy", zip="80131") for city in ("Napoli", "Naples"))
    assert step((before, HERE), (after, HERE)) == {}
    event = updated((before, HERE), (after, HERE))["sites_changed"]
    assert (event.effects, event.severity, said(event)["spelling_only"]) == (("respelt",), "minor", True)
    assert kinds.headline(event) == "Place of a site respelt"
    assert kinds.lines(event) == ["Respelt: Istituto Esempio, Napoli, 80131, Italy: Napoli → Naples"]


def test_a_respelling_beside_news_is_counted_beside_it() -> None:
    before, after = (site("Istituto Esempio", city, "Italy") for city in ("Napoli", "Naples"))
    assert step((before,), (after, HERE))["sites_changed"].effects == ("added", "respelt")


def test_a_true_move_to_another_city_is_another_address_with_or_without_a_new_version() -> None:
    before, after = (site("Lupus Centre", city, "Germany") for city in ("Berlin", "Kiel"))
    assert step((before,), (after,))["sites_changed"].effects == ("address",)


def test_sites_that_lose_their_names_are_told_as_that_in_their_number() -> None:
    named = tuple(site(f"Clinic of Saint {name}", "Berlin", "Germany") for name in ("Alma", "Bruno", "Clara"))
    bare = tuple(site("Research Site", "Berlin", "Germany") for _ in range(3))
    event = step((*named, FAR), (*bare, FAR))["sites_changed"]
    assert (event.effects, kinds.headline(event)) == (("anonymised",), "3 sites no longer named")
    back = step((*bare, FAR), (*named, FAR))["sites_changed"]
    assert (back.effects, kinds.headline(back)) == (("named",), "3 sites now named")
    fewer = step((*named, FAR), (*bare[:2], FAR))["sites_changed"]
    assert said(fewer)["counts"]["anonymised"] == 2
    assert said(fewer)["counts"]["removed"] == 1


def test_an_anonymous_site_of_another_city_reveals_no_name() -> None:
    event = step((site("Research Site", "Berlin", "Germany"),), (site("Clinic of Saint Alma", "Kiel", "Germany"),))
    assert event["sites_changed"].effects == ("added", "removed")


def test_a_site_that_loses_its_name_neither_opens_nor_closes_near() -> None:
    assert set(near((HERE,), (site("Research Site", "München", "Germany"),))) == {"sites_changed"}
