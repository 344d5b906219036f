"""What only one registry says stays in its source: its field names, parameters, hosts and key stand nowhere else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import fromstring

import tracker
from tracker import sources
from tracker.model import vocabulary

ROOT = Path(tracker.__file__).parent
FIXTURES = ROOT.parent / "tests" / "fixtures"
AT_HOME = ("sources/", "model/vocabulary.py")

ALLOWED = {
    "model/ids.py": "the numbers of all registries, also of those without a source, and who reads them",
    "duties/facts.py": "laws of the EU ask for what its own registers alone state: category, paediatric plan, transfer",
    "duties/registrations.py": "one register keeps a record for each country of a trial, and its duty is one",
    "links/numbers.py": "the same numbers are written with a country and without",
    "config/template.py": "the commented configuration that `init` writes shows a real address",
    "web/api.py": "an example of a key in the description of the API",
    "demo/": "a stand-in for registries and sites, made of their own words",
}
"""Where a registry may be named outside of its source, and why."""


def test_a_registrys_own_words_stand_in_its_source_only() -> None:
    found = {}
    for file in sorted(ROOT.rglob("*.py")):
        place = file.relative_to(ROOT).as_posix()
        if not place.startswith(AT_HOME):
            known = sorted({word for text in literals(file) for word in registry_words(text)})
            if known and not place.startswith(tuple(ALLOWED)):
                found[place] = known
    assert found == {}, "move this into the source, or declare it in SourceInfo"


def test_every_exception_is_needed() -> None:
    for place in ALLOWED:
        files = [ROOT / place] if place.endswith(".py") else list((ROOT / place).rglob("*.py"))
        assert any(registry_words(text) for file in files for text in literals(file)), f"{place} names no registry any more"


def test_the_words_of_a_registry_are_known_from_its_examples_and_its_declarations() -> None:
    told = "x.submissionTracking.y ctgov:NCT1 filter.ids https://clinicaltrials.gov/study removedCountries protocolSection"
    assert registry_words(told) == {
        "submissionTracking",
        "ctgov:",
        "filter.ids",
        "clinicaltrials.gov",
        "removedCountries",
        "protocolSection",
    }
    assert registry_words("ctgov") == {"ctgov"}
    assert registry_words("ClinicalTrials.gov says RECRUITING; meddata x, start_date_changed, iPhone") == set()


def test_no_enumeration_is_written_a_second_time() -> None:
    """Words for people may map from an enumeration; a list of its members stands in the vocabulary only."""
    enumerations = {name: frozenset(value) for name, value in vars(vocabulary).items() if is_enumeration(value)}
    assert len(enumerations) > 15
    again = [
        (file.relative_to(ROOT).as_posix(), name)
        for file in sorted(ROOT.rglob("*.py"))
        if file != Path(vocabulary.__file__) and not file.is_relative_to(ROOT / "demo")
        for members in collections(file)
        for name, words in enumerations.items()
        if words <= members
    ]
    assert again == []


def is_enumeration(value: object) -> bool:
    return (
        isinstance(value, frozenset | tuple)
        and len(value) >= 3
        and all(isinstance(word, str) and word.isupper() for word in value)
    )


def collections(file: Path) -> Iterator[set[str]]:
    """The words of every list, tuple and set in a module's code, and of every text that may be split into some."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            yield {part.value for part in node.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    yield from (set(text.split()) for text in literals(file))


def literals(file: Path) -> Iterator[str]:
    """The texts in a module's code; docstrings and comments may speak of registries."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


def registry_words(text: str) -> set[str]:
    """The words in a text that only one registry says; its bare key counts where it is the whole text."""
    found = {match[0] for match in _pattern().finditer(text)}
    return found | ({text} & own_keys())


def own_keys() -> set[str]:
    """The keys of the sources, but for the one that is also a kind of source."""
    return {key for key, source in sources.load().items() if key != source.info.kind}


@cache
def _pattern() -> re.Pattern[str]:
    words: set[str] = set()
    keys: list[str] = []
    for key, source in sources.load().items():
        info = source.info
        if key in own_keys():
            keys.append(f"{re.escape(key)}:")
        words |= {*info.hosts, *info.search_hosts}
        words |= {name for name in info.search_parameters if "." in name}
        words |= {name for name in (*info.rest_titles, *info.rest_echoes) if own(name)}
        for example in source.EXAMPLES:
            words |= {name for name in names_in(FIXTURES / key / example.fixture) if own(name)}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"\b(?:{'|'.join(keys)})|\b(?:{'|'.join(map(re.escape, longest_first))})\b")


def own(name: str) -> bool:
    """A name in camel case is a payload's: nothing of ours is written like that."""
    return re.fullmatch(r"[a-z]+[A-Z]\w*", name) is not None


def names_in(file: Path) -> set[str]:
    if file.suffix == ".json":
        return set(_keys(json.loads(file.read_bytes())))
    if file.suffix == ".xml":
        elements = list(fromstring(file.read_bytes()).iter())
        return {str(name).rpartition("}")[2] for element in elements for name in (element.tag, *element.attrib)}
    return set()


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)
