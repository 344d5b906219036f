"""Details of the kinds for the registry's list of trials."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from tracker.model.details.parts import Details, NearbySite, TwoSides


class WatchDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The one watch that hears of the event, and why the trial came into it."""

    watch: str | None = None
    reason: str | None = None


class EnteredDetails(WatchDetails, frozen=True, kw_only=True, omit_defaults=True):
    """The trial as it stands when it enters a watch, as far as stated.

    ``sites_open`` of ``sites_total`` are open. ``place`` is that of a watch with ``near``; ``near`` are the sites around it
    that are open to the public, nearest first. ``returned``: the watch follows the trial since an earlier match.
    """

    recruitment_status: str | None = None
    phases: tuple[str, ...] = ()
    lead_sponsor: str | None = None
    start_date: str | None = None
    start_type: str | None = None
    enrollment: int | None = None
    enrollment_type: str | None = None
    sites_open: int | None = None
    sites_total: int | None = None
    place: str | None = None
    near: tuple[NearbySite, ...] = ()
    returned: bool = False


class NewRegistrationDetails(EnteredDetails, frozen=True, kw_only=True, omit_defaults=True):
    """When the trial was first posted."""

    first_posted: str | None = None


class RemovedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """What the registry answered."""

    why: str | None = None


class MergedDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The trial that the registry answers with now."""

    into: str


class RegistryWord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one registration of a trial says, the day since which it was seen to, and the registry's own update date."""

    trial: str
    said: str
    since: str
    updated: str | None = None


class MirrorDetails(Details, frozen=True, kw_only=True, omit_defaults=True):
    """The registry's trial that a page republishes, and the fields in which they differ.

    With ``words`` it is of two linked registrations: ``home`` is the other one, each side stands with its dates, this one
    first (as ``page`` in ``fields``), and ``ended`` says that they agree again.
    """

    home: str
    fields: Mapping[str, TwoSides]
    words: tuple[RegistryWord, ...] = ()
    ended: bool = False
