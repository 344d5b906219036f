"""Reading a payload so that nothing is absorbed in silence: what the readers of JSON and of XML have in common.

Every value is taken by name, ignored by name with a reason, kept as it is (``record.rest``), or becomes an `Issue`. A value
that cannot be read as it should becomes an Issue too and is kept in ``rest``, so that its next change is seen all the same.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, TypeVar

import msgspec

from tracker.errors import AnswerError, LayoutError, printable
from tracker.model.dates import RegistryDate
from tracker.model.record import TrialRecord
from tracker.model.source import Document, Issue, Parsed
from tracker.text.clean import cleaned

_E = TypeVar("_E", bound=AnswerError)

LARGEST: Final = 2**63 - 1  # what every database and JSON reader below can hold
DEEPEST: Final = 50  # lists and objects within one another; ClinicalTrials.gov's own model has nine
LONGEST: Final = 10_000  # entries of a list that is compared; the largest trials have some two thousand sites
_REMEDY = "Nothing was stored; the next sync asks again. If it persists, look at the address in a browser."


class OversizedValueError(Exception):
    """A value that no trial has: so deep or so long that comparing it would take hours. `guarded` refuses the answer."""


def wrong_answer(document: Document, what: str) -> AnswerError:
    """The error for an answer that is not the record that was asked for."""
    return _error(AnswerError, document, what)


def layout_error(document: Document, what: str) -> LayoutError:
    """The error for an answer whose anchors are gone."""
    return _error(LayoutError, document, what)


def _error(kind: type[_E], document: Document, what: str) -> _E:
    return kind(f"{document.trial}: {what}.", remedy=_REMEDY, source=document.source, trial=document.trial, url=document.url)


@contextmanager
def guarded(document: Document) -> Iterator[None]:
    """Refuse, as an AnswerError, a document that is nested too deeply or too long to be read and compared."""
    try:
        yield
    except RecursionError as error:
        raise wrong_answer(document, "the answer is nested too deeply") from error
    except OversizedValueError as error:
        raise wrong_answer(document, f"the answer cannot be compared: {error}") from error


def canonical_digest(value: object) -> str:
    """SHA-256 (hex) of a JSON value with sorted keys and no white space."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def entry_name(names: Sequence[str | None]) -> str:
    """The name of an entry of a list, of what tells it from its neighbours."""
    return ", ".join(name for name in names if name) or "?"


def is_deep(value: object) -> bool:
    """Whether a JSON value is nested past what its readers follow; Python's own limit depends on who is asking."""
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


class ReadLog:
    """What is gathered beside the record while one document is read.

    ``ignored`` maps the paths of values that are left out on purpose to the reason, ``kept`` those that are compared as they
    are to their type.
    """

    __slots__ = ("_ordinals", "_seen", "_unclosed", "ignored", "issues", "kept", "nulls", "rest")

    def __init__(self, ignored: Mapping[str, str], kept: Mapping[str, type[object]] = MappingProxyType({})) -> None:
        self.ignored = ignored
        self.kept = kept
        self.nulls: set[str] = set()
        self.issues: list[Issue] = []
        self.rest: dict[str, Any] = {}
        self._seen: set[tuple[str, str]] = set()
        self._ordinals: Counter[tuple[str, str]] = Counter()
        self._unclosed: dict[Reader, None] = {}

    def note(self, code: str, path: str, value: object = "") -> None:
        """Add an issue. The same one at the same path is noted once, with its first example; field names can be anything."""
        if (code, path) not in self._seen:
            self._seen.add((code, path))
            shown = " ".join(printable(path[:200]).split())
            self.issues.append(Issue(code=code, path=shown, value=str(value)[:200]))

    def keep(self, path: str, value: object, name: str = "") -> None:
        """Keep a value as it is. Values inside a list are kept under the name of their entry, not its position.

        Raises OversizedValueError for one that is nested more deeply than what comes after could follow.
        """
        if is_deep(value):
            raise OversizedValueError(f"{path[:80]} is nested too deeply")
        if not name:
            self.rest[path] = value
            return
        entries = self.rest.setdefault(path, {})
        free = name
        while free in entries:
            self._ordinals[path, name] += 1
            free = f"{name} #{self._ordinals[path, name] + 1}"
        entries[free] = value

    def opened(self, reader: Reader) -> None:
        """Remember a reader until it is closed."""
        self._unclosed[reader] = None

    def closed(self, reader: Reader) -> None:
        """Forget a reader."""
        self._unclosed.pop(reader, None)

    def finish(self) -> tuple[Issue, ...]:
        """All issues, once the readers that a source forgot to close are closed: they absorb nothing either."""
        while self._unclosed:
            next(iter(self._unclosed)).close()
        return tuple(self.issues)

    def parsed(self, record: TrialRecord) -> Parsed:
        """The record with what was kept, and all issues: the end of every ``parse``."""
        issues = self.finish()
        record = msgspec.structs.replace(record, rest=self.rest)
        return Parsed(record=record, issues=issues, nulls=frozenset(self.nulls))


class Reader(ABC):
    """One object or element being read. Values are removed as they are taken; ``close`` sees to what is left.

    The readers of JSON and of XML say how a value of each type is taken; names, dates and the account are the same in both.
    """

    __slots__ = ("_in_list", "_left", "_log", "path")

    def __init__(self, left: dict[str, Any], path: str, log: ReadLog, in_list: bool = False) -> None:
        self._left = left
        self._log = log
        self._in_list = in_list
        self.path = path
        log.opened(self)

    @property
    def log(self) -> ReadLog:
        """What is gathered beside the record."""
        return self._log

    @abstractmethod
    def verbatim(self, key: str) -> str | None:
        """A text as it was sent; None when absent."""

    @abstractmethod
    def texts(self, key: str) -> tuple[str, ...]:
        """A list of cleaned texts; empty when absent."""

    def text(self, key: str) -> str | None:
        """A cleaned text; None when absent or empty."""
        return cleaned(self.verbatim(key))

    def word(self, key: str, words: Collection[str]) -> str | None:
        """A word of an enumeration; an unknown one is an issue and comes back verbatim."""
        value = self.verbatim(key)
        if value is not None and value not in words:
            self._log.note("unknown_word", self._at(key), value)
        return value

    def words(self, key: str, words: Collection[str]) -> tuple[str, ...]:
        """A list of words of an enumeration; unknown ones are issues and come back verbatim."""
        values = self.texts(key)
        for value in values:
            if value not in words:
                self._log.note("unknown_word", self._at(key), value)
        return values

    def coded(self, key: str, table: Mapping[str, str]) -> str | None:
        """The vocabulary's word for the registry's own; an unknown one is an issue and comes back verbatim."""
        value = self.word(key, table)
        return value if value is None else table.get(value, value)

    def status(self, key: str, table: Mapping[str, str]) -> tuple[str | None, str | None]:
        """The recruitment status, and the word as given where the table lacks it: then the status is OTHER, and an issue."""
        given = self.word(key, table)
        if given is None or given in table:
            return None if given is None else table[given], None
        return "OTHER", given

    def date(self, key: str, kind: str | None = None) -> RegistryDate | None:
        """A date as YYYY, YYYY-MM or YYYY-MM-DD; one that cannot be read is an issue and comes back verbatim."""
        value = self.verbatim(key)
        if not value:
            return None
        date = RegistryDate(value, kind)
        if date.precision == "none":
            self._log.note("unreadable_date", self._at(key), value)
        return date

    def day(self, key: str) -> str | None:
        """A date as text; one that cannot be read is an issue and comes back verbatim."""
        date = self.date(key)
        return date.date if date else None

    def keep(self, key: str, value: object, names: Sequence[str | None] = ()) -> None:
        """Keep a value as it is; ``names`` are what tells an entry of a list from its neighbours."""
        self._log.keep(self._at(key), value, self.name_of(names))

    def name_of(self, names: Sequence[str | None]) -> str:
        """The name under which something of this object is kept, of what tells it from others; none outside a list."""
        return entry_name(names) if self._in_list else ""

    def close(self, *names: str | None) -> None:
        """See to what was not taken. ``names`` are what tells an entry of a list from its neighbours."""
        self._log.closed(self)
        if not self._left:
            return
        for key in list(self._left):
            path = self._at(key)
            if path in self._log.ignored:
                continue
            value = self._plain(self._left.pop(key))
            if path not in self._log.kept:
                self._log.note("unknown_field", path, value)
            elif value is None:
                self._log.nulls.add(path)
                continue
            elif not _is_a(self._log.kept[path], value):
                self._log.note("unreadable_value", path, value)
            self.keep(key, value, names)

    def _plain(self, value: Any) -> Any:
        """A value in the form in which it is kept."""
        return value

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _check_length(self, key: str, values: Sequence[object]) -> None:
        if len(values) > LONGEST:
            raise OversizedValueError(f"{self._at(key)} has {len(values):,} entries")

    def _unreadable(self, key: str, value: Any) -> None:
        plain = self._plain(value)
        self._log.note("unreadable_value", self._at(key), plain)
        self.keep(key, plain)


def _is_a(kind: type[object], value: object) -> bool:
    """Whether a value has the type of its field; Python takes true and false for numbers."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
