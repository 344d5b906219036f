"""Which countries and states a watch's circle reaches into, so that a registry can be asked for all that lies there."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

import msgspec

from tracker.geo.countries import country_code, country_name, state_names
from tracker.geo.tables import distance_km, read_places
from tracker.model.source import Region
from tracker.model.watch import Near

_KM_PER_DEGREE = 110.5  # of latitude, where it is shortest
_SPARE_KM = 5.0  # the gazetteer gives a place's middle; a clinic can stand at its edge
_BY_STATE = frozenset({"US"})
"""Countries whose sites are always registered with their state, so that a few states can be asked for alone."""


class _Point(msgspec.Struct, frozen=True, gc=False):
    """Of GeoNames' table as little as this takes."""

    latitude: float
    longitude: float
    countrycode: str
    admin1code: str


@lru_cache(maxsize=256)
def regions_within(near: Near) -> tuple[Region, ...]:
    """The countries that have a place of a thousand people inside the circle, and the country that the watch names.

    Of the United States only the states inside. Empty for a circle that has no centre.
    """
    if near.latitude is None or near.longitude is None:
        return ()
    km = near.km + _SPARE_KM
    states: dict[str, set[str]] = defaultdict(set)
    for place in read_places(1000, _Point):
        if abs(place.latitude - near.latitude) * _KM_PER_DEGREE > km:
            continue
        if distance_km(near.latitude, near.longitude, place.latitude, place.longitude) <= km:
            states[place.countrycode].add(place.admin1code)
    home = country_code(near.country) if near.country else None
    if home:
        states.setdefault(home, set())
    return tuple(_region(code, states[code]) for code in sorted(states))


def _region(code: str, inside: set[str]) -> Region:
    named = {state: names[0] for state in inside if (names := state_names(code, state))} if code in _BY_STATE else {}
    # A state that has no name here cannot be asked for: then the whole country is.
    whole = len(named) < len(inside) or not inside
    return Region(country=code, name=country_name(code), states=() if whole else tuple(sorted(named.values())))
