"""Feeds (Atom, RFC 4287): one entry a story, with an id that stays the same wherever and whenever the feed is made."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from tracker.model.event import Event, Story
from tracker.model.views import StoryChanges
from tracker.render.markup import template
from tracker.render.safe_text import one_line
from tracker.render.story_view import StoryView, story_view

_NAMES = uuid.UUID("5d2f3a36-8a77-5c5e-9d60-2f1d8b1c7c11")
"""The namespace of all ids here; another one would make every reader's entries new."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TITLE = 250

MOST_PARTS = 20
"""Events that an entry tells beside its first; of more it gives the number."""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed is of: ``key`` makes its id. ``address`` is where it will be read, empty where that is not known."""

    key: str
    title: str
    address: str = ""
    author: str = "Trial tracker"


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    id: str
    at: str
    address: str
    kinds: tuple[str, ...]
    view: StoryView


def atom(feed: Feed, stories: Iterable[StoryChanges]) -> bytes:
    """The feed as it is served; ``stories`` are the newest first. Without any, it was last updated in 1970."""
    entries = [_entry(found) for found in stories]
    shown = {
        "title": one_line(feed.title),
        "id": _id(f"feed {feed.key}"),
        "updated": max((entry.at for entry in entries), default=_time(_NEVER)),
        "address": feed.address,
        "author": feed.author,
        "entries": entries,
    }
    return template("feed.xml.j2").render(feed=shown, most_parts=MOST_PARTS).lstrip().encode() + b"\n"


def _entry(found: StoryChanges) -> _Entry:
    first = found.events[0]
    view = story_view(found.story or _alone(first), found.events, None, timezone=UTC)
    named = view.label if view.number in view.label else f"{view.label} ({view.number})"
    return _Entry(
        title=one_line(f"{view.headline}: {named}", _LONGEST_TITLE),
        id=_id(f"story {first.story or first.id} {_time(first.effective_at)}"),
        at=_time(max(event.effective_at for event in found.events)),
        address=view.address,
        kinds=tuple(dict.fromkeys(event.kind for event in found.events)),
        view=view,
    )


def _alone(event: Event) -> Story:
    return Story(id=event.id, trial=event.trial, severity=event.severity, parts=(event.id,))


def _id(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(_NAMES, name)}"


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
