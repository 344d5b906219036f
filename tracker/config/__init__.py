"""config.toml and the environment, checked and frozen. Adding or removing trials is in `edit`, a new file in `template`."""

from tracker.config.load import Known, check, find, load, page_sites
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
from tracker.config.watches import PageOf, ReadSearch

__all__ = [
    "Digest",
    "Http",
    "Known",
    "Mail",
    "Operator",
    "PageOf",
    "ReadSearch",
    "Schedule",
    "Settings",
    "SourceSettings",
    "check",
    "find",
    "load",
    "page_sites",
    "remarks",
    "whereabouts",
]
