"""A trial in one line: status, phase, sponsor, condition, planned enrolment, open sites with the near ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tracker.model.record import TrialRecord
from tracker.model.vocabulary import OPEN_STATUSES
from tracker.render.phrases import quote, whereabouts
from tracker.render.safe_text import one_line, plural
from tracker.render.vocabulary import enumerated, first_capital, status

_HAS_OPEN_SITES = frozenset({None, "NOT_YET_RECRUITING", *OPEN_STATUSES})
_MOST_PLACES = 2
_LONGEST_NAME = 40


class NearbySite(msgspec.Struct, frozen=True, kw_only=True):
    """An open site inside the radius of a watch."""

    city: str | None
    km: float | None
    in_city: bool = False


class Nearby(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader near a place wants to know: the open sites there, nearest first, and the page that says whom to ask."""

    sites: tuple[NearbySite, ...] = ()
    contact: str = ""


def introduction(record: TrialRecord | None, nearby: Nearby | None = None) -> str:
    """The trial as it stands now; what the registry does not say is left out."""
    return "" if record is None else " · ".join(_facts(record, nearby))


def phase(phases: Sequence[str]) -> str:
    """``phase 2``, ``phase 1/2``; empty where the registry says that a trial has none."""
    first, *others = [enumerated(one) for one in phases if one != "NA"] or [""]
    return "/".join([first, *(other.removeprefix("phase ") for other in others)])


def _facts(record: TrialRecord, nearby: Nearby | None) -> Iterator[str]:
    if record.recruitment_status:
        yield status(record.recruitment_status)
    if named := phase(record.phases or ()):
        yield first_capital(named)
    if record.lead_sponsor and record.lead_sponsor.name:
        yield quote(record.lead_sponsor.name, _LONGEST_NAME)
    if record.conditions:
        more = f" +{len(record.conditions) - 1}" if len(record.conditions) > 1 else ""
        yield quote(record.conditions[0], _LONGEST_NAME) + more
    if record.enrollment is not None and record.enrollment.count is not None:
        enrolled = "enrolled" if record.enrollment.type == "ACTUAL" else "planned"
        yield f"{record.enrollment.count:,} {enrolled}"
    if record.sites:
        yield _sites(record, nearby)


def _sites(record: TrialRecord, nearby: Nearby | None) -> str:
    sites = record.sites or ()
    if record.recruitment_status not in _HAS_OPEN_SITES:
        return plural(len(sites), "site")  # what the registry still says of sites is older than that
    opened = sum(record.status_at(site) in OPEN_STATUSES for site in sites)
    if not opened and record.recruitment_status == "NOT_YET_RECRUITING":
        return f"{plural(len(sites), 'site')}, none open yet"
    text = f"{opened:,} of {plural(len(sites), 'site')} open"
    if nearby is None:
        return text
    if not nearby.sites:
        return f"{text}, none near you"
    places = dict.fromkeys(whereabouts(site.city, site.km, in_city=site.in_city) for site in nearby.sites)
    shown = ", ".join(list(places)[:_MOST_PLACES])
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return one_line(f"open near you: {shown}{more}; {text}")
