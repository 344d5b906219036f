"""Which site is which: sponsors rename, respell and reveal their sites far more often than they open or close them.

Sites are a multiset: "Research Site" occurs many times. Those left over after exact matching are paired in tiers, from
the surest to the weakest, so that a new spelling is told as a new spelling and not as one site gone and another come.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any

from tracker.geo.countries import country_code
from tracker.text.normalize import fold, squeeze_whitespace

Entry = dict[str, Any]
Pair = tuple[Entry | None, Entry | None]

_IDENTITY = ("facility", "city", "state", "zip", "country")
_SIMILAR = 0.60
# Every name in a city is held against every other, which is slow: 200 names against 200 may take two seconds. Where
# more than that are left over, a list was exchanged and not respelt; its sites are told as gone and come.
_MOST_COMPARISONS = 40_000
_CITY_LETTERS = 4
_NUMBERS = re.compile(r"\d+")


_ANONYMOUS = ("investigationalsite", "investigativesite", "researchsite", "studysite", "localinstitution", "clinicalsite")


def site_key(entry: Entry) -> str:
    """A site's name in a path: facility, city, state, zip and country as far as given."""
    return ", ".join(squeeze_whitespace(str(entry[name])) for name in _IDENTITY if entry.get(name))


MatchKey = tuple[str, ...] | None


def _folded(value: object) -> str:
    return fold(str(value or ""))


def _tier(*names: str) -> Callable[[Entry], MatchKey]:
    """A key of folded parts; None for an entry that does not give the first of them."""

    def key(entry: Entry) -> MatchKey:
        parts = tuple(_folded(entry.get(name)) for name in names)
        return parts if parts[0] else None

    return key


def _spelt_alike(entry: Entry) -> MatchKey:
    parts = tuple(str(entry.get(name) or "") for name in _IDENTITY)
    return parts if any(parts) else None


def _identity(entry: Entry) -> MatchKey:
    parts = tuple(_folded(entry.get(name)) for name in _IDENTITY)
    return parts if any(parts) else None


def _named_in_country(entry: Entry) -> MatchKey:
    """A name that tells a place from others: "Research Site" is one in every city."""
    name = _folded(entry.get("facility"))
    return (name, _folded(entry.get("country"))) if name and not name.endswith(_ANONYMOUS) else None


def match_sites(old: list[Entry], new: list[Entry]) -> list[Pair]:
    """One-to-one pairs of sites; a pair with None is a site that came or went. Both lists come in canonical order."""
    pairs: list[Pair] = []
    tiers = (
        (_spelt_alike, False),  # the bulk of them, at no cost
        (_identity, False),
        (_tier("facility", "city", "country"), False),
        (_named_in_country, False),
        (_tier("zip", "city", "country"), True),
        (_tier("zip", "facility", "country"), True),  # a city in another spelling or language
        (_tier("facility", "city", "zip"), True),  # the registry respells countries, too
    )
    for key, unique in tiers:
        found, old, new = _by_key(old, new, key, unique=unique)
        pairs += found
    for alike in (_by_city, _by_known_city, _by_similarity):
        found, old, new = alike(old, new)
        pairs += found
    return [*pairs, *((entry, None) for entry in old), *((None, entry) for entry in new)]


def _by_key(
    old: list[Entry], new: list[Entry], key: Callable[[Entry], MatchKey], *, unique: bool
) -> tuple[list[Pair], list[Entry], list[Entry]]:
    befores, afters = _grouped(old, key), _grouped(new, key)
    pairs: list[Pair] = []
    for name, group in befores.items():
        others = afters.get(name, [])
        if name is None or not others or (unique and (len(group) > 1 or len(others) > 1)):
            continue
        pairs.extend(_alike_first(group, others))
    return pairs, *_left(old, new, pairs)


def _grouped(sites: list[Entry], key: Callable[[Entry], MatchKey]) -> dict[MatchKey, list[Entry]]:
    groups: dict[MatchKey, list[Entry]] = defaultdict(list)
    for site in sites:
        groups[key(site)].append(site)
    return groups


def _alike_first(old: list[Entry], new: list[Entry]) -> list[Pair]:
    """Sites of one name: those that also agree in the rest of their place, then in their status, come first."""
    pairs: list[Pair] = []
    for names in (
        (*_IDENTITY, "recruitment_status"),
        _IDENTITY,
        ("city", "state", "country"),
        ("city",),
        ("recruitment_status",),
        (),
    ):
        waiting: dict[tuple[Any, ...], list[Entry]] = defaultdict(list)
        for other in reversed(new):
            waiting[tuple(map(other.get, names))].append(other)
        found: list[Pair] = []
        for site in old:
            if others := waiting.get(tuple(map(site.get, names))):
                found.append((site, others.pop()))
        old, new = _left(old, new, found)
        pairs += found
    return pairs


def _by_city(old: list[Entry], new: list[Entry]) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """One name in one city written in more or fewer words: "Sharjah" and "Sharjah city", "Berlin" and "Berlin-Mitte"."""
    named = _grouped(new, _named_in_city_like)
    pairs: list[Pair] = []
    taken: set[int] = set()
    for site in old:
        city = _folded(site.get("city"))
        for other in named.get(_named_in_city_like(site), []) if site.get("facility") else []:
            if id(other) not in taken and _one_in_other(city, _folded(other.get("city"))):
                taken.add(id(other))
                pairs.append((site, other))
                break
    return pairs, *_left(old, new, pairs)


def _named_in_city_like(entry: Entry) -> MatchKey:
    """A site's name and country, and the letters with which its city begins, which are alike if one is in the other."""
    return (*(_tier("facility", "country")(entry) or ()), _folded(entry.get("city"))[:_CITY_LETTERS])


def _one_in_other(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= _CITY_LETTERS and (one.startswith(other) or other.startswith(one))


def _by_known_city(old: list[Entry], new: list[Entry]) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """One name in one city under two of the city's own names: "Ciudad de México" and "Mexico City"."""
    both = set(map(_named_there, old)) & set(map(_named_there, new)) - {None}
    if not both:
        return [], old, new
    from tracker.geo.gazetteer import city_point  # a table of cities is read on first use

    def key(entry: Entry) -> MatchKey:
        named = _named_there(entry)
        if named is None or named not in both:
            return None
        point = city_point(*(str(entry.get(name) or "") for name in ("city", "state", "country")))
        return (*named, *map(str, point)) if point else None

    return _by_key(old, new, key, unique=False)


def _named_there(entry: Entry) -> MatchKey:
    """A site's name, whether or not it tells it from others, and its country; None unless both are given and known."""
    name, country = _folded(entry.get("facility")), country_code(str(entry.get("country") or ""))
    return (name, country) if name and country else None


def _by_similarity(old: list[Entry], new: list[Entry]) -> tuple[list[Pair], list[Entry], list[Entry]]:
    """The most alike names within one city, from 60 % on; none in a city where whole lists were exchanged."""
    in_city = _tier("city", "country")
    befores, afters = Counter(map(in_city, old)), _grouped(new, in_city)
    compared: dict[MatchKey, list[Entry]] = {
        city: others for city, others in afters.items() if city and befores[city] * len(others) <= _MOST_COMPARISONS
    }
    scored = [
        (ratio, index, site, other)
        for index, site in enumerate(old)
        for other in compared.get(in_city(site), [])
        if (ratio := _similarity(site, other)) >= _SIMILAR
    ]
    pairs: list[Pair] = []
    taken: set[int] = set()
    for _, _, site, other in sorted(scored, key=lambda item: (-item[0], item[1])):
        if id(site) not in taken and id(other) not in taken:
            taken |= {id(site), id(other)}
            pairs.append((site, other))
    return pairs, *_left(old, new, pairs)


def _similarity(site: Entry, other: Entry) -> float:
    left, right = str(site.get("facility") or "").casefold(), str(other.get("facility") or "").casefold()
    numbers, others = _NUMBERS.findall(left), _NUMBERS.findall(right)
    if numbers and others and numbers != others:
        return 0.0  # "Local Institution - 0062" and "... 0063" are two places
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= _SIMILAR else 0.0


def _left(old: list[Entry], new: list[Entry], pairs: list[Pair]) -> tuple[list[Entry], list[Entry]]:
    taken = {id(site) for pair in pairs for site in pair}
    return [site for site in old if id(site) not in taken], [site for site in new if id(site) not in taken]
