"""Which reader made the plain columns of a version: those of another one are made anew."""

from __future__ import annotations

from tracker import __version__
from tracker.model.deadline import RULES
from tracker.model.views import SHOWN

READER = f"{__version__}/{RULES}/{SHOWN}"
"""Another version of the program may read the same bytes otherwise, and other rules give other days."""
