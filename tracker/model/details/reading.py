"""Stored details are read whatever version wrote them: what is missing or unreadable becomes empty, and nothing raises."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from tracker import log

_log = log.get(__name__)

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


def read(type_: type[_Struct], value: object) -> _Struct:
    """A struct from JSON values, field by field where need be: what is missing or unreadable becomes empty."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        given = value if isinstance(value, Mapping) else {}
        found = {field.name: _part(field, given) for field in msgspec.structs.fields(type_)}
        if any(field.encode_name in given for field in msgspec.structs.fields(type_)):
            _log.info(log.pairs("details_read_in_part", type=type_.__name__, why=error))
        return type_(**{name: part for name, part in found.items() if part is not UNSET})


def _part(field: msgspec.structs.FieldInfo, given: Mapping[str, object]) -> Any:
    """One field's value; UNSET leaves the struct its default."""
    if field.encode_name in given:
        try:
            return msgspec.convert(given[field.encode_name], field.type)
        except msgspec.ValidationError:
            pass
    return _empty(field.type) if field.required else UNSET


@cache
def _empty(type_: Any) -> Any:
    """The emptiest value that a type allows."""
    candidates: tuple[object, ...] = (None, (), {}, "", 0, False, "0001-01-01")
    for value in candidates:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError:
            continue
    return read(type_, {})
