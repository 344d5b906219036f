"""Who wants to hear of what: watches, their sends, and channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tracker.model.vocabulary import Severity, When


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A place and a radius in kilometres. ``latitude`` and ``longitude`` are in degrees, None when it cannot be placed."""

    place: str
    country: str | None = None
    km: float = 100.0
    latitude: float | None = None
    longitude: float | None = None


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """To which channel, how soon, and from which severity on."""

    to: str
    when: When = "daily"
    min_severity: Severity = "notable"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A trial page of a site: the source that reads it and its address."""

    source: str
    trial: str
    url: str


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[[watch]]``: which trials, and who hears of them.

    ``trials`` and ``pages`` are keys listed by hand; ``search`` (an address) and ``query`` (fields) are listed by the
    registry and narrowed by ``near`` and ``exclude``. ``labels`` gives a trial the name people call it by.
    ``kinds`` empty means all.
    """

    name: str
    trials: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()
    search: str | None = None
    query: Mapping[str, str] = {}
    near: Near | None = None
    exclude: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    labels: Mapping[str, str] = {}
    send: tuple[Send, ...] = ()


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """A place messages go to: a ``mailto:`` or apprise URL. The URL is secret."""

    name: str
    url: str

    def __repr__(self) -> str:
        return f"Channel(name={self.name!r}, url='***')"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("name", self.name), ("url", "***")]


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A mute: alerts that match every given part are not sent until ``until`` (aware UTC)."""

    id: int
    until: datetime
    trial: str | None = None
    watch: str | None = None
    kind: str | None = None
    reason: str = ""
