"""JSON, read so that every value is accounted for (see `tracker.extract.read_log`). Paths are ``module.list[].field``."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Any, Self, TypeVar

import msgspec

from tracker.extract.decoding import looks_like
from tracker.extract.read_log import LARGEST, Reader, wrong_answer
from tracker.model.source import Document
from tracker.text.clean import clean
from tracker.text.numbers import whole_number

_T = TypeVar("_T")


def read_object(document: Document) -> dict[str, Any]:
    """The document's JSON object as fresh dicts. Raises AnswerError for anything else."""
    body = document.body.removeprefix(BOM_UTF8)
    if not body.strip():
        raise wrong_answer(document, "the answer is empty")
    if body.lstrip()[:1] == b"<":
        raise wrong_answer(document, "the answer is a web page (a maintenance or login page?), not the record's JSON")
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        guess = looks_like(body)
        looks = "" if guess == "UTF-8" else f"; its text looks like {guess}"
        raise wrong_answer(document, f"the answer of {len(body)} bytes is not readable JSON ({error}{looks})") from error
    if not isinstance(decoded, dict):
        raise wrong_answer(document, f"the answer is a JSON {type(decoded).__name__}, not a record")
    return decoded


def sniff_object(body: bytes) -> dict[str, Any]:
    """The JSON object in bytes of unknown origin; empty for anything else."""
    try:
        decoded = msgspec.json.decode(body.removeprefix(BOM_UTF8))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


class JsonReader(Reader):
    """One JSON object being read. A null is absent, and noted: it may stand where something was."""

    __slots__ = ()

    def verbatim(self, key: str) -> str | None:
        """A text as it was sent; None when absent."""
        value = self._taken(key)
        if value is None or isinstance(value, str):
            return value
        self._unreadable(key, value)
        return None

    def flag(self, key: str) -> bool | None:
        """True or false; None when absent."""
        value = self._taken(key)
        if value is None or isinstance(value, bool):
            return value
        self._unreadable(key, value)
        return None

    def count(self, key: str) -> int | None:
        """A whole number from zero on, also one that is written as a text; None when absent."""
        value = self._taken(key)
        if value is None:
            return None
        number = whole_number(value) if isinstance(value, str) else value
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= LARGEST:
            return number
        self._unreadable(key, value)
        return None

    def degrees(self, key: str) -> float | None:
        """A coordinate; None when absent."""
        value = self._taken(key)
        if value is None:
            return None
        if isinstance(value, float | int) and not isinstance(value, bool):
            return float(value)
        self._unreadable(key, value)
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of cleaned texts; empty when absent."""
        value = self._taken(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            self._check_length(key, value)
            return tuple(clean(entry) for entry in value)
        self._unreadable(key, value)
        return ()

    def child(self, key: str) -> Self | None:
        """The object under a key, to be read and closed; None when absent."""
        value = self._taken(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return type(self)(value, self._at(key), self._log, self._in_list)
        self._unreadable(key, value)
        return None

    def children(self, key: str) -> list[Self]:
        """The objects of a list, each to be read and closed; empty when absent."""
        value = self._taken(key)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            self._check_length(key, value)
            path = f"{self._at(key)}[]"
            return [type(self)(entry, path, self._log, True) for entry in value]
        self._unreadable(key, value)
        return []

    def as_declared(self, kind: type[_T]) -> _T | None:  # noqa: ARG002 (a PartReader's)
        """The object as a whole, where it is read so; None where it is read field by field, as here."""
        return None

    def raw(self, key: str) -> Any:
        """A value of any shape, for those that are digested and not read."""
        return self._left.pop(key, None)

    def peek(self, key: str) -> Any:
        """A value of any shape that stays where it is, for those that are also kept as they are."""
        return self._left.get(key)

    def unread(self, code: str, key: str, value: object) -> None:
        """Note that a value which was taken says nothing that a source understands, and keep it as it is."""
        self._log.note(code, self._at(key), value)
        self.keep(key, value)

    def _taken(self, key: str) -> Any:
        """The value under a key, taken out; None when absent."""
        value = self._left.pop(key, self)
        if value is None:
            self._log.nulls.add(self._at(key))
        return None if value is self else value


class PartReader(JsonReader):
    """The same, and each object that is exactly as declared is read as a whole: only what is odd is gone through by fields."""

    __slots__ = ()

    def as_declared(self, kind: type[_T]) -> _T | None:
        """The object as a struct, which leaves nothing to account for; None where it is not as declared."""
        try:
            whole = msgspec.convert(self._left, kind)
        except (msgspec.ValidationError, RecursionError):
            return None
        self._log.closed(self)
        return whole
