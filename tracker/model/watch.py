"""Who wants to hear of what: watches, their sends, and channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from tracker.model.vocabulary import ListingKind, Severity, When


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A place and a radius in kilometres. ``latitude`` and ``longitude`` are in degrees, None when it cannot be placed."""

    place: str
    country: str | None = None
    km: float = 100.0
    latitude: float | None = None
    longitude: float | None = None


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """To which channel, how soon, from which severity on, and whether in messages of this watch alone."""

    to: str
    when: When = "daily"
    min_severity: Severity = "notable"
    separate: bool = False


class Sending(msgspec.Struct, frozen=True, kw_only=True, order=True, array_like=True):
    """One series of messages to a channel: its alerts at once, or its daily or weekly digest.

    As JSON, ``[channel, when, watch]``, it is the name under which a pause is kept and what links are signed for.

    ``watch`` names the one watch that it is of, where that has messages of its own; empty: of all that send there.
    """

    channel: str
    when: When
    watch: str = ""


class PausedSending(msgspec.Struct, frozen=True, kw_only=True):
    """A sending that was stopped by its reader or by hand, since when, and until when if it was taken up again."""

    sending: Sending
    since: datetime
    until: datetime | None = None


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader wants to hear about: texts with any of ``words`` (none named: all) and none of ``without``."""

    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether it narrows anything."""
        return bool(self.words or self.without)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A trial page of a site: the source that reads it and its address."""

    source: str
    trial: str
    url: str


Registrations = Literal["own", "all"]
"""Which registrations of its trials a watch follows: those it names or finds, or the linked ones at other registries too."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """One ``[[watch]]``: which trials, and who hears of them.

    ``trials`` and ``pages`` are keys listed by hand; ``search`` (an address) and ``query`` (fields) are listed by the
    registry and narrowed by ``near`` and ``exclude``. ``labels`` gives a trial the name people call it by.
    ``rows`` says of trials that come from a ``trials_file`` where they stand in it; ``own`` is what it says of each under its
    owner's ``columns``, of which ``groups`` and ``notes`` are read.
    ``left_out`` names what the address of the search holds that is not asked. ``kinds`` empty means all. ``circle_in_search``:
    ``near`` is the circle that the search's address has. ``everything``: all trials of ClinicalTrials.gov.
    ``registries`` are the sources that ``query`` is asked of; none named: all that understand it.
    ``registrations``: whether the linked registrations of its trials are followed too.
    """

    name: str
    trials: tuple[str, ...] = ()
    rows: Mapping[str, str] = {}
    pages: tuple[Page, ...] = ()
    search: str | None = None
    query: Mapping[str, str] = {}
    everything: bool = False
    registries: tuple[str, ...] = ()
    registrations: Registrations = "own"
    left_out: tuple[str, ...] = ()
    near: Near | None = None
    circle_in_search: bool = False
    exclude: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    labels: Mapping[str, str] = {}
    columns: tuple[str, ...] = ()
    own: Mapping[str, Mapping[str, str]] = {}
    groups: Mapping[str, str] = {}
    notes: Mapping[str, str] = {}
    about: About = About()
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


How = Literal["listed", "page", "search", "import", "beside", "linked"]
"""How a trial came into a watch: listed by hand, as a page, matched by the watch's search, with all of an imported file, from
a file beside a trial of the same number that the watch follows otherwise, or linked to a trial that it follows otherwise."""


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """A watch follows a trial. ``left_search_at``: when its search no longer held the trial.

    ``silent``: it joined by an edit of the search, and its readers were only told how many did.
    """

    watch: str
    trial: str
    how: How
    joined_at: datetime
    left_search_at: datetime | None = None
    silent: bool = False


class FollowingTime(NamedTuple):
    """Since when a watch follows a trial, and until when, None for one that it still follows."""

    trial: str
    watch: str
    joined_at: datetime
    ended_at: datetime | None


class WatchState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of an active watch, and of the last listing of its search to its end by one source."""

    created_at: datetime
    listing_digest: str | None = None
    last_complete_listing_at: datetime | None = None


class WatchChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What an edited configuration did to one watch; ``created`` also for one that came back, ``ended`` counts its trials."""

    watch: str
    created: bool = False
    removed: bool = False
    joined: tuple[str, ...] = ()
    ended: int = 0


class LinkedChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Linked registrations that joined a watch, and those that ended, because their link did."""

    watch: str
    joined: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a watch's search matched: it becomes a member when the run is accepted; ``silent`` as in `Membership`."""

    watch: str
    trial: str
    how: How = "search"
    silent: bool = False


class CompletedListing(msgspec.Struct, frozen=True, kw_only=True):
    """A watch's search, listed to its end. ``left`` are members it no longer holds, ``back`` ones it holds again."""

    watch: str
    digest: str
    left: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


class SearchEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that a search holds, as it enters the watch unless it is in it; ``kind`` is None when it joins silently.

    ``silent``: as in `Membership`. ``returned``: the watch follows it since an earlier match, and its search holds it again.
    """

    trial: str
    kind: ListingKind | None
    reason: str = ""
    silent: bool = False
    returned: bool = False


class SearchMove(msgspec.Struct, frozen=True, kw_only=True):
    """A trial whose record is stored entered a watch's search, is in it again, or left it."""

    trial: str
    watch: str
    kind: ListingKind
    reason: str = ""
    returned: bool = False


class ListingTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What a staged listing comes to: how many trials it holds, how many its watch had by the search, and who moves."""

    listed: int
    had: int
    enter: int = 0
    back: int = 0
    gone: int = 0
