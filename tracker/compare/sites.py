"""Which site is which: sponsors rename, respell and reveal their sites far more often than they open or close them.

Sites are a multiset: "Research Site" occurs many times. Those left over after exact matching are paired in tiers, from
the surest to the weakest, so that a new spelling is told as a new spelling and not as one site gone and another come.
Another hospital of the same city is another site, however alike the names: its own words decide (`tracker.text.site_names`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import Any, Literal

from tracker.geo.countries import country_key
from tracker.geo.same_place import Place, city_key, same_city, same_postcode
from tracker.text.normalize import fold
from tracker.text.site_names import has_telling_words, is_anonymous, path_name, same_institution

Entry = dict[str, Any]
Pair = tuple[Entry | None, Entry | None]
Found = tuple[list[Pair], list[Entry], list[Entry]]
"""Pairs, and the old and new sites that are left."""
Same = Callable[[Entry, Entry], bool]
Kind = Literal["named", "numbered", "bare"]
"""What a site's name says of which one it is: "bare" is anonymous without a number."""

_IDENTITY = ("facility", "city", "state", "zip", "country")
# Every name in a city is held against every other, which is slow. Cities with few names left over come first; once as many
# comparisons are used up, lists were exchanged and not respelt, and the rest of the sites are told as gone and come.
_MOST_COMPARISONS = 30_000
_USUAL_LETTERS = 1_000  # the lengths of two usual names, multiplied: longer names count as several comparisons
_MOST_TRIED = 20  # sites of one name that a site is held against before it is told as gone

_RENAMINGS: tuple[tuple[Kind, Kind], ...] = (
    ("numbered", "named"),
    ("bare", "named"),
    ("named", "numbered"),
    ("named", "bare"),
    ("bare", "bare"),
    ("bare", "numbered"),
    ("numbered", "bare"),
)
"""How a site gets or loses its name, the surest first."""

MatchKey = tuple[str, ...] | None
Groups = dict[MatchKey, list[Entry]]


def site_key(entry: Entry) -> str:
    """A site's name in a path: facility, city, state, zip and country as far as given."""
    return path_name(_text(entry, name) for name in _IDENTITY)


def match_sites(old: list[Entry], new: list[Entry]) -> list[Pair]:
    """One-to-one pairs of sites; a pair with None is a site that came or went. Both lists come in canonical order."""
    pairs: list[Pair] = []
    tiers: tuple[Callable[[list[Entry], list[Entry]], Found], ...] = (
        _by_spelling,  # the bulk of them, at no cost
        _by_folded_spelling,
        _by_name_and_city,
        _by_name_and_postcode,
        _by_name_in_country,
        _by_institution,
        _by_anonymity,
    )
    for tier in tiers:
        if not old or not new:
            break
        found, old, new = tier(old, new)
        pairs += found
    return [*pairs, *((entry, None) for entry in old), *((None, entry) for entry in new)]


def _by_spelling(old: list[Entry], new: list[Entry]) -> Found:
    def key(entry: Entry) -> MatchKey:
        parts = tuple([_text(entry, name) for name in _IDENTITY])
        return parts if any(parts) else None

    return _by_key(old, new, key)


def _by_folded_spelling(old: list[Entry], new: list[Entry]) -> Found:
    def key(entry: Entry) -> MatchKey:
        parts = tuple([_folded(entry, name) for name in _IDENTITY])
        return parts if any(parts) else None

    return _by_key(old, new, key)


def _by_name_and_city(old: list[Entry], new: list[Entry]) -> Found:
    """One name in one city is one site whatever its postcode, and however the city is spelt."""

    def plainly(entry: Entry) -> MatchKey:
        name, city = _folded(entry, "facility"), _folded(entry, "city")
        return (name, city, _country(entry)) if name else None

    def known(entry: Entry) -> MatchKey:
        name, city = _folded(entry, "facility"), _city(entry)
        return (name, *city) if name and city else None

    names = {_folded(site, "facility") for site in old} & {_folded(site, "facility") for site in new}
    olds, news = ([site for site in sites if _folded(site, "facility") in names] for sites in (old, new))
    pairs: list[Pair] = []
    for key in (plainly, known, _named_in_country):
        found, olds, news = _by_key(olds, news, key, _in_one_city)
        pairs += found
    return pairs, *_left(old, new, pairs)


def _by_name_and_postcode(old: list[Entry], new: list[Entry]) -> Found:
    """One name in one city under one postcode, whatever the registry calls the country now."""

    def key(entry: Entry) -> MatchKey:
        parts = tuple([_folded(entry, name) for name in ("facility", "city", "zip")])
        return parts if all(parts) else None

    return _by_key(old, new, key, unique=True)


def _by_name_in_country(old: list[Entry], new: list[Entry]) -> Found:
    """A name that tells its place from others, in another city of the country, where no postcode contradicts."""

    def same(site: Entry, other: Entry) -> bool:
        cities = f"{_text(site, 'city')} {_text(other, 'city')}"
        return has_telling_words(_text(site, "facility"), cities) and _same_postcode(site, other) is not False

    return _by_key(old, new, _named_in_country, same)


def _by_institution(old: list[Entry], new: list[Entry]) -> Found:
    """Names of one institution within one city, the most alike first; none where whole lists were exchanged."""
    named, others = (_grouped([site for site in sites if not _is_anonymous(site)], _city) for sites in (old, new))
    scored = [
        (-alike, index, site, other)
        for group, candidates in _affordable(named, others)
        for index, site in enumerate(group)
        for other in candidates
        if (alike := _alikeness(site, other))
    ]
    pairs: list[Pair] = []
    taken: set[int] = set()
    for _, _, site, other in sorted(scored, key=lambda item: item[:2]):
        if id(site) not in taken and id(other) not in taken:
            taken |= {id(site), id(other)}
            pairs.append((site, other))
    return pairs, *_left(old, new, pairs)


def _affordable(named: Groups, others: Groups) -> Iterator[tuple[list[Entry], list[Entry]]]:
    """The sites of each city whose names can be held against one another, the cheapest first, until the work is used up."""
    costs = {city: _cost(group, others[city]) for city, group in named.items() if city in others}
    chosen, left = set[MatchKey](), _MOST_COMPARISONS
    for city, cost in sorted(costs.items(), key=lambda item: item[1]):
        if cost <= left:
            chosen.add(city)
            left -= cost
    return ((group, others[city]) for city, group in named.items() if city in chosen)


def _cost(old: list[Entry], new: list[Entry]) -> int:
    """Comparisons of each name with each; long names count as several."""
    letters, others = (sum(len(_text(site, "facility")) for site in sites) for sites in (old, new))
    return len(old) * len(new) + letters * others // _USUAL_LETTERS


def _alikeness(site: Entry, other: Entry) -> int:
    """How surely two named sites of one city are one: 0 not at all, 2 under one postcode."""
    name, new_name, postcode = _text(site, "facility"), _text(other, "facility"), _same_postcode(site, other)
    if _numbers_contradict(name, new_name) or not _in_one_city(site, other):
        return 0
    place = f"{_text(site, 'city')} {_text(other, 'city')} {_text(site, 'country')}"
    return (2 if postcode else 1) if same_institution(name, new_name, place, same_postcode=postcode) else 0


def _by_anonymity(old: list[Entry], new: list[Entry]) -> Found:
    """Sites that lost their names or were given some: as many in a city as there are on both sides, by postcode first.

    Two anonymous sites with numbers of their own are two; any other may be the same.
    """
    pairs: list[Pair] = []
    befores, afters = _kinds(old), _kinds(new)
    for (was, now), key in product(_RENAMINGS, (_postcode, _city)):
        found, befores[was], afters[now] = _by_key(befores[was], afters[now], key, _in_one_city)
        pairs += found
    return pairs, *_left(old, new, pairs)


def _kinds(sites: Iterable[Entry]) -> dict[Kind, list[Entry]]:
    kinds: dict[Kind, list[Entry]] = {"named": [], "numbered": [], "bare": []}
    for site in sites:
        kinds[_kind(site)].append(site)
    return kinds


def _kind(entry: Entry) -> Kind:
    name = _text(entry, "facility")
    if not is_anonymous(name):
        return "named"
    return "numbered" if _numbers(name) else "bare"


def _by_key(
    old: list[Entry], new: list[Entry], key: Callable[[Entry], MatchKey], same: Same | None = None, *, unique: bool = False
) -> Found:
    """Sites with the same key, one for one, where ``same`` agrees; with ``unique`` only where no other has that key."""
    if not old or not new:
        return [], old, new
    befores, afters = _grouped(old, key), _grouped(new, key)
    pairs: list[Pair] = []
    for name, group in befores.items():
        others = afters.get(name, [])
        if name is None or not others or (unique and (len(group) > 1 or len(others) > 1)):
            continue
        pairs.extend(_alike_first(group, others, same))
    return pairs, *_left(old, new, pairs)


def _grouped(sites: Iterable[Entry], key: Callable[[Entry], MatchKey]) -> Groups:
    groups: dict[MatchKey, list[Entry]] = defaultdict(list)
    for site in sites:
        groups[key(site)].append(site)
    return groups


def _alike_first(old: list[Entry], new: list[Entry], same: Same | None = None) -> list[Pair]:
    """Sites that may be one: those that also agree in the rest of their place, then in their status, come first."""
    if len(old) == len(new) == 1:
        return [(old[0], new[0])] if same is None or same(old[0], new[0]) else []
    pairs: list[Pair] = []
    for names in (
        (*_IDENTITY, "recruitment_status"),
        _IDENTITY,
        ("zip",),
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
            others = waiting.get(tuple(map(site.get, names)), [])
            tried = range(len(others) - 1, max(-1, len(others) - 1 - _MOST_TRIED), -1)
            fitting = next((index for index in tried if same is None or same(site, others[index])), None)
            if fitting is not None:
                found.append((site, others.pop(fitting)))
        old, new = _left(old, new, found)
        pairs += found
        if not old or not new:
            break
    return pairs


def _left(old: list[Entry], new: list[Entry], pairs: list[Pair]) -> tuple[list[Entry], list[Entry]]:
    if not pairs:
        return old, new
    taken = {id(site) for pair in pairs for site in pair}
    return [site for site in old if id(site) not in taken], [site for site in new if id(site) not in taken]


def _text(entry: Entry, name: str) -> str:
    text: str = entry.get(name) or ""
    return text


def _folded(entry: Entry, name: str) -> str:
    text = entry.get(name)
    return fold(text) if text else ""


def _country(entry: Entry) -> str:
    return country_key(_text(entry, "country"))


def _named_in_country(entry: Entry) -> MatchKey:
    name = _folded(entry, "facility")
    return (name, _country(entry)) if name else None


def _is_anonymous(entry: Entry) -> bool:
    return is_anonymous(_text(entry, "facility"))


def _numbers_contradict(one: str, other: str) -> bool:
    """Whether both names have numbers, and not the same: "Local Institution - 0062" and "... 0063" are two places."""
    mine, theirs = _numbers(one), _numbers(other)
    return bool(mine and theirs and mine != theirs)


@lru_cache(maxsize=16384)
def _numbers(name: str) -> Counter[str]:
    digits = "".join(char if char.isdigit() else " " for char in name)
    return Counter(digits.split())


def _city(entry: Entry) -> MatchKey:
    return city_key(_place(entry)._replace(zip="")) if entry.get("city") else None


def _postcode(entry: Entry) -> MatchKey:
    return (_folded(entry, "zip"), _country(entry)) if entry.get("zip") else None


def _in_one_city(site: Entry, other: Entry) -> bool:
    one, two = _place(site), _place(other)
    if one == two or (_country(site) == _country(other) and same_postcode(one.zip, two.zip)):
        return True
    return same_city(one._replace(zip=""), two._replace(zip=""))


def _same_postcode(site: Entry, other: Entry) -> bool | None:
    return same_postcode(_text(site, "zip"), _text(other, "zip"))


def _place(entry: Entry) -> Place:
    return Place(*(_text(entry, name) for name in Place._fields))
