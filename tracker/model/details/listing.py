"""Details of the kinds for the registry's list of trials."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.model.details.parts import Details, TwoSides


class WatchDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The one watch that hears of the event, and why the trial came into it."""

    watch: str | None = None
    reason: str | None = None


class NewRegistrationDetails(WatchDetails, frozen=True, kw_only=True, omit_defaults=True):
    """When the trial was first posted and when it starts, as far as stated."""

    first_posted: str | None = None
    start_date: str | None = None


class RemovedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """What the registry answered."""

    why: str | None = None


class MergedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The trial that the registry answers with now."""

    into: str


class MirrorDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The registry's trial that a page republishes, and the fields in which they differ."""

    home: str
    fields: Mapping[str, TwoSides]
