"""Links: which registrations at other registries belong to a trial, by what evidence, and which of them are in doubt."""

from __future__ import annotations

from typing import Literal

import msgspec

from tracker.model.record import Organisation

How = Literal["both", "names", "named_by", "through", "configured"]
"""Both records name each other; its own record names the other; the other's names it; a third number joins them; the user."""

Confidence = Literal["sure", "stated", "doubtful"]
"""Said by both records or by the user; said by one; said, but to be doubted, so that nothing is done by it."""

DoubtReason = Literal["other_trial", "same_registry", "shared_number"]
"""The other record is of another sponsor and condition; it is of the same registry; several trials name it as theirs."""


class NamedNumber(msgspec.Struct, frozen=True, kw_only=True):
    """What the record of ``trial`` says: that ``other`` is a number of the trial too, with the type and the words it gives."""

    trial: str
    other: str
    type: str = ""
    evidence: str = ""


class Doubt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a link is in doubt: the sponsors and conditions of both records, or the other ``trials`` that name the number."""

    reason: DoubtReason
    sponsors: tuple[str, str] | None = None
    conditions: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    trials: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``other`` is a registration of ``trial``. ``evidence`` is the number as the record gives it.

    ``via`` is the number that joins the two where neither names the other.
    """

    trial: str
    other: str
    how: How
    confidence: Confidence
    evidence: str = ""
    via: str | None = None
    doubt: Doubt | None = None

    @property
    def doubtful(self) -> bool:
        """Whether it is only shown."""
        return self.confidence == "doubtful"


class LinkRule(msgspec.Struct, frozen=True, kw_only=True):
    """The user's own word on two registrations: they are one trial, or with ``refuse`` they are not."""

    trials: tuple[str, str]
    refuse: bool = False


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a record is known by to people: its sponsor and its conditions."""

    lead_sponsor: Organisation | None = None
    conditions: tuple[str, ...] | None = None


class Registration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another registration of a trial. What its record says is there where that is held; ``watches`` follow it.

    ``unasked``: it is not held, and its registry is none that is asked.
    """

    trial: str
    number: str
    registry: str
    link: Link
    held: bool = False
    watches: tuple[str, ...] = ()
    url: str | None = None
    recruitment_status: str | None = None
    results_state: str | None = None
    unasked: bool = False
