"""A story on a page."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tracker.render.story_view import StoryView


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A story laid out for reading, its address, and its moment. ``key`` is what it is kept by; empty where it is not."""

    view: StoryView
    path: str
    at: datetime
    key: tuple[object, ...] = ()
