"""Reading a JSON object so that nothing is absorbed in silence.

Every value is taken by name, ignored by name with a reason, kept as it is (``record.rest``), or told as an `Issue`.
What cannot be read as it should is told too and kept in ``rest``, so that its next change is seen all the same.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tracker.errors import printable
from tracker.model.dates import RegistryDate
from tracker.model.source import Issue
from tracker.sources.ctgov.fields import IGNORED, KEPT
from tracker.text.clean import clean

_LARGEST = 2**63 - 1  # what every database and JSON reader below can hold
_DATE_TYPES = frozenset({"ACTUAL", "ESTIMATED"})
_DEEPEST = 50  # lists and objects within one another; the registry's own model has nine
_LONGEST = 10_000  # entries of a list that is compared; the largest trials have some two thousand sites


def is_deep(value: object) -> bool:
    """Whether a JSON value is nested past what its readers follow; Python's own limit depends on who is asking."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


class MonstrousError(Exception):
    """A value that no study has: so deep or so long that to compare it would take hours. `parse` refuses the answer."""


class Notes:
    """What is gathered beside the record while one study is read. ``open`` counts takers that were not closed yet."""

    __slots__ = ("_ordinals", "_told", "issues", "open", "rest")

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.rest: dict[str, Any] = {}
        self.open = 0
        self._told: set[tuple[str, str]] = set()
        self._ordinals: Counter[tuple[str, str]] = Counter()

    def tell(self, code: str, path: str, value: object = "") -> None:
        """Add an issue; the same one at the same path is told once, with its first example. Names of fields can be anything."""
        if (code, path) not in self._told:
            self._told.add((code, path))
            shown = " ".join(printable(path[:200]).split())
            self.issues.append(Issue(code=code, path=shown, value=str(value)[:200]))

    def keep(self, path: str, value: object, name: str) -> None:
        """Keep a value as it is. Values inside a list are kept under the name of their entry, not its position.

        Raises MonstrousError for one that is nested more deeply than what comes after could follow.
        """
        if is_deep(value):
            raise MonstrousError(f"{path[:80]} is nested too deeply")
        if not name:
            self.rest[path] = value
            return
        entries = self.rest.setdefault(path, {})
        free = name
        while free in entries:
            self._ordinals[path, name] += 1
            free = f"{name} #{self._ordinals[path, name] + 1}"
        entries[free] = value


class Taker:
    """One JSON object being read. Values are removed as they are taken; ``close`` sees to what is left."""

    __slots__ = ("_in_list", "_left", "_notes", "path")

    def __init__(self, left: dict[str, Any], path: str, notes: Notes, in_list: bool = False) -> None:
        self._left = left
        self.path = path
        self._notes = notes
        self._in_list = in_list
        notes.open += 1

    def text(self, key: str) -> str | None:
        """A cleaned text; None when absent or empty."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, str):
            return clean(value) or None
        self._unreadable(key, value)
        return None

    def verbatim(self, key: str) -> str | None:
        """A text as it was sent; None when absent."""
        value = self._left.pop(key, None)
        if value is None or isinstance(value, str):
            return value
        self._unreadable(key, value)
        return None

    def word(self, key: str, words: frozenset[str]) -> str | None:
        """A word of an enumeration; an unknown one is told and comes back verbatim."""
        value = self.verbatim(key)
        if value is not None and value not in words:
            self._notes.tell("unknown_word", self._place(key), value)
        return value

    def flag(self, key: str) -> bool | None:
        """True or false; None when absent."""
        value = self._left.pop(key, None)
        if value is None or isinstance(value, bool):
            return value
        self._unreadable(key, value)
        return None

    def count(self, key: str) -> int | None:
        """A whole number from zero on; None when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
            return value
        self._unreadable(key, value)
        return None

    def degrees(self, key: str) -> float | None:
        """A coordinate; None when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, float | int) and not isinstance(value, bool):
            return float(value)
        self._unreadable(key, value)
        return None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of cleaned texts; empty when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
            self._check_length(key, value)
            return tuple(clean(entry) for entry in value)
        self._unreadable(key, value)
        return ()

    def words(self, key: str, words: frozenset[str]) -> tuple[str, ...]:
        """A list of words of an enumeration; unknown ones are told and come back verbatim."""
        values = self.texts(key)
        for value in values:
            if value not in words:
                self._notes.tell("unknown_word", self._place(key), value)
        return values

    def date(self, key: str) -> RegistryDate | None:
        """A bare date; one that cannot be read is told and kept verbatim."""
        value = self.verbatim(key)
        return self._date(value, None, key) if value else None

    def day(self, key: str) -> str | None:
        """A bare date as text; one that cannot be read is told and kept verbatim."""
        date = self.date(key)
        return date.date if date else None

    def date_struct(self, key: str) -> RegistryDate | None:
        """A date with its type; ANTICIPATED, the older word, is ESTIMATED."""
        child = self.child(key)
        if child is None:
            return None
        value = child.verbatim("date")
        kind = child.verbatim("type")
        kind = "ESTIMATED" if kind == "ANTICIPATED" else kind
        if kind is not None and kind not in _DATE_TYPES:
            self._notes.tell("unknown_word", f"{child.path}.type", kind)
        child.close()
        if value:
            return self._date(value, kind, f"{key}.date")
        if kind is not None:  # a type without its date says something, if not much
            self._notes.keep(f"{child.path}.type", kind, "")
        return None

    def child(self, key: str) -> Taker | None:
        """The object under a key, to be read and closed; None when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, dict):
            return Taker(value, self._place(key), self._notes, self._in_list)
        self._unreadable(key, value)
        return None

    def children(self, key: str) -> list[Taker]:
        """The objects of a list, each to be read and closed; empty when absent."""
        value = self._left.pop(key, None)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
            self._check_length(key, value)
            path = f"{self._place(key)}[]"
            return [Taker(entry, path, self._notes, True) for entry in value]
        self._unreadable(key, value)
        return []

    def raw(self, key: str) -> Any:
        """A value of any shape, for those that are digested and not read."""
        return self._left.pop(key, None)

    def close(self, *names: str | None) -> None:
        """See to what was not taken. ``names`` are what tells an entry of a list from its neighbours."""
        self._notes.open -= 1
        for key in list(self._left):
            path = self._place(key)
            if path in IGNORED:
                continue
            value = self._left.pop(key)
            if path not in KEPT:
                self._notes.tell("unknown_field", path, value)
            self._keep(path, value, names)

    def _date(self, value: str, kind: str | None, key: str) -> RegistryDate:
        date = RegistryDate(value, kind)
        if date.precision == "none":
            self._notes.tell("unreadable_date", self._place(key), value)
        return date

    def _check_length(self, key: str, values: list[Any]) -> None:
        if len(values) > _LONGEST:
            raise MonstrousError(f"{self._place(key)} has {len(values):,} entries")

    def _place(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _keep(self, path: str, value: object, names: tuple[str | None, ...]) -> None:
        self._notes.keep(path, value, ", ".join(name for name in names if name) or "?" if self._in_list else "")

    def _unreadable(self, key: str, value: object) -> None:
        path = self._place(key)
        self._notes.tell("unreadable_value", path, value)
        self._keep(path, value, ())
