"""Stored details are read whatever version wrote them: what is missing or unreadable becomes empty, and nothing raises."""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import UNSET

from tracker import log

_log = log.get(__name__)

_Struct = TypeVar("_Struct", bound=msgspec.Struct)

_EMPTY: tuple[object, ...] = (None, (), {}, "", "none", 0, False, "0001-01-01")
"""The emptiest values there are; a field that must stand in the JSON takes the first that its type allows."""


def read(type_: type[_Struct], value: object) -> _Struct:
    """A struct from JSON values, part by part where need be: what is missing or unreadable becomes empty."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError as error:
        if isinstance(value, Mapping) and value:
            _log.info(log.pairs("details_read_in_part", why=error))
        found = _in_parts(type_, value)
        assert isinstance(found, get_origin(type_) or type_)
        return found


def _in_parts(type_: Any, value: object) -> Any:
    """The struct with each of its fields read on its own."""
    given = value if isinstance(value, Mapping) else {}
    parts: dict[str, Any] = {}
    for field in msgspec.structs.fields(type_):
        part = _part(field.type, given[field.encode_name]) if field.encode_name in given else UNSET
        if part is UNSET and field.required:
            part = _empty(field.type)
        if part is not UNSET:
            parts[field.name] = part
    return type_(**parts)


def _part(type_: Any, value: object) -> Any:
    """A value as ``type_``, its own parts where the whole cannot be read, UNSET where nothing can."""
    try:
        return msgspec.convert(value, type_)
    except msgspec.ValidationError:
        pass
    for arm in get_args(type_) if get_origin(type_) in (Union, UnionType) else (type_,):
        outer = get_origin(arm) or arm
        match value:
            case list() | tuple() if outer is tuple:
                return tuple(part for item in value if (part := _part(get_args(arm)[0], item)) is not UNSET)
            case dict() if outer is Mapping:
                return {key: part for key, item in value.items() if (part := _part(get_args(arm)[1], item)) is not UNSET}
            case dict() if isinstance(outer, type) and issubclass(outer, msgspec.Struct):
                return _in_parts(arm, value)
    return UNSET


def _empty(type_: Any) -> Any:
    for value in _EMPTY:
        try:
            return msgspec.convert(value, type_)
        except msgspec.ValidationError:
            continue
    return _in_parts(type_, {})
