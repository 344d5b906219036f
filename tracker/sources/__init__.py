"""One file per registry or site; each ends with ``SOURCE``. A file put into this folder is a source, with no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from types import MappingProxyType

import msgspec

from tracker.duties import GOOD_PRACTICE
from tracker.extract import page_addresses
from tracker.model.page_site import PageSite
from tracker.model.source import ABILITIES, PageSource, Search, Searchable, SearchReading, Source
from tracker.model.watch import Page
from tracker.sources import page


def load(sites: Iterable[PageSite] = (), *, good_practice: bool = False) -> Mapping[str, Source]:
    """Every source by its key, registries before the page sites that republish them, and those that a configuration describes.

    With ``good_practice``, the records of registries are judged by it beside the law. Raises TypeError, which names the file
    and the member, for a module that is not a source.
    """
    described = {site.key: page.site_source(site) for site in sites}
    return Sources({**(_judged_by_practice() if good_practice else _built_in()), **described})


class Sources(Mapping[str, Source]):
    """Sources by key. A site that the configuration no longer describes is read as any page, for what is kept of it."""

    def __init__(self, known: Mapping[str, Source]) -> None:
        self._known = known
        self._former: dict[str, Source] = {}

    def __getitem__(self, key: str) -> Source:
        if key in self._known:
            return self._known[key]
        if key not in self._former:
            self._former[key] = page.former_site(key)
        return self._former[key]

    def __contains__(self, key: object) -> bool:
        return key in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@cache
def _built_in() -> Mapping[str, Source]:
    found = [source_of(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    found.sort(key=lambda source: (source.info.kind != "registry", source.info.key))
    return MappingProxyType({source.info.key: source for source in found})


@cache
def _judged_by_practice() -> Mapping[str, Source]:
    return MappingProxyType({key: _also_judged(source) for key, source in _built_in().items()})


def _also_judged(source: Source) -> Source:
    """The source with the rules of good practice beside the law; what only repeats a registry is not judged."""
    if source.info.kind != "registry":
        return source
    info = msgspec.structs.replace(source.info, duties=source.info.duties | GOOD_PRACTICE)
    made: Source = type(type(source).__name__, (type(source),), {"info": info})()
    return made


def source_of(name: str) -> Source:
    """The source of one module. Raises TypeError for one that is incomplete, or whose abilities would be lost."""
    try:
        module = importlib.import_module(name)
    except TypeError as error:  # Python's own words for a class that lacks a method name that method
        raise TypeError(f"{name.replace('.', '/')}: {error}") from error
    source: Source | None = getattr(module, "SOURCE", None)
    if source is None:
        raise TypeError(f"{module.__file__}: it does not end with `SOURCE: Source = …`")
    problem = _problem(source)
    if problem:
        raise TypeError(f"{module.__file__}: {problem}")
    return source


def page_of(url: str, base_urls: Mapping[str, str], sites: Iterable[PageSite] = ()) -> Page | None:
    """Whose trial page is at an address? ``base_urls`` are the sources' configured addresses; None if no source reads it."""
    for key, source in _built_in().items():
        trial = source.key_from_url(url, base_urls.get(key)) if isinstance(source, PageSource) else None
        if trial:
            return Page(source=key, trial=trial, url=url)
    return page_addresses.page_at(sites, url, base_urls)


def read_search(search: Search, registries: Sequence[str] = ()) -> SearchReading:
    """How the registries that a search is for read it; none named: the first that understands it, as addresses have one."""
    able = [source for source in load().values() if isinstance(source, Searchable)]
    if registries:
        asked = [source for source in able if source.info.key in registries]
    else:
        asked = [source for source in able if source.info.understands(search)][:1]
    if not asked:
        return SearchReading(problems=("No registry of this version answers this search.",))
    readings = [source.read_search(search) for source in asked]
    problems = tuple(problem for reading in readings for problem in reading.problems)
    return msgspec.structs.replace(readings[0], problems=problems)


def _problem(source: Source) -> str:
    """Why an object cannot be a source; empty when it can."""
    cls = type(source)
    if Source not in cls.__mro__:
        return f"{cls.__name__} must name Source and its abilities as base classes, so that no misspelt method passes"
    for member in ("info", "EXAMPLES"):
        if not hasattr(source, member):
            return f"{cls.__name__} lacks {member}"
    for ability in ABILITIES:
        methods = sorted(ability.__abstractmethods__)
        present = [method for method in methods if hasattr(source, method)]
        if present and ability not in cls.__mro__:
            return f"{cls.__name__} has {present[0]}, but does not name {ability.__name__} as a base class"
    info = source.info
    if (info.kind == "page") != isinstance(source, PageSource):
        return f'{cls.__name__} must be a PageSource with kind="page", or neither'
    if bool(info.search_hosts or info.query_fields) != isinstance(source, Searchable):
        return f"{cls.__name__} must be Searchable and declare search_hosts or query_fields, or neither"
    return ""
