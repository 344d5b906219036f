"""Which towns a watch's place can mean, and how a town is told from others of its name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from tracker.geo.countries import country_code, country_name, fold_place, state_names
from tracker.geo.gazetteer import DOMINATES, City, cities, cities_named, nearest_city
from tracker.geo.postcodes import localities
from tracker.geo.tables import distance_km

_ONE_PLACE_KM = 25.0  # towns of one name nearer than this are one place

_REGIONS: dict[str, tuple[str, ...]] = {
    "DE": (
        "01 Baden-Württemberg", "02 Bavaria", "03 Bremen", "04 Hamburg", "05 Hesse", "06 Lower Saxony",
        "07 North Rhine-Westphalia", "08 Rhineland-Palatinate", "09 Saarland", "10 Schleswig-Holstein", "11 Brandenburg",
        "12 Mecklenburg-Vorpommern", "13 Saxony", "14 Saxony-Anhalt", "15 Thuringia", "16 Berlin",
    ),
    "AT": (
        "01 Burgenland", "02 Carinthia", "03 Lower Austria", "04 Upper Austria", "05 Salzburg", "06 Styria", "07 Tyrol",
        "08 Vorarlberg", "09 Vienna",
    ),
    "FR": (
        "11 Île-de-France", "24 Centre-Val de Loire", "27 Bourgogne-Franche-Comté", "28 Normandy", "32 Hauts-de-France",
        "44 Grand Est", "52 Pays de la Loire", "53 Brittany", "75 Nouvelle-Aquitaine", "76 Occitanie",
        "84 Auvergne-Rhône-Alpes", "93 Provence-Alpes-Côte d'Azur", "94 Corsica",
    ),
    "IT": (
        "01 Abruzzo", "02 Basilicata", "03 Calabria", "04 Campania", "05 Emilia-Romagna", "06 Friuli Venezia Giulia",
        "07 Lazio", "08 Liguria", "09 Lombardy", "10 Marche", "11 Molise", "12 Piedmont", "13 Apulia", "14 Sardinia",
        "15 Sicily", "16 Tuscany", "17 Trentino-Alto Adige", "18 Umbria", "19 Aosta Valley", "20 Veneto",
    ),
}  # fmt: skip
"""GeoNames' codes of the first level; those of the other countries that are known stand beside the countries' names."""


@lru_cache(maxsize=256)
def find_places(text: str, country: str | None = None) -> Sequence[City]:
    """The towns that a watch's place can mean, the largest first: one when it is clear, several when they share the name.

    A bare postcode is looked up in its country. Empty when there is no such place.
    """
    code = country_code(country) if country else None
    if code and (found := _by_postcode(text, code)):
        return (found,)
    named = cities_named(text, country)
    parts = {fold_place(part) for part in text.split(",")[1:]}
    in_state = [city for city in named if fold_place(region(city)) in parts]
    named = in_state or list(named)
    if not named:
        return ()
    largest = max(named, key=lambda city: city.population)
    asked = fold_place(" ".join(word for word in text.split(",")[0].split() if not any(map(str.isdigit, word))))
    own = fold_place(largest.name) == asked
    others = named if own or not asked or in_state else [*named, *_namesakes(asked, {city.country for city in named})]
    rivals = [
        city
        for city in {(each.name, each.latitude, each.longitude): each for each in others}.values()
        if _is_rival(city, largest, asked, own=own)
        and distance_km(largest.latitude, largest.longitude, city.latitude, city.longitude) > _ONE_PLACE_KM
    ]
    if rivals and code and (at := _by_written_postcode(text, code)):
        return (min((largest, *rivals), key=lambda city: distance_km(*at, city.latitude, city.longitude)),)
    return (largest, *sorted(rivals, key=lambda city: -city.population))


def _is_rival(city: City, largest: City, asked: str, *, own: bool) -> bool:
    """Whether a town can be meant beside the largest. Its size decides only if that one bears the very name.

    "Frankfurt" is both on the Main and on the Oder, "Victoria" is no name to find Hong Kong by.
    """
    named_so = _is_called(city, asked)
    large = city.population * DOMINATES > largest.population
    return large and named_so if own else large or named_so


def _namesakes(asked: str, countries: Collection[str]) -> Iterator[City]:
    """The towns of these countries that begin with a name that the gazetteer does not give them alone."""
    return (city for city in cities() if city.country in countries and _is_called(city, asked))


def _is_called(city: City, asked: str) -> bool:
    """Whether a town has this name, or this and what tells it from others: "Frankfurt (Oder)"."""
    words = city.name.replace("-", " ").split()
    return any(fold_place(" ".join(words[:end])) == asked for end in range(1, len(words) + 1))


def _by_written_postcode(text: str, country: str) -> tuple[float, float] | None:
    """The point of the postcode that is written before or behind a town's name."""
    codes = [word for word in text.replace(",", " ").split() if is_postcode(word) and len(word) > 2]
    town = _by_postcode(codes[0], country) if len(codes) == 1 else None
    return (town.latitude, town.longitude) if town else None


def is_postcode(text: str) -> bool:
    """Whether a text is a postcode and no more: "80331", "D-80331", "SW3 6JJ", "1012 AB"."""
    words = text.split()
    return any(char.isdigit() for char in text) and all(len(word) <= 2 or any(map(str.isdigit, word)) for word in words)


def _by_postcode(text: str, country: str) -> City | None:
    """The town of a text that is a postcode and nothing else, at the postcode's own point where that is known."""
    if not is_postcode(text):
        return None
    for locality in localities(text, country):
        if locality.latitude is not None and locality.longitude is not None:
            near = nearest_city(locality.latitude, locality.longitude)
            name = locality.locality_name or near.name
            return City(
                name=name, country=country, latitude=locality.latitude, longitude=locality.longitude, admin1code=near.admin1code
            )
        if locality.locality_name and len(named := find_places(locality.locality_name, country)) == 1:
            return named[0]
    return None


def region(city: City) -> str:
    """The name of the state or region that a town lies in; empty where it is not known here."""
    named = dict(entry.split(" ", 1) for entry in _REGIONS.get(city.country, ()))
    return named.get(city.admin1code) or next(iter(state_names(city.country, city.admin1code)), "")


def described(city: City) -> str:
    """``Neustadt an der Weinstraße, Rhineland-Palatinate, Germany``; in degrees where the region is not known here."""
    where = region(city) or f"{city.latitude:.2f}, {city.longitude:.2f}"
    parts = [city.name, where, country_name(city.country)]
    return ", ".join(dict.fromkeys(parts))
