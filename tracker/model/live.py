"""What a live check of a source found: facts alone, before anything is left out for a report."""

from __future__ import annotations

import msgspec

from tracker.model.source import Issue


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request as a source made it, for one ``step`` of a check, and what came of it.

    ``status`` 0: no answer came. ``headers`` are the names of the answer's headers. ``error`` is the class of the error where
    no usable answer came.
    """

    step: str
    method: str
    status: int
    headers: tuple[str, ...] = ()
    size: int = 0
    seconds: float = 0.0
    error: str = ""


class LiveCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What one source answered to a known record and a search.

    ``record`` and ``search`` say how that went: ok, not asked, or the class of the error; ``why`` is its sentence, for the
    person at the terminal alone. ``issues`` are what could not be read in the record. ``criteria`` names the parts of the
    search, ``misread`` how many of them the registry does not read as filters. ``clock_ahead`` is in seconds.
    """

    source: str
    title: str
    kind: str
    own_address: bool
    profiles: tuple[tuple[str, str], ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    version: str = ""
    record: str = "not asked"
    anchors_found: tuple[str, ...] = ()
    anchors_missing: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    search: str = "not asked"
    total: int | None = None
    criteria: tuple[str, ...] = ()
    misread: int = 0
    clock_ahead: float | None = None
    why: str = ""

    @property
    def is_well(self) -> bool:
        """Whether all that was asked was answered as it should be."""
        return self.record in ("ok", "not asked") and self.search in ("ok", "not asked") and not self.misread
