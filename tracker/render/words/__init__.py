"""Words for people. Every sentence stands in one table (`english`); values for machines stay in the event's JSON."""

from __future__ import annotations

from tracker.render.words.basics import date, effect_word, field_word, kind_title, severity_word, status
from tracker.render.words.calendar import already_true, deadline
from tracker.render.words.details import lines
from tracker.render.words.headlines import headline
from tracker.render.words.stories import story_headline, tell

__all__ = [
    "already_true",
    "date",
    "deadline",
    "effect_word",
    "field_word",
    "headline",
    "kind_title",
    "lines",
    "severity_word",
    "status",
    "story_headline",
    "tell",
]
