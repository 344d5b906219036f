"""Countries open and close by the status of their sites."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import DAY, actual, changed, events, make_record, said, site
from tracker.alerts import route
from tracker.model.event import Event
from tracker.model.watch import Near, Send, Watch
from tracker.render import kinds

R, N, A, W = "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "WITHDRAWN"


def at(country: str, status: str | None, city: str = "Town") -> Any:
    return site(f"{country} {city} Clinic", city, country, recruitment_status=status)


GERMANY = at("Germany", R, "Berlin")


def step(old: tuple[Any, ...], new: tuple[Any, ...], *, was: str = R, now: str = R, **parts: Any) -> Event | None:
    before = make_record(sites=old, recruitment_status=was)
    return events(before, changed(before, sites=new, recruitment_status=now), **parts).get("countries_changed")


def effects(*args: Any, **parts: Any) -> tuple[str, ...]:
    found = step(*args, **parts)
    return found.effects if found else ()


def test_the_first_recruiting_site_opens_a_country() -> None:
    event = step((GERMANY, at("Spain", N)), (GERMANY, at("Spain", R)))
    assert event is not None
    assert (event.effects, event.severity, said(event)["opened"]) == (("opened",), "notable", ["Spain"])
    assert kinds.headline(event) == "Now recruiting in Spain"
    assert kinds.lines(event) == ["Spain: 1 site recruiting"]
    assert effects((GERMANY, at("Spain", R)), (GERMANY, at("Spain", R), at("Spain", R, "Ville"))) == ()


@pytest.mark.parametrize("status", [A, W, "SUSPENDED", "COMPLETED"])
def test_the_last_recruiting_site_that_stops_closes_a_country(status: str) -> None:
    assert effects((GERMANY, at("Spain", R)), (GERMANY, at("Spain", status))) == ("closed",)
    assert (
        effects((GERMANY, at("Spain", R), at("Spain", R, "Ville")), (GERMANY, at("Spain", status), at("Spain", R, "Ville")))
        == ()
    )


def test_a_country_that_never_recruited_does_not_close() -> None:
    assert effects((GERMANY, at("Peru", N)), (GERMANY, at("Peru", W))) == ()


def test_a_country_that_leaves_with_an_open_site_closes_and_without_one_is_delisted() -> None:
    assert effects((GERMANY, at("Spain", R)), (GERMANY,)) == ("closed",)
    planned = step((GERMANY, at("Spain", N)), (GERMANY,))
    assert planned is not None
    assert (planned.effects, planned.severity) == (("delisted",), "notable")
    withdrawn = step((GERMANY, at("Spain", W)), (GERMANY,))
    assert withdrawn is not None
    assert (withdrawn.effects, withdrawn.severity) == (("delisted",), "minor")


def test_a_country_that_is_planned_is_listed() -> None:
    assert effects((GERMANY,), (GERMANY, at("Spain", N))) == ("listed",)


@pytest.mark.parametrize(("was", "now", "before", "after"), [(N, R, None, R), (R, A, R, None), (R, "SUSPENDED", R, None)])
def test_countries_of_a_trial_that_opens_or_closes_belong_to_its_status(
    was: str, now: str, before: str | None, after: str | None
) -> None:
    assert effects((at("Spain", before),), (at("Spain", after),), was=was, now=now) == ()


def test_a_list_of_countries_without_sites_is_listed_and_delisted() -> None:
    old = make_record(countries=("Spain", "Italy"))
    found = events(old, changed(old, countries=("Spain", "France")))
    assert found["countries_changed"].effects == ("listed", "delisted")
    assert events(old, changed(old, countries=("Italy", "Spain"))) == {}


def test_an_opening_is_major_for_the_watches_that_are_near_or_name_the_country_and_notable_for_others() -> None:
    send = (Send(to="me", min_severity="major"),)
    watches = {name: Watch(name=name, send=send) for name in ("near", "names", "elsewhere")}
    near = {"near": Near(place="Madrid", country="Spain", km=50), "elsewhere": Near(place="München", country="Germany", km=50)}
    known = {"near": near, "countries": {"names": frozenset({"ES"}), "elsewhere": frozenset({"DE"})}}
    event = step((GERMANY,), (GERMANY, at("Spain", R, "Madrid")), **known)
    assert event is not None
    assert (event.severity, said(event)["watches"]) == ("major", ["names", "near"])
    assert {alert.watch for alert in route(event, watches, dict.fromkeys(watches, DAY))} == {"near", "names"}
    assert step((GERMANY,), (GERMANY, at("Spain", N, "Madrid")), **known).severity == "notable"  # type: ignore[union-attr]


def test_a_watch_that_asks_for_sites_still_hears_of_countries() -> None:
    event = step((GERMANY,), (GERMANY, at("Spain", R)))
    assert event is not None
    for asked, heard in (("sites_changed", 1), ("countries_changed", 1), ("phases_changed", 0)):
        watch = Watch(name="w", kinds=frozenset({asked}), send=(Send(to="me"),))
        assert len(route(event, {"w": watch}, {"w": DAY})) == heard


def test_a_severity_set_for_what_the_effect_was_called_before_still_counts() -> None:
    event = step((GERMANY,), (GERMANY, at("Spain", R)), overrides={"sites_changed.country_opened": "minor"})
    assert event is not None
    assert event.severity == "minor"


def test_a_country_in_another_spelling_is_neither_listed_nor_delisted() -> None:
    old = make_record(countries=("Turkey",))
    assert events(old, changed(old, countries=("Turkey (Türkiye)",))) == {}
    found = events(old, changed(old, countries=("Turkey (Türkiye)",), last_update_posted=actual("2026-03-10")))
    assert (found["countries_changed"].severity, said(found["countries_changed"])["spelling_only"]) == ("minor", True)
