"""config.toml and the environment, checked and frozen. Adding or removing trials is in `edit`, a new file in `template`."""

from tracker.config.load import check, find, load
from tracker.config.settings import (
    Digest,
    Http,
    Mail,
    Operator,
    Schedule,
    Settings,
    SourceSettings,
    remarks,
    whereabouts,
)
from tracker.config.watches import CircleOf, PageOf

__all__ = [
    "CircleOf",
    "Digest",
    "Http",
    "Mail",
    "Operator",
    "PageOf",
    "Schedule",
    "Settings",
    "SourceSettings",
    "check",
    "find",
    "load",
    "remarks",
    "whereabouts",
]
