"""Which registrations belong together: what records say of other numbers, and the links that follow. Pure."""

from __future__ import annotations

from tracker.links.graph import LinkGraph
from tracker.links.numbers import named_numbers, registration_of

__all__ = ["LinkGraph", "named_numbers", "registration_of"]
