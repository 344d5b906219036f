"""What an export is asked for, and the columns by which every row names its trial."""

from __future__ import annotations

from typing import NamedTuple

from tracker.archive import Archive
from tracker.export.table import Column, Value
from tracker.model.event import EventFilter
from tracker.model.ids import split_key

TRIAL = (Column("trial"), Column("registry"), Column("number"), Column("name"))


class Wanted(NamedTuple):
    """What is exported: of one watch or all; ``log`` says of which trials, and which changes.

    ``own``: with the columns of the readers' own, which are not for everybody.
    """

    watch: str | None = None
    log: EventFilter = EventFilter()
    own: bool = False


def trial_values(archive: Archive, trial: str, name: str) -> tuple[Value, ...]:
    """The values of the columns `TRIAL`."""
    key = split_key(trial)
    return trial, archive.source_title(key.source), key.number, name
