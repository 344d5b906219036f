"""Fields that a version is not believed for: for a comparison they are read from the version before. Pure.

A field is named as in `tracker.model.snapshot.KeptField`: ``enrollment``, ``enrollment.count``, ``rest.PATH``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from tracker.model.record import TrialRecord
from tracker.model.snapshot import KeptField

_REST = "rest."
_OF_NO_TYPE = [0]
"""Neither a text, a flag, a number nor an object, nor a list of texts or of objects."""


def restored(record: TrialRecord, kept: Iterable[KeptField], earlier: Mapping[int, TrialRecord]) -> TrialRecord:
    """The record with its kept fields as the earlier versions say; one whose version cannot be read stays as it is."""
    readable = [field for field in kept if field.snapshot in earlier]
    record = without_rest(record, {field.path for field in readable if field.path})
    for field in readable:
        record = with_field(record, earlier[field.snapshot], field.field)
    return record


def with_field(record: TrialRecord, other: TrialRecord, field: str) -> TrialRecord:
    """The record with one field as another has it."""
    if field.startswith(_REST):
        path = field.removeprefix(_REST)
        rest = {name: value for name, value in record.rest.items() if name != path}
        if path in other.rest:
            rest[path] = other.rest[path]
        return msgspec.structs.replace(record, rest=rest)
    name, _, part = field.partition(".")
    mine, theirs = getattr(record, name), getattr(other, name)
    if part and isinstance(mine, msgspec.Struct) and type(mine) is type(theirs):
        theirs = msgspec.structs.replace(mine, **{part: getattr(theirs, part)})
    return msgspec.structs.replace(record, **{name: theirs})


def without_rest(record: TrialRecord, paths: Iterable[str]) -> TrialRecord:
    """The record without what was kept of values that cannot be read."""
    gone = set(paths)
    rest = {path: value for path, value in record.rest.items() if path not in gone}
    return msgspec.structs.replace(record, rest=rest)


def differing(one: TrialRecord, other: TrialRecord) -> Iterator[str]:
    """The fields in which two records differ; of a part with fields of its own, those of its fields that do."""
    for name in one.__struct_fields__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if mine == theirs:
            continue
        if name == "rest":
            yield from (f"{_REST}{path}" for path in {**mine, **theirs} if mine.get(path) != theirs.get(path))
        elif isinstance(mine, msgspec.Struct) and type(mine) is type(theirs):
            yield from (f"{name}.{part}" for part in mine.__struct_fields__ if getattr(mine, part) != getattr(theirs, part))
        else:
            yield name


def spoil(tree: dict[str, Any], path: str) -> bool:
    """Put what no field can be in a place (``a.b[].c``) of a decoded JSON document; whether there was anything."""
    *steps, last = path.split(".")
    nodes: list[Any] = [tree]
    for step in steps:
        inner = [node.get(step.removesuffix("[]")) for node in nodes if isinstance(node, dict)]
        nodes = [part for node in inner for part in (node if isinstance(node, list) else [node])]
    key = last.removesuffix("[]")
    filled = [node for node in nodes if isinstance(node, dict) and node.get(key) is not None]
    for node in filled:
        node[key] = _OF_NO_TYPE
    return bool(filled)
