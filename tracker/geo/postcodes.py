"""Where a postcode lies: an offline table of the world's postcodes (through ``countrystatecity-postal-codes``)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import msgspec

from tracker.text.normalize import fold

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
    table = _postcodes(country)
    # American codes of nine digits, and the letters behind Dutch, Canadian and British ones, are finer than the table.
    return next((table[start] for start in (code, code[:5], code[:4], code[:3]) if len(start) > 2 and start in table), ())


@lru_cache(maxsize=8)
def _postcodes(country: str) -> Mapping[str, Sequence[Locality]]:
    file = files("countrystatecity_postal_codes").joinpath("data", "by-country", country, "postcodes.json")
    if not (country.isalpha() and file.is_file()):
        return {}
    table: dict[str, list[Locality]] = defaultdict(list)
    for row in msgspec.json.decode(file.read_bytes(), type=list[Locality]):
        table[fold(row.code)].append(row)
    return dict(table)
