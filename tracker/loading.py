"""A configuration checked against what this program knows; config itself knows neither sources nor change kinds."""

from __future__ import annotations

import os
from pathlib import Path

from tracker import config, events, sources
from tracker.config import Known, Settings


def known() -> Known:
    """The sources and change kinds there are, and the environment."""
    return {
        "sources": {key: source.info for key, source in sources.load().items()},
        "kinds": {name: frozenset((*kind.effects, *kind.former_effects)) for name, kind in events.KINDS.items()},
        "environ": os.environ,
        "page_of": sources.page_of,
        "read_search": sources.read_search,
    }


def settings(path: Path) -> Settings:
    """The checked configuration in a file; raises ConfigError with all its mistakes."""
    return config.load(path, **known())
