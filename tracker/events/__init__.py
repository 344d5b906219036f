"""Change kinds: a small function each, and the story that groups one registry update.

``detect(comparison)`` names every change, ``calendar_events`` what became true as days passed; ``KINDS`` lists the kinds
there are. One module a topic; every module of this folder is imported here, which registers its kinds.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from tracker.events.calendar import already_true, calendar_events, deadlines
from tracker.events.detection import detect
from tracker.events.kinds import REGISTERED, Comparison, Detected, KindInfo
from tracker.events.listing import listing_event

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

KINDS: Mapping[str, KindInfo] = MappingProxyType({name: kind.info for name, kind in REGISTERED.items()})
"""Every kind that can fire, by name."""

__all__ = [
    "KINDS",
    "Comparison",
    "Detected",
    "KindInfo",
    "already_true",
    "calendar_events",
    "deadlines",
    "detect",
    "listing_event",
]
