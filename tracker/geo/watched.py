"""Which countries a watch names: in its place, its fields or the address of its search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from tracker.geo.countries import country_code
from tracker.geo.gazetteer import near_country
from tracker.model.vocabulary import PLACE_PARAMETERS
from tracker.model.watch import Watch

_SEVERAL = re.compile(r"\s*(?:\bOR\b|[,|;])\s*")


def named_countries(watch: Watch) -> frozenset[str]:
    """The codes of the countries that a watch's ``near``, ``query`` and ``search`` name."""
    named = {
        code for text in _places(watch) for part in (text, *_SEVERAL.split(text)) if (code := country_code(part.strip('"()')))
    }
    if watch.near and (home := near_country(watch.near)):
        named.add(home)
    return frozenset(named)


def _places(watch: Watch) -> Iterator[str]:
    given = [*watch.query.items(), *parse_qsl(urlsplit(watch.search or "").query)]
    return (value for field, value in given if field in PLACE_PARAMETERS)
