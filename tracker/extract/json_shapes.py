"""JSON read into structs whose fields are declared once, so that every value is accounted for.

What is exactly as declared is decoded at once, straight from the bytes. Anything else (an unknown field or word, a wrong
type, a null, a date that cannot be read) is read again by the accounting reader, field by field as declared, which tells it;
a `PartReader` reads at once those objects in it that are as declared. All give the same struct.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Generic, Literal, NamedTuple, TypeVar, Union, cast, get_args, get_origin

import msgspec

from tracker.extract.json_reader import JsonReader
from tracker.extract.read_log import LARGEST, LONGEST, ReadLog, entry_name


class Served(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An object as a registry serves it. Absent is None, an empty list, or an object of which nothing is said."""

    def names(self) -> tuple[str | None, ...]:
        """What tells an entry of a list from its neighbours."""
        return ()

    def homeless(self) -> dict[str, object]:
        """What the accounting reader read and the record has no place for, by its key."""
        return {}


class Words(msgspec.Struct, frozen=True):
    """The words that a text, or each text of a list, may be: put into its ``Annotated`` type."""

    words: Collection[str]


class _Day(msgspec.Struct, frozen=True):
    """Marks a text that is a date; where it is ``needed``, an object without one is left to the accounting reader."""

    needed: bool = False


Day = Annotated[str | None, _Day()]
"""A date as text."""
NeededDay = Annotated[str | None, _Day(needed=True)]
"""A date without which its object is odd."""

_S = TypeVar("_S", bound=Served)
_Take = Callable[[JsonReader, str], Any]
# As `RegistryDate` reads them. The 29th of February is left to the accounting reader: no pattern knows which years have one.
_DAY: Final = (
    r"^(?!0000)[0-9]{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|1[0-9]|2[0-8]))?|-(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|-(?:0[13578]|1[02])-31)?\Z"
)


class _Kept(msgspec.Struct, frozen=True):
    """Where something is that is kept as it is: a value and its path, or entries of a list that hold some."""

    steps: tuple[str, ...]
    path: str
    entries: Shape[Any] | None = None


class Shape(Generic[_S]):
    """How an object of one declared kind is read, with what is ignored and what is kept in it and in all that it holds."""

    def __init__(self, kind: type[_S], ignored: Mapping[str, str], kept: Mapping[str, type[object]], path: str = "") -> None:
        self._kind = kind
        self.decoded: type[_S]
        self._takes: list[tuple[str, str, _Take]] = []
        self.kept: list[_Kept] = []
        fields: list[tuple[str, Any, Any]] = []
        for field in msgspec.structs.fields(kind):
            key = field.encode_name
            how = _how(field, f"{path}.{key}" if path else key, ignored, kept)
            self._takes.append((field.name, key, how.take))
            if how.inner and how.is_list:
                self.kept += [_Kept((field.name,), "", how.inner)] if how.inner.kept else []
            elif how.inner:
                self.kept += [_Kept((field.name, *each.steps), each.path, each.entries) for each in how.inner.kept]
            absent = how.inner.decoded() if how.inner and how.inner.kept and not how.is_list else field.default
            absent = msgspec.NODEFAULT if how.needed else absent
            fields.append((field.name, how.decoded, msgspec.field(name=key, default=absent)))
        for key, within in _directly(kept, path):
            self.kept.append(_Kept((key,), within))
            fields.append((key, kept[within], msgspec.UNSET))
        fields += [(key, Any, msgspec.UNSET) for key, _ in _directly(ignored, path)]
        strict = msgspec.defstruct(
            kind.__name__, fields, bases=(kind,), forbid_unknown_fields=True, frozen=True, kw_only=True, gc=False
        )
        self.decoded = cast("type[_S]", strict)
        self._getters = [(attrgetter(".".join(each.steps)), each.path, each.entries) for each in self.kept]

    def accounted(self, reader: JsonReader) -> _S:
        """The struct, read by the accounting reader, which is closed."""
        whole = reader.as_declared(self.decoded)
        if whole is not None:
            self.keep(whole, reader.log, reader.name_of(whole.names()))
            return whole
        served = self._kind(**{name: take(reader, key) for name, key, take in self._takes})
        for key, value in served.homeless().items():
            reader.keep(key, value)
        reader.close(*served.names())
        return served

    def keep(self, served: _S, log: ReadLog, name: str = "") -> None:
        """Keep what is kept of a struct that was decoded at once; ``name`` is the one of an entry of a list."""
        for getter, path, entries in self._getters:
            value = getter(served)
            if entries is not None:
                for entry in value:
                    entries.keep(entry, log, entry_name(entry.names()))
            elif value is not msgspec.UNSET:
                log.keep(path, value, name)


class _How(NamedTuple):
    """How a field is taken by the accounting reader, as what it is decoded at once, and the shape of the objects in it."""

    take: _Take
    decoded: Any
    inner: Shape[Any] | None = None
    is_list: bool = False
    needed: bool = False


def _directly(table: Mapping[str, object], path: str) -> list[tuple[str, str]]:
    """The keys that a table names right within an object, each with its whole path."""
    return [(key, within) for within in table for parent, _, key in [within.rpartition(".")] if parent == path]


def _how(field: msgspec.structs.FieldInfo, path: str, ignored: Mapping[str, str], kept: Mapping[str, type[object]]) -> _How:
    kind, marks = _unwrapped(field.type)
    if isinstance(kind, type) and issubclass(kind, Served):
        return _object(Shape(kind, ignored, kept, path), field.default)
    if get_origin(kind) is tuple:
        entry = get_args(kind)[0]
        if isinstance(entry, type) and issubclass(entry, Served):
            return _objects(Shape(entry, ignored, kept, f"{path}[]"))
        word = _word(marks)
        return _How(_words(marks), _at_most(word or str))
    if kind is str:
        return _text(marks)
    return _PLAIN[kind]


def _unwrapped(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """A declared type without its marks and without None, and the marks."""
    marks: tuple[Any, ...] = ()
    if get_origin(kind) is Annotated:
        kind, *rest = get_args(kind)
        marks = tuple(rest)
    if get_origin(kind) in (Union, UnionType):
        [kind] = [each for each in get_args(kind) if each is not NoneType]
    return kind, marks


def _object(shape: Shape[Any], absent: Any) -> _How:
    def take(reader: JsonReader, key: str) -> Any:
        child = reader.child(key)
        return absent if child is None else shape.accounted(child)

    return _How(take, shape.decoded, shape)


def _objects(shape: Shape[Any]) -> _How:
    def take(reader: JsonReader, key: str) -> Any:
        return tuple(shape.accounted(child) for child in reader.children(key))

    return _How(take, _at_most(shape.decoded), shape, is_list=True)


def _at_most(kind: Any) -> Any:
    return Annotated[tuple[kind, ...], msgspec.Meta(max_length=LONGEST)]


def _word(marks: tuple[Any, ...]) -> Any:
    """One of the words that a text is declared to be, as a type; None where it may be any text."""
    return next((Literal[tuple(sorted(mark.words))] for mark in marks if isinstance(mark, Words)), None)


def _words(marks: tuple[Any, ...]) -> _Take:
    known = next((mark.words for mark in marks if isinstance(mark, Words)), None)
    return JsonReader.texts if known is None else lambda reader, key: reader.words(key, known)


def _text(marks: tuple[Any, ...]) -> _How:
    match marks:
        case (Words(words=known), *_):
            return _How(lambda reader, key: reader.word(key, known), _word(marks))
        case (_Day(needed=needed), *_):
            return _How(JsonReader.day, Annotated[str, msgspec.Meta(pattern=_DAY)], needed=needed)
    return _How(JsonReader.verbatim, str)


_PLAIN: Mapping[Any, _How] = {
    bool: _How(JsonReader.flag, bool),
    int: _How(JsonReader.count, Annotated[int, msgspec.Meta(ge=0, le=LARGEST)]),
    float: _How(JsonReader.degrees, float),
    object: _How(JsonReader.raw, Any),
}
