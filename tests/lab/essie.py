"""A small part of the registry's search language: words, phrases, AND, OR, NOT, AREA[...], RANGE[...], SEARCH[Location].

Words match by containment in the folded text, which is enough for a registry of some hundred studies.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.lab.study_paths import Path, Study, resolve, values

Predicate = Callable[[Study], bool]

_TOKEN = re.compile(r'\s*("[^"]*"|[(),]|(?:AREA|RANGE|SEARCH|COVERAGE|EXPANSION)\[[^\]]*\]|[^\s(),"\[\]]+)')
_ENUM = re.compile(r"[A-Z][A-Z0-9_]+\Z")
_US_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})\Z")


class BadQuery(ValueError):
    """The registry's own words about an expression that it cannot read."""


def fold(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark)).casefold()


def texts(value: Any) -> Iterator[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def compile_query(expression: str, scope: Sequence[Path]) -> Predicate:
    """The expression as a test; words outside an AREA are looked for in ``scope``. Raises BadQuery."""
    parser = _Parser(_tokens(expression), tuple(scope))
    test = parser.either()
    if parser.peek():
        raise BadQuery(f"extraneous input '{parser.peek()}'")
    return test


def _tokens(expression: str) -> list[str]:
    found, end = [], 0
    while expression[end:].strip():
        match = _TOKEN.match(expression, end)
        if not match:
            raise BadQuery(f"no viable alternative at input '{expression}'")
        found.append(match[1])
        end = match.end()
    return found


class _Parser:
    """Recursive descent: either > every > one."""

    def __init__(self, tokens: list[str], scope: tuple[Path, ...]) -> None:
        self._tokens = tokens
        self._next = 0
        self._scope = scope

    def peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self.peek()
        self._next += 1
        return token

    def either(self) -> Predicate:
        tests = [self._every()]
        while self.peek() == "OR":
            self._take()
            tests.append(self._every())
        return lambda study: any(test(study) for test in tests)

    def _every(self) -> Predicate:
        tests = [self._one()]
        while (token := self.peek()) and token not in ("OR", ")"):
            if token in ("AND", ","):
                self._take()
            tests.append(self._one())
        return lambda study: all(test(study) for test in tests)

    def _one(self) -> Predicate:
        token = self._take()
        if not token:
            raise BadQuery("missing expression at '<EOF>'")
        if token == "NOT":
            inner = self._one()
            return lambda study: not inner(study)
        if token == "(":
            group = self.either() if self.peek() else None
            if group is None or self._take() != ")":
                raise BadQuery("missing ')' at '<EOF>'")
            return group
        if token == "SEARCH[Location]":
            return _at_one_site(self._one())
        if token.startswith(("SEARCH[", "COVERAGE[", "EXPANSION[")):
            return self._one()
        if token.startswith("AREA["):
            return self._area(token[5:-1])
        if token.startswith("RANGE["):
            return _within(self._scope, token[6:-1])
        return _contains(self._scope, token.strip('"'))

    def _area(self, name: str) -> Predicate:
        path = resolve(name)
        if path is None:
            raise BadQuery(f"Unknown area name: `{name}`")
        outer, self._scope = self._scope, (path,)
        test = self._one()
        self._scope = outer
        return test


def _at_one_site(test: Predicate) -> Predicate:
    """One and the same site must pass: a site in Munich and another in Germany is not a site in Munich, Germany."""

    def somewhere(study: Study) -> bool:
        sites = values(study, ("protocolSection", "contactsLocationsModule", "locations"))
        return any(test({"protocolSection": {"contactsLocationsModule": {"locations": [site]}}}) for site in sites)

    return somewhere


def _contains(scope: tuple[Path, ...], phrase: str) -> Predicate:
    wanted = fold(phrase)

    def test(study: Study) -> bool:
        for path in scope:
            for value in values(study, path):
                if isinstance(value, str) and _ENUM.match(value):  # an enumeration: RECRUITING is not NOT_YET_RECRUITING
                    if value == phrase or fold(value) == wanted:
                        return True
                elif any(wanted in fold(text) for text in texts(value)):
                    return True
        return False

    return test


def _within(scope: tuple[Path, ...], bounds: str) -> Predicate:
    low, separator, high = (part.strip() for part in bounds.partition(","))
    if not separator:
        raise BadQuery(f"missing ',' at '{bounds}'")

    def test(study: Study) -> bool:
        found = [value for path in scope for value in values(study, path)]
        return any(_at_least(value, low) and _at_most(value, high) for value in found)

    return test


def _iso(bound: str) -> str:
    match = _US_DATE.match(bound)
    return f"{match[3]}-{match[1]}-{match[2]}" if match else bound


def _at_least(value: Any, bound: str) -> bool:
    if bound == "MIN":
        return True
    return value >= float(bound) if isinstance(value, int | float) else str(value) >= _iso(bound)


def _at_most(value: Any, bound: str) -> bool:
    if bound == "MAX":
        return True
    # "~" sorts behind every digit and hyphen, so that 2026-02 as an end takes in all of February.
    return value <= float(bound) if isinstance(value, int | float) else str(value) <= _iso(bound) + "~"
