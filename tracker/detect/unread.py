"""Values that can no longer be read: the operator's business, and no change of the trial. Pure.

A number written in another way reads as if the registry had taken it out. For the comparison such a field keeps the value
that could be read last, and the day on which it can be read again is no news either.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from tracker.model.record import TrialRecord
from tracker.model.source import NO_LONGER_READABLE, Issue

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def no_longer(before: Iterable[Issue], after: Iterable[Issue]) -> tuple[Issue, ...]:
    """The newer version's issues; what could be read before and cannot any more has a code of its own."""
    lost = _unreadable(after) - _unreadable(before)
    return tuple(
        msgspec.structs.replace(issue, code=NO_LONGER_READABLE)
        if issue.code == "unreadable_value" and issue.path in lost
        else issue
        for issue in after
    )


def readable(
    old: TrialRecord, new: TrialRecord, before: Iterable[Issue], after: Iterable[Issue], path_words: Mapping[str, str]
) -> tuple[TrialRecord, TrialRecord]:
    """Both records as they are compared: what only one of them could be read for is the same in both.

    A field is found by the words of its name in an issue's path, or by those that the source declares (``path_words``).
    Inside the entries of a list nothing is filled in: a path does not say which entry it is of.
    """
    lost, regained = _unreadable(after) - _unreadable(before), _unreadable(before) - _unreadable(after)
    return _completed(old, new, regained, path_words), _completed(new, old, lost, path_words)


def _unreadable(issues: Iterable[Issue]) -> set[str]:
    return {issue.path for issue in issues if issue.code == "unreadable_value"}


def _completed(record: TrialRecord, other: TrialRecord, places: Collection[str], path_words: Mapping[str, str]) -> TrialRecord:
    """The record with the other's values in the fields that could not be read, without what was kept in their stead."""
    if not places:
        return record
    words = [_words(place) for place in places]
    values: dict[str, Any] = {"rest": {path: value for path, value in record.rest.items() if path not in places}}
    for name in record.__struct_fields__:
        named = [place for place in words if _words(path_words.get(name, name)) <= place]
        if name != "rest" and named:
            values[name] = _filled(getattr(record, name), getattr(other, name), named)
    return msgspec.structs.replace(record, **values)


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
