"""A configuration checked against what this program knows; config itself knows neither sources nor change kinds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from tracker import config, sources
from tracker.config import Known, Settings


class ChangeKinds(Mapping[str, frozenset[str]]):
    """The effects of each change kind. The kinds are imported when first asked for: few configurations name any."""

    @cached_property
    def _effects(self) -> dict[str, frozenset[str]]:
        from tracker import events

        return {name: frozenset((*kind.effects, *kind.former_effects)) for name, kind in events.KINDS.items()}

    def __getitem__(self, name: str) -> frozenset[str]:
        return self._effects[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._effects)

    def __len__(self) -> int:
        return len(self._effects)


def known() -> Known:
    """The sources and change kinds there are, and the environment."""
    return {
        "sources": {key: source.info for key, source in sources.load().items()},
        "kinds": ChangeKinds(),
        "environ": os.environ,
        "page_of": sources.page_of,
        "read_search": sources.read_search,
    }


def settings(path: Path) -> Settings:
    """The checked configuration in a file; raises ConfigError with all its mistakes."""
    return config.load(path, **known())
