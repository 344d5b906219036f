"""Which version of a record stood on a day, among the stored ones and those that only the registry's index lists. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from tracker.errors import UsageError
from tracker.model.history import OwnHistory, RegistryVersion, StoredHistory
from tracker.model.ledgers import DatedDay, IndexedVersion, Known
from tracker.model.snapshot import SnapshotMeta


def only_listed(timeline: Iterable[SnapshotMeta], history: StoredHistory | None) -> list[RegistryVersion]:
    """The versions of the registry's index of which no text is stored, oldest first."""
    stored = {meta.registry_version for meta in timeline}
    return [version for version in history.history.versions if version.number not in stored] if history else []


def in_force(
    timeline: Sequence[SnapshotMeta], history: StoredHistory | None, when: datetime
) -> SnapshotMeta | RegistryVersion | None:
    """The version with the greatest ``valid_from`` up to a time; None when the earliest one that is known is later.

    A version that the registry dates is valid from the beginning of its day, in whatever time zone ``when`` is asked.
    """
    kept = next((meta for meta in reversed(timeline) if _stood(meta, when)), None)
    listed = next((one for one in reversed(only_listed(timeline, history)) if one.date <= when.date()), None)
    if kept is None or listed is None:
        return kept or listed
    later = (listed.valid_from, listed.number) > (kept.valid_from, _number(kept))
    return listed if later else kept


def indexed_version(history: StoredHistory, version: RegistryVersion) -> IndexedVersion:
    """What the index tells of a version."""
    following = [one for one in history.history.versions if one.number > version.number]
    return IndexedVersion(
        trial=history.history.trial,
        registry_version=version.number,
        date=version.date,
        until=following[0].date if following else None,
        recruitment_status=version.recruitment_status,
        said=version.said,
        touched=version.touched,
        read_at=history.read_at,
    )


def known(timeline: Sequence[SnapshotMeta], history: StoredHistory | None, own: OwnHistory | None = None) -> Known:
    """How far back a trial is known."""
    first = timeline[0] if timeline else None
    versions = history.history.versions if history else ()
    registered = versions[0].date if versions and versions[0].number == 0 else None
    if registered is None and first is not None and first.registry_version == 0:
        registered = first.valid_from.date()
    seen = [meta.first_seen_at for meta in timeline if meta.origin == "live"]
    return Known(
        registered=registered,
        text_since=first.valid_from.date() if first else None,
        tracked_since=min(seen).date() if seen else None,
        listed=len(versions) if history else None,
        stored=len(timeline),
        numbered=sum(meta.registry_version is not None for meta in timeline),
        dated_since=own.since if own else None,
    )


def nothing_known(trial: str, when: date, found: Known, *, historic: bool) -> UsageError:
    """Why a question about a day before all that is known is refused."""
    number = trial.partition(":")[2]
    if found.registered is not None:
        return UsageError(
            f"{number} was registered on {found.registered}: there was no record of it on {when}.",
            remedy="Ask for a day from then on.",
        )
    if found.dated_since is not None:
        return UsageError(
            f"Nothing is known of {number} before {found.dated_since}: its record's own history begins then.",
            remedy="Ask for a day from then on.",
        )
    remedy = f"`tracker backfill {number}` brings its history." if historic else "Its registry tells no earlier history."
    why = "when tracking began" if found.text_since == found.tracked_since else "the day of its earliest stored version"
    return UsageError(f"Nothing is known of {number} before {found.text_since}, {why}.", remedy=remedy)


def only_dates_known(found: DatedDay) -> UsageError:
    """Why the text of a day is refused of which only the record's own history tells."""
    number = found.trial.partition(":")[2]
    return UsageError(
        f"Only the dates in the record itself tell of {number} on {found.date}: its text of that day is not known.",
        remedy=f"`tracker show {number} --at {found.date}` gives what they say.",
    )


def only_index_known(found: IndexedVersion, when: date | None) -> UsageError:
    """Why the text of a version is refused, and what is known of it all the same."""
    number = found.trial.partition(":")[2]
    day = f" on {when}" if when else ""
    status = found.recruitment_status or found.said or "not given"
    return UsageError(
        f"Only the registry's index tells of {number}{day}: version {found.registry_version} of {found.date}"
        f"{f', in force until {found.until}' if found.until else ''}, recruitment status {status}. Its text is not stored.",
        remedy=f"`tracker backfill {number} --versions all` brings the texts.",
    )


def _stood(meta: SnapshotMeta, when: datetime) -> bool:
    if meta.registry_version is None and meta.origin == "live":
        return meta.valid_from <= when
    return meta.valid_from.date() <= when.date()


def _number(meta: SnapshotMeta) -> float:
    """A version without a number of the registry's is one that we saw: it stands behind those that are dated the same."""
    return float("inf") if meta.registry_version is None else meta.registry_version
