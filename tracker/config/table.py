"""Reading one TOML table key by key; mistakes are noted with key, line and remedy, and reading goes on."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from tracker.config.keys import KEYS, SECRET_KEYS
from tracker.config.positions import KeyPath, Place
from tracker.text.suggest import did_you_mean

Choice = TypeVar("Choice", bound=str)

_VARIABLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SHORTEST_SECRET = 4  # shorter values are no secrets, and taking them out would tear other words
_TYPE_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "a table"}


class Report:
    """Collects the mistakes of one file, in the order of its lines."""

    def __init__(self, places: Mapping[KeyPath, Place], environ: Mapping[str, str]) -> None:
        self._places = places
        self._environ = environ
        self._found: list[tuple[int, str]] = []
        self._at_run_time: set[tuple[int, str]] = set()
        self._filled_in: dict[str, str] = {}

    @property
    def mistakes(self) -> list[str]:
        """Every mistake as a full sentence, in the order of the lines; values from the environment are not repeated."""
        return [self._discreet(sentence) for _, sentence in sorted(self._found, key=lambda entry: entry[0])]

    @property
    def must_be_mended(self) -> bool:
        """Whether there is a mistake with which nothing can run; the others stop one search alone."""
        return any(entry not in self._at_run_time for entry in self._found)

    def add(self, title: str, path: KeyPath, sentence: str, *, at_run_time: bool = False) -> None:
        """Note a mistake at a key; the line is that of the key or of the nearest thing around it that has one.

        ``at_run_time``: what it concerns fails alone when it is tried, so the rest of the configuration can be used.
        """
        while path and path not in self._places:
            path = path[:-1]
        line = self._places[path].line if path else 0
        entry = (line, f"{title} (line {line}): {sentence}" if line else f"{title}: {sentence}")
        self._found.append(entry)
        if at_run_time:
            self._at_run_time.add(entry)

    def expand(self, text: str, title: str, path: KeyPath) -> str | None:
        """``text`` with every ``${NAME}`` read from the environment; None, and a mistake, when one is not set."""
        missing: list[str] = []

        def replace(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            value = self._environ.get(match[1] or "", "")
            if not value:
                missing.append(match[1] or "")
            elif len(value) >= _SHORTEST_SECRET:
                self._filled_in[value] = match[0]
            return value

        expanded = _VARIABLE.sub(replace, text)
        for name in dict.fromkeys(missing):
            if name:
                self.add(title, path, f"The environment variable {name} is not set or empty. Set it, or write the value here.")
            else:
                self.add(title, path, "A ${ must be followed by a name and }. For a literal ${ write $${.")
        return None if missing else expanded

    def _discreet(self, sentence: str) -> str:
        for value, variable in self._filled_in.items():
            sentence = re.sub(re.escape(value), variable, sentence, flags=re.IGNORECASE)
        return sentence


class Table:
    """One table of the file. Each reader gives a value of the asked type, or None after noting a mistake."""

    def __init__(self, report: Report, kind: str, content: Mapping[str, object], path: KeyPath, title: str) -> None:
        self.report = report
        self.path = path
        self.title = title
        self._content = content
        self._kind = kind
        self._known = KEYS.get(kind, tuple(content))
        for key in content:
            if key not in self._known:
                self.wrong(key, f'There is no key "{key}" here. {did_you_mean(key, self._known) or _listing(self._known)}')

    def __contains__(self, key: str) -> bool:
        return key in self._content

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that the file gives in this table."""
        return tuple(self._content)

    def is_table(self, key: str) -> bool:
        """Whether the file has a table below this key."""
        return isinstance(self._content.get(key), dict)

    def is_empty(self, key: str) -> bool:
        """Whether the key is given as an empty text, where that means something."""
        return self._content.get(key) == ""

    def inline(self, key: str, index: int, value: object, kind: str) -> Table | None:
        """An entry of a list that is itself a table, such as ``{ id = "NCT07177911" }``; None for any other entry."""
        if not isinstance(value, dict):
            return None
        return Table(self.report, kind, value, (*self.path, key, index), self._name(key, index))

    def wrong(self, key: str, sentence: str, index: int | None = None) -> None:
        """Note a mistake at ``key``, or at one entry of the list that it holds; an empty key means the table itself."""
        path = self.path
        if key:
            path = (*path, key) if index is None else (*path, key, index)
        self.report.add(self._name(key, index), path, sentence)

    def fails_alone(self, key: str, sentence: str) -> None:
        """Note a mistake at ``key`` that is met again at run time and stops nothing but what the key asks for."""
        self.report.add(self._name(key), (*self.path, key), sentence, at_run_time=True)

    def missing(self, key: str, sentence: str) -> None:
        """Note that ``key`` is not given, unless its value was refused already."""
        if key not in self._content:
            self.report.add(self._name(key), self.path, sentence)

    def quoted(self, key: str, index: int | None = None) -> str:
        """The value as the file writes it, for a sentence; "This value" where it is, or may hold, a secret."""
        value = self._content.get(key)
        if index is not None and isinstance(value, list):
            value = value[index]
        if key in SECRET_KEYS or not isinstance(value, str | int | float):
            return "This value"
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= 100 else f'{text[:96]}..."'

    def text(self, key: str) -> str | None:
        """A text that is not empty, with ``${NAME}`` filled in."""
        value = self._take(key, str)
        if not isinstance(value, str):
            return None
        return self._filled(value, key)

    def texts(self, key: str) -> list[tuple[int, str]]:
        """The texts of a list, each with its place in it; a single text is a mistake whose remedy is brackets."""
        return [(index, text) for index, value in self.entries(key) if (text := self.entry(key, index, value)) is not None]

    def one_or_more(self, key: str) -> list[tuple[int | None, str]]:
        """A text, or the texts of a list, each with its place in it."""
        if isinstance(self._content.get(key), list):
            return [(index, text) for index, text in self.texts(key)]
        text = self.text(key)
        return [] if text is None else [(None, text)]

    def entries(self, key: str) -> list[tuple[int, object]]:
        """The entries of a list as they are, each with its place in it."""
        value = self._take(key, list)
        return list(enumerate(value)) if isinstance(value, list) else []

    def entry(self, key: str, index: int, value: object) -> str | None:
        """One entry of a list as text."""
        if not isinstance(value, str):
            self.wrong(key, f"This must be a text in quotes, not {_type_name(value)}.", index)
            return None
        return self._filled(value, key, index)

    def choice(self, key: str, choices: Sequence[Choice], default: Choice) -> Choice:
        """One of the given words."""
        text = self.text(key)
        for word in choices:
            if text == word:
                return word
        if text is not None:
            self.wrong(key, f"{self.quoted(key)} is not one of {', '.join(choices)}. {did_you_mean(text, choices)}".rstrip())
        return default

    def number(self, key: str, *, least: float = -math.inf, most: float = math.inf, above: float = -math.inf) -> float | None:
        """A finite number inside the given bounds."""
        value = self._take(key, float)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not math.isfinite(value) or not (least <= value <= most) or value <= above:
            wanted = f"above {above:g}" if above > -math.inf else f"from {least:g}"
            upto = f" to {most:g}" if most < math.inf else ""
            self.wrong(key, f"{self.quoted(key)} is out of range. Give a number {wanted}{upto}.")
            return None
        return float(value)

    def whole(self, key: str, *, least: int, most: int) -> int | None:
        """A whole number inside the given bounds."""
        value = self._take(key, int)
        if not isinstance(value, int):
            return None
        if not least <= value <= most:
            self.wrong(key, f"{self.quoted(key)} is out of range. Give a whole number from {least} to {most}.")
            return None
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key, bool)
        return value if isinstance(value, bool) else default

    def table(self, key: str, kind: str) -> Table:
        """The table below ``key``, empty when it is not given."""
        content = self._content.get(key, {})
        path = (*self.path, key)
        if isinstance(content, list) and content and isinstance(content[0], dict):
            self.wrong(key, f"This table may stand only once. Write [{_dotted(path)}] in single brackets.")
            content = {}
        if not isinstance(content, dict):
            self.wrong(key, f"This must be a table, not {_type_name(content)}.")
            content = {}
        title = f"{self.title} {key}" if self.title.startswith("[[") else f"[{_dotted(path)}]"
        return Table(self.report, kind, content, path, title)

    def tables(self, key: str, kind: str) -> list[Table]:
        """The tables of an array such as ``[[watch]]``, each titled with its name."""
        given = self._content.get(key, [])
        header = _dotted((*self.path, key))
        if not isinstance(given, list) or not all(isinstance(content, dict) for content in given):
            self.wrong(key, f"This must be a list of tables. Write [[{header}]] in double brackets above each one.")
            return []
        found = []
        for index, content in enumerate(given):
            name = content.get("name", content.get("key"))
            title = f"{self.title} {key}[{index}]" if self.title else f"[[{header}]] {_named(name, index)}"
            found.append(Table(self.report, kind, content, (*self.path, key, index), title))
        return found

    def _take(self, key: str, wanted: type) -> object:
        if self._kind in KEYS and key not in self._known:
            raise KeyError(f"{key} is not declared for {self._kind} in keys.py")
        value = self._content.get(key)
        if value is None:
            return None
        accepted = (int, float) if wanted is float else wanted
        if not isinstance(value, accepted) or (isinstance(value, bool) and wanted is not bool):
            self.wrong(key, f"This must be {_TYPE_NAMES[wanted]}{_how(wanted)}, not {_type_name(value)}.")
            return None
        return value

    def _filled(self, value: str, key: str, index: int | None = None) -> str | None:
        path = (*self.path, key) if index is None else (*self.path, key, index)
        expanded = self.report.expand(value, self._name(key, index), path)
        if expanded is None:
            return None
        # Variables often end in a line break; blanks around a value are a slip, but may belong to a password.
        text = expanded.strip("\r\n") if key == "password" else expanded.strip()
        if not text:
            self.wrong(key, "This is empty. Give a value or leave the key out.", index)
            return None
        if _CONTROL.search(text):
            self.wrong(key, "This holds a line break or another control character. Write it in one line.", index)
            return None
        return text

    def _name(self, key: str, index: int | None = None) -> str:
        if not key:
            return self.title
        if self.is_table(key) and not self.title.startswith("[["):
            return f"[{_dotted((*self.path, key))}]"
        # A table inside a [[watch]] is titled `[[watch]] "lupus" near`; its keys read `near.km`.
        inner = isinstance(self.path[-1], str) and len(self.path) > 2 if self.path else False
        name = f"{self.title}.{key}" if inner and self.title.startswith("[[") else f"{self.title} {key}".strip()
        return name if index is None else f"{name}[{index}]"


def _dotted(path: KeyPath) -> str:
    return ".".join(part for part in path if isinstance(part, str))


def _listing(known: Iterable[str]) -> str:
    return f"Known here: {', '.join(sorted(known))}."


def _named(name: object, index: int) -> str:
    return f'"{name}"' if isinstance(name, str) and name else f"number {index + 1}"


def _how(wanted: type) -> str:
    return {str: " in quotes", list: " in [brackets]", bool: " without quotes"}.get(wanted, "")


def _type_name(value: object) -> str:
    return _TYPE_NAMES.get(type(value), "a date or time")
