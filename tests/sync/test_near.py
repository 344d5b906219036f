"""What a watch with a place follows: every trial that has a site there, whatever coordinates the registry gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.server import Reply, Request
from tests.world import World, accepted, study

QUERY = '[[watch]]\nname = "nearby"\nquery = { condition = "Testitis" }\n'
WATCH = QUERY + 'near = { place = "Munich", country = "Germany", km = 100 }\n'
SALZBURG = WATCH.replace('"Munich", country = "Germany"', '"Salzburg", country = "Austria"')
PASTED = '[[watch]]\nname = "nearby"\nsearch = "https://clinicaltrials.gov/search?cond=Testitis&{place}"\n'

MUNICH, BRANDENBURG, FAR = (48.137, 11.575), (52.41, 12.53), (53.55, 9.99)


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    with World(tmp_path, database) as made:
        yield made


def site(city: str, country: str = "Germany", point: tuple[float, float] | None = None, **more: str) -> dict[str, Any]:
    made: dict[str, Any] = {"facility": "Invented Clinic", "city": city, "country": country, **more}
    return made | ({"geoPoint": {"lat": point[0], "lon": point[1]}} if point else {})


def hold(world: World, **sites: list[dict[str, Any]]) -> None:
    """The registry holds one study for each name, ``n1`` and so on, with these sites."""
    for name, places in sites.items():
        nct = f"NCT9000000{name[1:]}"
        world.studies[nct] = study(nct, contactsLocationsModule__locations=places)


def followed(world: World) -> set[str]:
    return {f"n{member.trial[-1]}" for member in world.store.memberships()}


def test_a_site_whose_registry_point_lies_elsewhere_or_nowhere_is_found_by_its_city(world: World) -> None:
    hold(
        world,
        n1=[site("München", point=MUNICH)],
        n2=[site("Munich", point=BRANDENBURG)],
        n3=[site("Muenchen")],
        n4=[site("Hamburg", point=FAR)],
        n5=[site("Vienna", "Austria"), site("Lyon", "France")],
    )
    world.configure(WATCH)
    world.sync()
    assert followed(world) == {"n1", "n2", "n3"}


def test_what_only_the_registry_puts_into_the_circle_stays_in_it(world: World) -> None:
    hold(world, n1=[site("Hamburg", point=MUNICH)])
    world.configure(WATCH)
    world.sync()
    assert followed(world) == {"n1"}


def test_a_circle_reaches_over_a_border(world: World) -> None:
    hold(world, n1=[site("Traunstein")], n2=[site("Salzburg", "Austria")], n3=[site("Berlin")], n4=[site("Vienna", "Austria")])
    world.configure(SALZBURG)
    world.sync()
    assert followed(world) == {"n1", "n2"}


def test_of_the_united_states_the_states_inside_are_read(world: World) -> None:
    usa = "United States"
    hold(
        world,
        n1=[site("Boston", usa, state="Massachusetts")],
        n2=[site("Nashua", usa, state="New Hampshire")],
        n3=[site("Houston", usa, state="Texas")],
    )
    world.configure(WATCH.replace('"Munich", country = "Germany"', '"Boston, MA"'))
    world.sync()
    assert followed(world) == {"n1", "n2"}
    asked = [dict(request.params).get("filter.advanced", "") for request in world.registry.requests]
    assert any('"Massachusetts"' in query and "Texas" not in query for query in asked)


def test_what_cannot_be_placed_is_kept(world: World) -> None:
    hold(world, n1=[site("Xyzzyville")], n2=[site("Xyzzyville", point=FAR)], n3=[site("Xyzzyville", "Japan")])
    world.configure(WATCH)
    world.sync()
    assert followed(world) == {"n1"}


def test_a_trial_that_enters_with_a_site_that_cannot_be_placed_is_marked(world: World) -> None:
    hold(world, n1=[site("Munich")], n2=[site("Hamburg")])
    world.configure(WATCH)
    world.sync()
    report = world.day(change=lambda: world.amend("NCT90000002", contactsLocationsModule__locations=[site("Xyzzyville")]))
    [entered] = [event for event in accepted(world.store, report) if event.kind == "entered_watch"]
    assert "cannot be told" in str(entered.details)


def test_one_more_request_is_asked_and_only_for_what_places_a_site(world: World) -> None:
    hold(world, n1=[site("Munich", point=MUNICH)])
    world.configure(WATCH)
    world.sync()
    lists = [
        dict(r.params) for r in world.registry.requests if r.path.endswith("/studies") and "filter.ids" not in dict(r.params)
    ]
    assert len(lists) == 2
    [by_country] = [params for params in lists if "filter.geo" not in params]
    assert '"Germany"' in by_country["filter.advanced"]
    assert "LocationContact" not in by_country["fields"]
    assert set(by_country["fields"].split("|")) >= {"LocationCity", "LocationZip", "LocationCountry", "LocationGeoPoint"}


@pytest.mark.parametrize(
    "place",
    [
        "lat=48.1374&lng=11.5755&distance=50&locStr=Munich,%20Germany&country=Germany",
        "locStr=Munich,%20Germany&distance=50",
        "locStr=Munich,%20Germany&country=Germany&state=Bavaria&city=Munich&distance=50",
        "city=M%C3%BCnchen&distance=50",
        "filter.geo=distance(48.137,11.575,50mi)",
    ],
)
def test_a_circle_in_a_pasted_address_is_a_near(world: World, place: str) -> None:
    hold(world, n1=[site("Munich", point=BRANDENBURG)], n2=[site("Augsburg")], n3=[site("Hamburg", point=FAR)])
    world.configure(PASTED.format(place=place))
    world.sync()
    assert followed(world) == {"n1", "n2"}
    opened = [{**site("Munich", point=BRANDENBURG), "facility": "New Clinic"}, site("Munich", point=BRANDENBURG)]
    report = world.day(change=lambda: world.amend("NCT90000001", contactsLocationsModule__locations=opened))
    assert "nearby_site_opened" in {event.kind for event in accepted(world.store, report)}


def test_a_near_beside_the_circle_of_an_address_is_the_place_and_both_narrow(world: World) -> None:
    hold(world, n1=[site("Munich", point=MUNICH)], n2=[site("Augsburg", point=(48.37, 10.9))])
    near = 'near = { place = "Augsburg", country = "Germany", km = 30 }\n'
    world.configure(PASTED.format(place="lat=48.1374&lng=11.5755&distance=50") + near)
    world.sync()
    assert followed(world) == {"n2"}


def test_a_trial_leaves_when_neither_the_registry_nor_its_address_puts_it_inside(world: World) -> None:
    hold(world, n1=[site("Munich")], n2=[site("Munich")], n3=[site("Munich")])
    world.configure(WATCH)
    world.sync()
    report = world.day(change=lambda: world.amend("NCT90000001", contactsLocationsModule__locations=[site("Hamburg")]))
    assert [event.trial for event in accepted(world.store, report) if event.kind == "left_watch"] == ["ctgov:NCT90000001"]


def test_pages_too_large_for_one_answer_are_asked_for_in_smaller_ones(world: World) -> None:
    hold(world, n1=[site("Munich")], n2=[site("Munich")])
    world.configure(WATCH)

    def too_large(request: Request) -> Reply | None:
        params = dict(request.params)
        if "LocationCity" in params.get("fields", "") and params["pageSize"] == "1000":
            return Reply(200, {"Content-Type": "application/json", "Content-Length": str(10**9)}, b"")
        return None

    world.registry.fault = too_large
    world.sync()
    assert followed(world) == {"n1", "n2"}
