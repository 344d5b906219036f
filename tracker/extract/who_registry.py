"""What a registry that hands its records to WHO has of its own, apart from what reads them: to list, no reader is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Layout(NamedTuple):
    """What one registry has of its own: its key, its words of status, and the registry whose numbers its trials have."""

    source: str
    statuses: Mapping[str, str]
