"""Answers that carry the right number and cannot be that trial's record: they are refused, and nothing of them is stored."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.errors import AnswerError
from tracker.model.record import TrialRecord
from tracker.model.snapshot import TrackedTrial
from tracker.model.source import SourceInfo

_REMEDY = "Nothing of it was stored; the next sync asks again. If a browser shows the same, remove the trial and add it again."

FEWEST_SITES = 3
"""A list of at least so many that shrinks to one was cut; of two sites one may be gone, which a second answer must say."""


def refuse(info: SourceInfo, known: TrackedTrial, before: TrialRecord, after: TrialRecord) -> None:
    """Raises AnswerError for another trial's record under this number, and for a list of sites that was cut short."""
    why = _another(info, before, after) or _cut(info, before, after)
    if why:
        raise AnswerError(f"{known.key}: {why}", remedy=_REMEDY, source=info.key, trial=known.key, url=after.url or "")


def one_of_two(info: SourceInfo, before: TrialRecord, after: TrialRecord) -> str:
    """A sentence where one of two sites is gone without a new version of the record, which counts when it is said again."""
    if not _is_cut(info, before, after) or len(before.sites or ()) != 2:
        return ""
    return "it lists 1 of 2 sites without a new version of the record, as an old or damaged copy may"


def _another(info: SourceInfo, before: TrialRecord, after: TrialRecord) -> str:
    """Sponsor, own number, title and first date never change together: two records have swapped their numbers."""
    old, new = _marks(info, before), _marks(info, after)
    told_apart = all(old[name] and new[name] and old[name] != new[name] for name in old)
    if not told_apart:
        return ""
    return (
        "the answer is another trial's record under this number: sponsor, the sponsor's own number, title and first "
        f"submission all differ (was “{before.brief_title}”, is “{after.brief_title}”)."
    )


def _marks(info: SourceInfo, record: TrialRecord) -> Mapping[str, object]:
    """What names a trial beside its number; empty values cannot tell two apart."""
    own = [entry.id for entry in record.secondary_ids or () if entry.type == "ORG_STUDY_ID"]
    posted = record.first_posted.date if record.first_posted else None
    return {
        "sponsor": _folded(record.lead_sponsor.name if record.lead_sponsor else None),
        "own number": _folded(own[0] if own else None),
        "title": _folded(record.brief_title),
        "first date": record.rest.get(info.first_submitted) if info.first_submitted else posted,
    }


def _folded(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


def _is_cut(info: SourceInfo, before: TrialRecord, after: TrialRecord) -> bool:
    """A sponsor that closes all sites but one sends a new version of the record; a registry never closes a site by itself."""
    if not info.dates_every_update or len(after.sites or ()) != 1 or before.last_update_posted is None:
        return False
    return before.last_update_posted == after.last_update_posted and before.verified_on == after.verified_on


def _cut(info: SourceInfo, before: TrialRecord, after: TrialRecord) -> str:
    many = len(before.sites or ())
    if not _is_cut(info, before, after) or many < FEWEST_SITES:
        return ""
    return f"the answer lists 1 of {many:,} sites, and the record has no new version: the list was cut short."
