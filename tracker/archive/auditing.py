"""Outcomes of stored trials against their baselines: reads the versions, and has `tracker.audit` judge them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tracker import audit
from tracker.archive import records
from tracker.archive.names import Names
from tracker.audit import Baseline, Held, Refusal, Start, TrialAudit
from tracker.duties.results import has_results
from tracker.errors import SourceError
from tracker.model.history import StoredHistory
from tracker.model.ids import split_key
from tracker.model.snapshot import SnapshotMeta
from tracker.model.source import Source, SourceInfo
from tracker.store import Store


def audits(
    store: Store, sources: Mapping[str, Source], names: Names, trials: Sequence[str], wanted: Sequence[Start]
) -> Iterator[TrialAudit | Refusal]:
    """One answer for each trial and baseline, in the order of the trials; one trial's versions are read at a time."""
    indexes = store.histories(trials)
    for trial in trials:
        index = indexes.get(trial)
        versions = _versions(store, sources, trial, index)
        for start in wanted:
            begins = versions if isinstance(versions, str) else audit.baseline(start, versions, index)
            if isinstance(begins, str) or isinstance(versions, str):
                yield Refusal(trial=trial, baseline=audit.title(start), reason=str(begins))
            else:
                yield _audited(names, begins, versions, index, sources[split_key(trial).source].info)


def _versions(store: Store, sources: Mapping[str, Source], trial: str, index: StoredHistory | None) -> list[Held] | str:
    """All versions of a trial, or why there are none to go by: one that cannot be read might be the baseline."""
    held = []
    for meta in store.timeline(trial):
        try:
            record = records.readable_version(store, sources, meta.id)
        except SourceError as error:
            return f"the version {_called(meta)} cannot be read: {error}"
        imported = meta.origin == "backfill"
        version = Held(day=meta.valid_from.date(), number=meta.registry_version, record=record, imported=imported)
        held.append(audit.numbered(version, index))
    return held or "no version of it is kept"


def _called(meta: SnapshotMeta) -> str:
    number = "" if meta.registry_version is None else f"{meta.registry_version} "
    return f"{number}of {meta.valid_from:%Y-%m-%d}"


def _audited(names: Names, begins: Baseline, versions: list[Held], index: StoredHistory | None, info: SourceInfo) -> TrialAudit:
    latest, number = versions[-1], split_key(begins.record.trial).number
    flagged, identical = audit.flags(versions, index)
    start = latest.record.start_date
    return TrialAudit(
        trial=latest.record.trial,
        name=names.name(latest.record),
        baseline=begins.name,
        baseline_number=begins.number,
        baseline_date=begins.day,
        baseline_from="index" if begins.from_index else "version",
        now_number=latest.number,
        now_date=latest.day,
        has_results=has_results(latest.record),
        start_date=start.date if start else None,
        registered_on=index.history.versions[0].date if index and index.history.versions else None,
        outcomes=audit.timed(audit.judged(begins.record, latest.record, info), begins, versions, index),
        flagged=flagged,
        identical=identical,
        url=latest.record.url or "",
        link_baseline=info.version_link(number, begins.number),
        link_now=info.version_link(number, latest.number),
        link_comparison=info.comparison_link(number, begins.number, latest.number),
    )
