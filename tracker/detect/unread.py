"""Values that can no longer be read: the operator's business, and no change of the trial. Pure.

A number written in another way reads as if the registry had taken it out. For the comparison such a field keeps the value
that could be read last, for as long as it takes, and what changed meanwhile is found when it can be read again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from tracker.detect import kept
from tracker.errors import SourceError
from tracker.model.record import TrialRecord
from tracker.model.snapshot import KeptField, SnapshotMeta
from tracker.model.source import CUT_TEXT, NO_LONGER_READABLE, Document, Issue, Parsed, Source, SourceInfo

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def with_lost(parsed: Parsed, kept_fields: Iterable[KeptField]) -> tuple[Issue, ...]:
    """What could not be read of a version, and what says nothing any more where the version before said something."""
    lost = parsed.nulls & {field.path for field in kept_fields if field.why == "unreadable"}
    return (*parsed.issues, *(Issue(code="unreadable_value", path=path, value="null") for path in sorted(lost)))


def anchors(info: SourceInfo, places: Iterable[str]) -> frozenset[str]:
    """Those of the places at which something stands that every healthy answer has, or in which it stands."""
    return frozenset(place for place in places if any(f"{anchor}.".startswith(f"{place}.") for anchor in info.anchor_places))


def places(parsed: Parsed) -> frozenset[str]:
    """All places of a version that cannot be read."""
    return _unreadable(parsed.issues) | parsed.nulls


def no_longer(before: Iterable[Issue], after: Iterable[Issue], known: Iterable[KeptField] = ()) -> tuple[Issue, ...]:
    """The newer version's issues; what could be read once and cannot any more has a code of its own.

    ``known`` are the fields that the older version had kept: theirs is the same trouble still, told once.
    """
    lost = _unreadable(after) - _unreadable(before) | {field.path for field in known}
    return tuple(
        msgspec.structs.replace(issue, code=NO_LONGER_READABLE)
        if issue.code == "unreadable_value" and issue.path in lost
        else issue
        for issue in after
    )


def readable(
    old: TrialRecord,
    new: TrialRecord,
    before: Iterable[Issue],
    after: Iterable[Issue],
    path_words: Mapping[str, str],
    *,
    keep: Iterable[KeptField] = (),
    known: Iterable[KeptField] = (),
    new_to_us: Iterable[str] = (),
) -> tuple[TrialRecord, TrialRecord]:
    """Both records as they are compared: what only one of them could be read for is the same in both.

    ``keep`` are the fields that the newer version keeps from the older one. Where nothing says which they are, a field is
    found by the words of its name in an issue's path, or by those that the source declares (``path_words``). ``known`` are
    the fields that the older version had kept itself: of these ``old`` has the last readable value, which is compared.
    ``new_to_us`` are the fields that no version could be read for before.
    """
    lost, regained = _unreadable(after) - _unreadable(before), _unreadable(before) - _unreadable(after)
    completed = kept.without_rest(_completed(new, old, lost, path_words), {field.path for field in keep})
    for field in keep:
        completed = kept.with_field(completed, old, field.field)
    before_it = _completed(old, new, regained - {field.path for field in known}, path_words)
    for name in new_to_us:
        before_it = kept.with_field(before_it, new, name)
    return before_it, completed


def to_keep(
    source: Source, old: Document, before: Parsed, after: Parsed, current: SnapshotMeta, seen_at: datetime
) -> tuple[KeptField, ...]:
    """The fields that the newer version must be read for from an earlier one, each with the version that could be read last.

    Which fields a place feeds is found by spoiling it in the older document, and, since pages have no places to spoil,
    by the words of its path.
    """
    unread, known = places(after), places(before)
    cut = {issue.path for issue in after.issues if issue.code == CUT_TEXT}
    still = {field.field: field for field in current.kept if field.why == "unreadable" and field.path in unread}
    earlier = {field.field: field.snapshot for field in current.kept}
    for path in sorted(unread - known):
        own = {f"rest.{path}"} if path in cut and path in before.record.rest else set()
        for name in own | _fed_by(source, old, before.record, path) | _named_by(before.record, after.record, path, source):
            last = earlier.get(name, current.id)
            still.setdefault(name, KeptField(field=name, snapshot=last, why="unreadable", since=seen_at, path=path))
    return tuple(still.values())


def new_to_us(source: Source, new: Document, before: Parsed, after: Parsed, known: Iterable[KeptField]) -> frozenset[str]:
    """The fields that the newer document fills from places that no earlier version could be read in."""
    regained = _unreadable(before.issues) - _unreadable(after.issues) - {field.path for field in known}
    return frozenset(name for path in regained for name in _fed_by(source, new, after.record, path))


def _unreadable(issues: Iterable[Issue]) -> frozenset[str]:
    return frozenset(issue.path for issue in issues if issue.code in ("unreadable_value", CUT_TEXT))


def _fed_by(source: Source, old: Document, record: TrialRecord, path: str) -> frozenset[str]:
    """The fields that the older document fills from a place: those that change when the place cannot be read."""
    try:
        tree = msgspec.json.decode(old.body)
        if not isinstance(tree, dict) or not kept.spoil(tree, path):
            return frozenset()
        without = source.parse(msgspec.structs.replace(old, body=msgspec.json.encode(tree))).record
    except (SourceError, msgspec.MsgspecError, ValueError, RecursionError):
        return frozenset()
    return frozenset(kept.differing(record, kept.without_rest(without, (path,))))


def _named_by(old: TrialRecord, new: TrialRecord, path: str, source: Source) -> frozenset[str]:
    """The fields that are empty in the newer record and whose names are in the path."""
    filled = _completed(new, old, (path,), source.info.path_words)
    return frozenset(kept.differing(kept.without_rest(new, (path,)), filled))


def _completed(record: TrialRecord, other: TrialRecord, places: Collection[str], path_words: Mapping[str, str]) -> TrialRecord:
    """The record with the other's values in the fields that could not be read, without what was kept in their stead."""
    if not places:
        return record
    values: dict[str, Any] = {"rest": {path: value for path, value in record.rest.items() if path not in places}}
    for name, named in _named_fields(record, places, path_words):
        values[name] = _filled(getattr(record, name), getattr(other, name), named)
    return msgspec.structs.replace(record, **values)


def _named_fields(
    record: TrialRecord, places: Iterable[str], path_words: Mapping[str, str]
) -> Iterator[tuple[str, list[frozenset[str]]]]:
    words = [_words(place) for place in places]
    for name in record.__struct_fields__:
        named = [place for place in words if _words(path_words.get(name, name)) <= place]
        if name != "rest" and named:
            yield name, named


def _filled(value: Any, other: Any, places: Collection[frozenset[str]]) -> Any:
    """The value, or the other one where it is empty; of a struct those parts that the places name, else all of them."""
    if value is None or value == ():
        return other
    if not isinstance(value, msgspec.Struct) or type(value) is not type(other):
        return value
    parts = [name for name in value.__struct_fields__ if any(_words(name) <= place for place in places)]
    filled = {name: getattr(other, name) for name in parts or value.__struct_fields__ if getattr(value, name) in (None, ())}
    return msgspec.structs.replace(value, **filled)


def _words(text: str) -> frozenset[str]:
    """The words of a field's name or of a place in a source's own terms: ``minimum_age``, ``eligibility.minimumAge``."""
    return frozenset(word.casefold() for word in _WORD.findall(text))
