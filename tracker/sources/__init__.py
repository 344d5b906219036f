"""One file per registry or site; each ends with ``SOURCE``. A file put into this folder is a source, with no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Protocol, cast

from tracker.model.source import Source
from tracker.model.watch import Page


@cache
def load() -> Mapping[str, Source]:
    """Every source by its key, registries before the page sites that republish them."""
    found: list[Source] = [
        importlib.import_module(f"{__name__}.{module.name}").SOURCE for module in pkgutil.iter_modules(__path__)
    ]
    found.sort(key=lambda source: (source.info.kind != "registry", source.info.key))
    return MappingProxyType({source.info.key: source for source in found})


class _PageSource(Source, Protocol):
    def key_of(self, url: str, base_url: str | None = None) -> str | None:
        """The trial key of a page's address, on the site itself or under ``base_url``; None if it is no trial page."""
        ...


def page_of(url: str, base_urls: Mapping[str, str]) -> Page | None:
    """Whose trial page is at an address? ``base_urls`` are the sources' configured addresses; None if no source reads it."""
    for key, source in load().items():
        if source.info.kind == "page":
            trial = cast(_PageSource, source).key_of(url, base_urls.get(key))
            if trial:
                return Page(source=key, trial=trial, url=url)
    return None
