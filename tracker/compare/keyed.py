"""Prepares two records for DeepDiff: lists become mappings by natural key, and equal parts are left out.

DeepDiff visits equal parts too, at a tenth of a millisecond each, copies all steps of a path for each part that it visits,
and pairs the entries of a list by their index: so entries are paired here, by their own names, and what differs is handed
on as one mapping by path. An absent list and an empty one are the
same; a text that was there and is gone is news.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec

from tracker.compare.sites import match_sites, site_key
from tracker.text.normalize import squeeze_whitespace

Tree = dict[str, Any]
Entry = dict[str, Any]
Key = Callable[[Entry], str]
Pair = tuple[Entry | None, Entry | None]
Path = tuple[str, ...]
Leaves = dict[Path, Any]


def _by(*names: str) -> Key:
    def key(entry: Entry) -> str:
        return " | ".join([squeeze_whitespace(str(entry[name])) for name in names if entry.get(name) not in (None, "")])

    return key


def _first(*names: str) -> Key:
    def key(entry: Entry) -> str:
        return next((squeeze_whitespace(str(entry[name])) for name in names if entry.get(name)), "")

    return key


class NaturalKey(msgspec.Struct, frozen=True):
    """How entries of one list are told apart: ``keys`` from the most to the least exact; ``label`` names an entry."""

    keys: tuple[Key, ...]
    label: Key


def _natural(*keys: Key) -> NaturalKey:
    return NaturalKey(keys=keys, label=keys[-1])


_OUTCOME_MEASURES = _natural(_by("measure", "time_frame"), _by("measure"))
_NAMED = _natural(_by("name"))

NATURAL_KEYS: dict[str, NaturalKey] = {
    "primary_outcomes": _OUTCOME_MEASURES,
    "secondary_outcomes": _OUTCOME_MEASURES,
    "other_outcomes": _OUTCOME_MEASURES,
    "arms": _natural(_by("label")),
    "interventions": NaturalKey(keys=(_by("type", "name"), _by("name")), label=_by("type", "name")),
    "secondary_ids": NaturalKey(keys=(_by("type", "id"), _by("id")), label=_by("id")),
    "references": NaturalKey(keys=(_by("pmid"), _by("citation")), label=_first("pmid", "citation")),
    "documents": NaturalKey(
        keys=(_by("type", "filename", "date"), _by("type", "filename"), _by("type")), label=_by("type", "filename")
    ),
    "results_submissions": _natural(_by("type", "date")),
    "regulatory_events": NaturalKey(keys=(_by("type", "date", "country"),), label=_by("type", "date", "country")),
    "compliance_notices": NaturalKey(keys=(_by("type", "description"), _by("type")), label=_by("type")),
    "country_status": _natural(_by("country")),
    "collaborators": _NAMED,
    "funders": _NAMED,
    "officials": _NAMED,
    "central_contacts": NaturalKey(keys=(_by("name"), _by("email"), _by("phone"), _by("role")), label=_first("name", "role")),
    "contacts": NaturalKey(keys=(_by("name"), _by("email"), _by("phone"), _by("role")), label=_first("name", "role")),
    "see_also_links": _natural(_by("url")),
}
_ANY = NaturalKey(
    keys=(_first("id", "name", "title", "label", "term", "type"),), label=_first("id", "name", "title", "label", "term", "type")
)
_QUIET_IN_SITES = ("geo",)
_NOTHING: tuple[Any, ...] = (None, "", (), [])
_LISTS = (list, tuple)
_LIST_TYPES = frozenset(_LISTS)
_DEEPEST = 30
"""Steps of a path below which parts are compared as a whole, as JSON; no registry nests its records half as deep."""
_BRANCHES = (dict, *_LISTS)


def keyed_difference(old: Tree, new: Tree) -> tuple[Leaves, Leaves]:
    """What differs between two trees, by its path on either side, with the lists keyed.

    A leaf stands on a side only where it has a value. An entry of a list that only one side has is one leaf.
    """
    left: Leaves = {}
    right: Leaves = {}
    _differ(old, new, (), left, right)
    return left, right


def _differ(old: Tree, new: Tree, path: Path, left: Leaves, right: Leaves) -> None:
    for name in old if old.keys() == new.keys() else dict.fromkeys([*old, *new]):
        before, after = old.get(name), new.get(name)
        if _same(before, after):
            continue
        here = (*path, name)
        if isinstance(before, _BRANCHES) or isinstance(after, _BRANCHES):
            _branches(before, after, here, left, right)
            continue
        if not _empty(before):
            left[here] = before
        if not _empty(after):
            right[here] = after


def _branches(old: Any, new: Any, path: Path, left: Leaves, right: Leaves) -> None:
    if len(path) > _DEEPEST:
        _as_a_whole(old, path, left)
        _as_a_whole(new, path, right)
        return
    if not isinstance(old, _LISTS) and not isinstance(new, _LISTS):
        _differ(_mapping(old), _mapping(new), path, left, right)
        return
    befores, afters = _items(old), _items(new)
    if not any(isinstance(item, dict) for item in (*befores, *afters)):
        _sets(befores, afters, path, left, right)
        return
    olds, news = _without_equals(_entries(befores, path), _entries(afters, path))
    if path == ("sites",):
        _labelled(match_sites(olds, news), site_key, path, left, right)
        return
    natural = NATURAL_KEYS.get(path[-1], _ANY)
    _labelled(_match(olds, news, natural.keys), natural.label, path, left, right)


def _as_a_whole(value: Any, path: Path, side: Leaves) -> None:
    if value not in _NOTHING:
        side[*path, ""] = msgspec.json.encode(value, order="deterministic").decode()


def _mapping(value: Any) -> Tree:
    if isinstance(value, dict):
        return value
    return {} if _empty(value) else {"": value}  # a field that was a text and became a mapping (``rest`` only)


def _items(value: Any) -> Sequence[Any]:
    if isinstance(value, _LISTS):
        return value
    return [value] if value else []  # only ``rest`` can hold a list on one side and something else on the other


def _sets(old: Iterable[Any], new: Iterable[Any], path: Path, left: Leaves, right: Leaves) -> None:
    """Lists of plain values: what is in one and not in the other, whatever the order."""
    befores = {_text(item): item for item in old if item not in (None, "")}
    afters = {_text(item): item for item in new if item not in (None, "")}
    left.update(((*path, key), item) for key, item in befores.items() if key not in afters)
    right.update(((*path, key), item) for key, item in afters.items() if key not in befores)


def _entries(items: Iterable[Any], path: Path) -> list[Entry]:
    """The list's items as mappings without what is empty or quiet; an item that says nothing is none."""
    quiet = _QUIET_IN_SITES if path == ("sites",) else ()
    entries = (
        {key: value for key, value in item.items() if (value or value not in _NOTHING) and key not in quiet}
        if isinstance(item, dict)
        else {"": item}
        for item in items
    )
    return [entry for entry in entries if entry]


def canonical(entry: Any) -> bytes:
    """Bytes that are equal for equal entries; also the order that makes matching independent of the list's order."""
    if isinstance(entry, dict) and not _LIST_TYPES.isdisjoint(map(type, entry.values())):
        entry = {key: _in_order(value) if isinstance(value, _LISTS) else value for key, value in entry.items()}
    return msgspec.json.encode(entry, order="deterministic")


def _in_order(items: Iterable[Any]) -> list[msgspec.Raw]:
    return [msgspec.Raw(item) for item in sorted(map(canonical, items))]


def _without_equals(old: list[Entry], new: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Both lists without the entries that occur in both (counted), in canonical order."""
    if not old or not new:
        return sorted(old, key=canonical), sorted(new, key=canonical)
    waiting: dict[bytes, list[Entry]] = defaultdict(list)
    for entry in new:
        waiting[canonical(entry)].append(entry)
    left: list[tuple[bytes, Entry]] = []
    for entry in old:
        code = canonical(entry)
        if waiting.get(code):
            waiting[code].pop()
        else:
            left.append((code, entry))
    right = [(code, entry) for code, entries in waiting.items() for entry in entries]
    return [entry for _, entry in sorted(left, key=itemgetter(0))], [entry for _, entry in sorted(right, key=itemgetter(0))]


def _match(old: list[Entry], new: list[Entry], keys: Sequence[Key]) -> list[Pair]:
    """Pairs by the most exact key first; within one key in canonical order. Entries without a name are alike at last."""
    pairs: list[Pair] = []
    for exact, key in enumerate(keys, 1 - len(keys)):
        if not old or not new:
            break
        waiting: dict[str, list[Entry]] = defaultdict(list)
        for entry in reversed(new):
            if (name := key(entry)) or not exact:
                waiting[name].append(entry)
        rest: list[Entry] = []
        taken: set[int] = set()
        for entry in old:
            candidates = waiting.get(key(entry), [])
            if candidates:
                found = candidates.pop()
                pairs.append((entry, found))
                taken.add(id(found))
            else:
                rest.append(entry)
        old, new = rest, [entry for entry in new if id(entry) not in taken]
    return [*pairs, *((entry, None) for entry in old), *((None, entry) for entry in new)]


def _labelled(pairs: Iterable[Pair], label: Key, path: Path, left: Leaves, right: Leaves) -> None:
    """The leaves of pairs that differ, by label, with an ordinal where a label repeats."""
    ordinals: Counter[str] = Counter()  # repeats of a name so far
    taken: set[str] = set()
    for old, new in pairs:
        name = label(old or new or {}) or "(unnamed)"
        unique, repeats = name, ordinals[name]
        while unique in taken:
            repeats += 1
            unique = f"{name} #{repeats + 1}"
        here, before = (*path, unique), len(left) + len(right)
        if old is None or new is None:
            _one_sided(old, here, left)
            _one_sided(new, here, right)
        else:
            _differ(old, new, here, left, right)
        if len(left) + len(right) > before:
            taken.add(unique)
            ordinals[name] = repeats


def _one_sided(entry: Entry | None, path: Path, side: Leaves) -> None:
    if (shown := _shown(entry, path)) is not None:
        side[path] = shown


def _shown(entry: Entry | None, path: Path) -> Any:
    """A whole entry as a change shows it: of a site that comes or goes the contact persons are no news of their own."""
    if entry is None:
        return None
    if path[:-1] == ("sites",):
        return {key: value for key, value in entry.items() if key != "contacts"}
    return entry.get("", entry)


def _same(old: Any, new: Any) -> bool:
    if old == new:
        return True
    if isinstance(old, str) and isinstance(new, str):
        return squeeze_whitespace(old) == squeeze_whitespace(new)
    return _empty(old) and _empty(new)


def _empty(value: Any) -> bool:
    # A text that begins with a letter or digit is not looked through.
    return value is None or (isinstance(value, str) and not value[:1].isalnum() and not squeeze_whitespace(value))


def _text(item: Any) -> str:
    return squeeze_whitespace(item) if isinstance(item, str) else canonical(item).decode()
