"""Where a postcode lies: an offline table of the world's postcodes (through ``countrystatecity-postal-codes``)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import msgspec

from tracker.text.normalize import fold

_LEFT_OUT = frozenset({"ES", "MX"})
"""Countries whose codes the table gives to other places: to the wrong towns, or to quarters without their town."""
_BRITISH = re.compile(r"([a-z]{1,2})\d[a-z\d]?(?:\s*\d[a-z]{2})?")  # "sw3 6jj", "sw3"
_SPANISH = re.compile(r"(\d\d)0\d\d")  # the third digit is 0 in the province's capital alone
_CAPITALS = (
    "Vitoria-Gasteiz",
    "Albacete",
    "Alicante",
    "Almería",
    "Ávila",
    "Badajoz",
    "Palma",
    "Barcelona",
    "Burgos",
    "Cáceres",
    "Cádiz",
    "Castelló de la Plana",
    "Ciudad Real",
    "Córdoba",
    "A Coruña",
    "Cuenca",
    "Girona",
    "Granada",
    "Guadalajara",
    "San Sebastián",
    "Huelva",
    "Huesca",
    "Jaén",
    "León",
    "Lleida",
    "Logroño",
    "Lugo",
    "Madrid",
    "Málaga",
    "Murcia",
    "Pamplona",
    "Ourense",
    "Oviedo",
    "Palencia",
    "Las Palmas de Gran Canaria",
    "Pontevedra",
    "Salamanca",
    "Santa Cruz de Tenerife",
    "Santander",
    "Segovia",
    "Sevilla",
    "Soria",
    "Tarragona",
    "Teruel",
    "Toledo",
    "Valencia",
    "Valladolid",
    "Bilbao",
    "Zamora",
    "Zaragoza",
    "Ceuta",
    "Melilla",
)
"""The capitals of Spain's provinces, in the order of their postcodes (01 to 52)."""

_PREFIX = re.compile(r"[A-Za-z]{1,3}-(?=\d)")  # "D-80331", "CH-8001"


class Locality(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What the table says of a postcode: the place's name, its point in degrees, or both."""

    code: str
    locality_name: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def localities(postcode: str, country: str) -> Sequence[Locality]:
    """What is known of a postcode of a country (ISO code); empty when it is unknown or the country's are."""
    code = fold(_PREFIX.sub("", postcode.strip()))
    match country:
        case "GB":
            return _post_area(code)
        case "ES":
            return _spanish_capital(code)
    table = _postcodes(country)
    # American codes of nine digits, and the letters behind Dutch, Canadian and British ones, are finer than the table.
    return next((table[start] for start in (code, code[:5], code[:4], code[:3]) if len(start) > 2 and start in table), ())


def _post_area(code: str) -> Sequence[Locality]:
    """The area of a British postcode, first as a town: the middle of AB is far from Aberdeen."""
    if not (found := _BRITISH.fullmatch(code)):
        return ()
    areas = _postcodes("GB").get(found[1], ())
    return [*(Locality(code=area.code, locality_name=area.locality_name) for area in areas), *areas]


def _spanish_capital(code: str) -> Sequence[Locality]:
    found = _SPANISH.fullmatch(code)
    if found is None or not 1 <= int(found[1]) <= len(_CAPITALS):
        return ()
    return (Locality(code=code, locality_name=_CAPITALS[int(found[1]) - 1]),)


@lru_cache(maxsize=8)
def _postcodes(country: str) -> Mapping[str, Sequence[Locality]]:
    file = files("countrystatecity_postal_codes").joinpath("data", "by-country", country, "postcodes.json")
    if country in _LEFT_OUT or not (country.isalpha() and file.is_file()):
        return {}
    table: dict[str, list[Locality]] = defaultdict(list)
    for row in msgspec.json.decode(file.read_bytes(), type=list[Locality]):
        table[fold(row.code)].append(row)
    return dict(table)
