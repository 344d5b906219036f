"""Change kinds: a small function each, and the story that groups one registry update.

``detect`` names every change between two versions, ``calendar_events`` what became true as days passed; ``KINDS`` lists the
kinds there are. Each topic has a module; every module of this folder is imported here, which registers its kinds.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from tracker.events.calendar import already_true, calendar_events, deadlines
from tracker.events.detection import detect
from tracker.events.kinds import REGISTERED, Detected, KindInfo, TrialContext
from tracker.events.listing import listing_event
from tracker.events.making import Hashes
from tracker.model.vocabulary import KIND_NAMES, KindName

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)

KINDS: Mapping[KindName, KindInfo] = MappingProxyType({name: kind.info for name, kind in REGISTERED.items()})
"""Every kind that can fire, by name."""

if set(KINDS) != KIND_NAMES:
    raise TypeError(f"Change kinds without a name or a judge of their own: {sorted(KIND_NAMES ^ set(KINDS))}.")

__all__ = [
    "KINDS",
    "Detected",
    "Hashes",
    "KindInfo",
    "TrialContext",
    "already_true",
    "calendar_events",
    "deadlines",
    "detect",
    "listing_event",
]
